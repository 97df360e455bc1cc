"""A folder of class folders: which files are images or clips of which class, in which split. Opens no file.

- Where there is a folder `train` with folders in it, the classes are in there, and in `val` and `test` beside
  it, by whichever of their usual names (`split_named`). Otherwise the folders themselves are the classes.
- A folder that holds one folder and nothing else to learn from is stepped into, as archives are often packed.
- Images count however deep they lie in the folder of their class; links are followed, each folder once.
- Names that begin with a dot, and `__MACOSX`, are hidden and not looked at.
- A file is taken for an image or a video by its suffix (`IMAGE_SUFFIXES`, `VIDEO_SUFFIXES`). Where there are
  more videos than images it is a set of clips. Where clips are asked for and images lie in folders inside
  the class folders, each such folder is a clip. Everything else is ignored and counted.
- Classes are in the order of their names; where all are whole numbers, in the order of those.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from striate.data.sources.listing import Kind, Listing, in_order
from striate.data.sources.split_names import SPLITS, refuse_twice, split_named
from striate.data.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from striate.errors import DataError

_PLAIN = ("train", "val", "valid", "validation", "test")
"""Names of splits that need no word."""
_EXPECTED = "one folder per class, train/ val/ test/ above them, or IDX files"


class _File(NamedTuple):
    """A file of a split. `label` is the class folder in which it lies, None for one that lies in none."""

    path: str
    split: str
    label: str | None
    kind: Literal["images", "videos", "others"]
    deep: bool
    """Whether it lies in a folder inside of its class folder."""


def list_folder(root: Path, *, clips: bool = False) -> Listing:
    """Every image or clip below a folder.

    Args:
        root: the folder.
        clips: whether folders of frames are clips.

    Raises:
        DataError: it has no class folders.
    """
    given, root = root, unwrapped(root) if not clips else root
    folders, ignored = _split_folders(root)
    wrapped = (
        (f"the classes are in {root.relative_to(given)}, the only folder there",) if root != given else ()
    )
    files = [file for split, folder in folders.items() for file in _files_of(split, folder)]
    kind = _kind(files, clips)
    if kind == "images":
        _refuse_ambiguous(root, files)
    chosen = [file for file in files if _fits(file, kind)]
    others = [file.path for file in files if not _fits(file, kind)]
    in_train = [entry.name for entry in _entries(folders["train"]) if _is_folder(entry)]
    classes = in_order({*in_train, *(file.label for file in chosen if file.label)})
    if not classes:
        raise DataError(_nothing(root, len(others)))
    _refuse_splits(root, folders, classes)
    numbers = {name: number for number, name in enumerate(classes)}
    found = {
        (str(Path(file.path).parent) if kind == "frames" else file.path): (
            SPLITS.index(file.split),
            numbers[file.label or ""],
        )
        for file in chosen
    }
    paths = sorted(found, key=found.__getitem__)
    return Listing(
        root=root,
        classes=classes,
        paths=tuple(paths),
        labels=np.array([found[path][1] for path in paths], np.int64),
        split=np.array([SPLITS[found[path][0]] for path in paths], "U5"),
        splits=tuple(folders),
        notes=(*wrapped, *_ignored_note(others, kind), *ignored),
        kind=kind,
    )


def _kind(files: Sequence[_File], clips: bool) -> Kind:
    counts = Counter(file.kind for file in files)
    if counts["videos"] > counts["images"]:
        return "videos"
    return "frames" if clips and any(file.deep and file.kind == "images" for file in files) else "images"


def _fits(file: _File, kind: Kind) -> bool:
    """Whether a file is one of what the set holds."""
    return file.kind == "images" and file.deep if kind == "frames" else file.kind == kind


def _nothing(root: Path, others: int) -> str:
    if not any(root.iterdir()):
        return f"{root} is empty: expected {_EXPECTED}"
    return f"{root} has no class folders, only {others} file{'s' * (others != 1)}: expected {_EXPECTED}"


def _ignored_note(others: list[str], kind: Kind) -> tuple[str, ...]:
    if not others:
        return ()
    kinds = Counter(Path(name).suffix.lower() or "no suffix" for name in others).most_common()
    listed = ", ".join(f"{count} {kind}" for kind, count in kinds[:4])
    count = f"{len(others)} file{'s' * (len(others) > 1)}"
    return (f"{count} ignored, no {kind} or in no class folder: {listed}{', …' * (len(kinds) > 4)}",)


def _split_folders(root: Path) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Split → folder, train first, and a note on the folders that are not splits."""
    folders = {entry.name: Path(entry.path) for entry in _entries(root) if _is_folder(entry)}
    splits = {name: split for name in folders if (split := split_named(name))}
    train = next((folders[name] for name, split in splits.items() if split == "train"), None)
    if train is None or not any(_is_folder(entry) for entry in _entries(train)):
        return {"train": root}, ()
    refuse_twice(root, splits)
    rest = sorted(set(folders) - set(splits))
    notes: tuple[str, ...] = (f"folders beside train ignored: {', '.join(rest)}",) if rest else ()
    unusual = [f"{name} for {split}" for name, split in splits.items() if name.lower() not in _PLAIN]
    notes += (f"folders taken for splits: {', '.join(unusual)}",) if unusual else ()
    by_split = {split: _inside(folders[name], name) for name, split in splits.items()}
    return {split: by_split[split] for split in SPLITS if split in by_split}, notes


