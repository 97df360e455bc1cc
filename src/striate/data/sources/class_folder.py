"""A folder of class folders: which files are images or clips of which class, in which split. Opens no file.

- Where there is a folder `train` with folders in it, the classes are in there, and in `val` (or `valid`,
  `validation`) and `test` beside it. Otherwise the folders themselves are the classes.
- Images count however deep they lie in the folder of their class; links are followed, each folder once.
- Names that begin with a dot, and `__MACOSX`, are hidden and not looked at.
- A file is taken for an image or a video by its suffix (`IMAGE_SUFFIXES`, `VIDEO_SUFFIXES`). Where there are
  more videos than images it is a set of clips. Where clips are asked for and images lie in folders inside
  the class folders, each such folder is a clip. Everything else is ignored and counted.
- Classes are in the order of their names; where all are whole numbers, in the order of those.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from striate.data.sources.listing import Kind, Listing, in_order
from striate.data.sources.splits import SPLITS
from striate.data.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from striate.errors import DataError

_ALIASES = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
_EXPECTED = "one folder per class, train/ val/ test/ above them, or IDX files"


@dataclass
class _Tree:
    """What lies in the class folders of one split: class → paths, and names of what is neither."""

    images: dict[str, list[str]] = field(default_factory=dict)
    videos: dict[str, list[str]] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)

    def count(self) -> tuple[int, int]:
        """Of images and of videos."""
        return sum(map(len, self.images.values())), sum(map(len, self.videos.values()))


def list_folder(root: Path, *, clips: bool = False) -> Listing:
    """Every image or clip below a folder. clips: whether folders of frames are clips.

    Raises DataError if it has no class folders.
    """
    folders, ignored = _split_folders(root)
    trees = {split: _tree(folder) for split, folder in folders.items()}
    kind = _kind(list(trees.values()), folders, clips)
    chosen = {split: _chosen(tree, kind, folders[split]) for split, tree in trees.items()}
    classes = in_order(
        {name for split in chosen for name, paths in chosen[split].items() if paths or split == "train"}
    )
    found = [
        (path, label, split)
        for split, items in chosen.items()
        for label, name in enumerate(classes)
        for path in items.get(name, ())
    ]
    others = [name for split, tree in trees.items() for name in _left(tree, kind, folders[split])]
    if not classes:
        raise DataError(_nothing(root, len(others)))
    return Listing(
        root=root,
        classes=classes,
        paths=tuple(path for path, _, _ in found),
        labels=np.array([label for _, label, _ in found], np.int64),
        split=np.array([split for _, _, split in found], "U5"),
        splits=tuple(folders),
        notes=(*_told(others, kind), *ignored),
        kind=kind,
    )


def _kind(trees: list[_Tree], folders: Mapping[str, Path], clips: bool) -> Kind:
    images, videos = map(sum, zip(*(tree.count() for tree in trees), strict=True))
    if videos > images:
        return "videos"
    deep = (
        _is_deep(path, name, folder)
        for tree, folder in zip(trees, folders.values(), strict=True)
        for name, paths in tree.images.items()
        for path in paths
    )
    return "frames" if clips and any(deep) else "images"


def _is_deep(path: str, name: str, folder: Path) -> bool:
    """Whether an image lies in a folder inside of its class folder."""
    return Path(path).parent != folder / name


def _chosen(tree: _Tree, kind: Kind, folder: Path) -> dict[str, list[str]]:
    """Class → paths of that kind."""
    if kind == "videos":
        return tree.videos
    if kind == "images":
        return tree.images
    return {
        name: list(dict.fromkeys(str(Path(path).parent) for path in paths if _is_deep(path, name, folder)))
        for name, paths in tree.images.items()
    }


def _left(tree: _Tree, kind: Kind, folder: Path) -> list[str]:
    """Names of the files that are not of that kind."""
    rest = tree.others.copy()
    if kind != "videos":
        rest += [path for paths in tree.videos.values() for path in paths]
    if kind == "videos":
        rest += [path for paths in tree.images.values() for path in paths]
    if kind == "frames":
        images = ((name, path) for name, paths in tree.images.items() for path in paths)
        rest += [path for name, path in images if not _is_deep(path, name, folder)]
    return rest


def _nothing(root: Path, others: int) -> str:
    if not any(root.iterdir()):
        return f"{root} is empty: expected {_EXPECTED}"
    return f"{root} has no class folders, only {others} file{'s' * (others != 1)}: expected {_EXPECTED}"


def _told(others: list[str], kind: Kind) -> tuple[str, ...]:
    if not others:
        return ()
    kinds = Counter(Path(name).suffix.lower() or "no suffix" for name in others).most_common()
    listed = ", ".join(f"{count} {kind}" for kind, count in kinds[:4])
    count = f"{len(others)} file{'s' * (len(others) > 1)}"
    return (f"{count} ignored, no {kind} or in no class folder: {listed}{', …' * (len(kinds) > 4)}",)


def _split_folders(root: Path) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Split → folder, train first, and a note on the folders that are not splits."""
    folders = {entry.name: Path(entry.path) for entry in _entries(root) if _is_folder(entry)}
    splits = {name: _ALIASES[name.lower()] for name in folders if name.lower() in _ALIASES}
    train = next((folders[name] for name, split in splits.items() if split == "train"), None)
    if train is None or not any(_is_folder(entry) for entry in _entries(train)):
        return {"train": root}, ()
    twice = [name for name, split in splits.items() if list(splits.values()).count(split) > 1]
    if twice:
        raise DataError(f"{root} holds {' and '.join(map(repr, twice))}, which mean the same: keep one")
    rest = sorted(set(folders) - set(splits))
    notes = (f"folders beside train ignored: {', '.join(rest)}",) if rest else ()
    by_split = {split: folders[name] for name, split in splits.items()}
    return {split: by_split[split] for split in SPLITS if split in by_split}, notes


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What a folder holds, in the order of names, hidden ones left out."""
    try:
        with os.scandir(folder) as entries:
            shown = [
                entry for entry in entries if not entry.name.startswith(".") and entry.name != "__MACOSX"
            ]
    except OSError as error:
        raise DataError(f"cannot list the folder {folder}: {error.strerror}") from None
    return sorted(shown, key=lambda entry: entry.name)


def _tree(folder: Path) -> _Tree:
    tree = _Tree()
    for entry in _entries(folder):
        if _is_folder(entry):
            tree.images[entry.name], tree.videos[entry.name] = [], []
            for file in _files_below(Path(entry.path)):
                _sort_in(file, entry.name, tree)
        else:
            tree.others.append(entry.name)
    return tree


def _files_below(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Every file below a folder, in the order of names; links are followed, to each folder once, never up."""
    known = {_identity(above) for above in (folder, *folder.resolve().parents)}
    under_way = [iter(_entries(folder))]
    while under_way:
        entry = next(under_way[-1], None)
        if entry is None:
            under_way.pop()
        elif not _is_folder(entry):
            yield entry
        elif (identity := _identity(Path(entry.path))) not in known:
            known.add(identity)
            under_way.append(iter(_entries(Path(entry.path))))


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _sort_in(file: os.DirEntry[str], name: str, tree: _Tree) -> None:
    suffix = Path(file.name).suffix.lower()
    if suffix in IMAGE_SUFFIXES and not _is_device(file):
        tree.images[name].append(file.path)
    elif suffix in VIDEO_SUFFIXES and not _is_device(file):
        tree.videos[name].append(file.path)
    else:
        tree.others.append(file.name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself: a file that cannot be read
        return False


def _is_device(entry: os.DirEntry[str]) -> bool:
    """A pipe or the like, which could be waited for for ever. A broken link is a file that cannot be read."""
    return not (entry.is_symlink() or entry.is_file())