def _inside(folder: Path, name: str) -> Path:
    """The folder of that name inside of a folder that holds nothing else, as in seg_train/seg_train."""
    entries = [entry for entry in _entries(folder) if _is_folder(entry)]
    again = len(entries) == 1 and entries[0].name == name
    return Path(entries[0].path) if again else folder


def unwrapped(root: Path) -> Path:
    """The folder that holds the classes or splits: one that is all that a folder holds is stepped into."""
    folder = root
    while True:
        inner = [entry for entry in _entries(folder) if _is_folder(entry)]
        files = [entry for entry in _entries(folder) if entry not in inner]
        if len(inner) > 1:
            return folder if any(_holds_media(Path(entry.path)) for entry in inner) else root
        if not inner or any(_kind_of(file) != "others" for file in files) or split_named(inner[0].name):
            return root
        folder = Path(inner[0].path)


def _holds_media(folder: Path) -> bool:
    return any(_kind_of(file) != "others" for file in _files_below(folder))


def _refuse_ambiguous(root: Path, files: Sequence[_File]) -> None:
    """Raises DataError where every class folder holds folders of the same names: which are the classes?"""
    inner: dict[str, set[str]] = {}
    for file in files:
        if file.label is not None and file.kind == "images":
            if not file.deep:
                return
            below = Path(file.path).relative_to(Path(root))
            at = below.parts.index(file.label)
            inner.setdefault(f"{file.label}", set()).add(below.parts[at + 1])
    names = next(iter(inner.values()), set())
    if len(inner) < 2 or len(names) < 2 or any(one != names for one in inner.values()):
        return
    outer, same = ", ".join(sorted(inner)[:4]), ", ".join(sorted(names)[:4])
    if all(split_named(name) for name in names):
        advice = f"put the splits above the classes, as {sorted(names)[0]}/{sorted(inner)[0]}"
    else:
        advice = f"merge them if {same} are the classes, or take the pictures out of them if {outer} are"
    raise DataError(f"{root}: each of the folders {outer} holds the same folders, {same}: {advice}")


def _refuse_splits(root: Path, folders: Mapping[str, Path], classes: Sequence[str]) -> None:
    """Raises DataError where what would be the classes are splits, with the pictures right in them."""
    meant = {split_named(name) for name in classes}
    if len(folders) == 1 and None not in meant and len(meant) > 1:
        raise DataError(
            f"{root}: {' and '.join(classes)} are called as splits are, and hold no class folders: make a "
            "folder for each class in them, or give a list with columns image and label"
        )


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


def _files_of(split: str, folder: Path) -> Iterator[_File]:
    for entry in _entries(folder):
        if not _is_folder(entry):
            yield _File(entry.path, split, None, "others", False)
            continue
        for file in _files_below(Path(entry.path)):
            deep = Path(file.path).parent != Path(entry.path)
            yield _File(file.path, split, entry.name, _kind_of(file), deep)


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


def _kind_of(file: os.DirEntry[str]) -> Literal["images", "videos", "others"]:
    """By its suffix. A pipe or the like is neither; a broken link is a file that cannot be read."""
    suffix = Path(file.name).suffix.lower()
    if not (file.is_symlink() or file.is_file()):
        return "others"
    return "images" if suffix in IMAGE_SUFFIXES else "videos" if suffix in VIDEO_SUFFIXES else "others"


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself: a file that cannot be read
        return False
