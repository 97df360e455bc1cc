"""A folder of class folders: which files are images of which class, in which split. Opens no file.

- Where there is a folder `train` with folders in it, the classes are in there, and in `val` (or `valid`,
  `validation`) and `test` beside it. Otherwise the folders themselves are the classes.
- Images count however deep they lie in the folder of their class; links are followed, each folder once.
- Names that begin with a dot, and `__MACOSX`, are hidden and not looked at.
- A file is taken for an image by its suffix (`IMAGE_SUFFIXES`). Other files, and images outside of a class
  folder, are ignored and counted.
- Classes are in the order of their names; where all are whole numbers, in the order of those.
"""

import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from striate.data.classes import check_classes, in_order
from striate.data.reading import IMAGE_SUFFIXES
from striate.data.splits import SPLITS
from striate.errors import DataError

_ALIASES = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
_EXPECTED = "one folder per class, train/ val/ test/ above them, or IDX files"


@dataclass(frozen=True)
class Listing:
    """The image files of a folder, row by row."""

    root: Path
    classes: tuple[str, ...]
    paths: tuple[str, ...]
    labels: np.ndarray  # (N,) int64
    split: np.ndarray  # (N,) str; all "train" where the folder is not split
    splits: tuple[str, ...]  # that the folder has
    notes: tuple[str, ...]

    @property
    def rows(self) -> dict[str, np.ndarray]:
        """Split → rows."""
        return {split: np.flatnonzero(self.split == split) for split in self.splits}

    @property
    def keys(self) -> list[str]:
        """Paths below the root, alike on every system."""
        return [Path(path).relative_to(self.root).as_posix() for path in self.paths]

    def totals(self) -> dict[str, int]:
        """Images of each class."""
        counts = np.bincount(self.labels, minlength=len(self.classes))
        return dict(zip(self.classes, counts.tolist(), strict=True))

    def keep(self, rows: np.ndarray) -> "Listing":
        """These rows only."""
        paths = tuple(self.paths[row] for row in rows)
        return replace(self, paths=paths, labels=self.labels[rows], split=self.split[rows])

    def check(self) -> None:
        """Raises DataError unless there are two classes and train has images of each."""
        labels = {split: self.labels[rows] for split, rows in self.rows.items()}
        check_classes(str(self.root), self.classes, labels)


def list_folder(root: Path) -> Listing:
    """Every image below a folder. Raises DataError if it has no class folders."""
    folders, ignored = _split_folders(root)
    trees = {split: _class_images(folder) for split, folder in folders.items()}
    classes = in_order(
        {name for split in trees for name, paths in trees[split][0].items() if paths or split == "train"}
    )
    found = [
        (path, label, split)
        for split, (images, _) in trees.items()
        for label, name in enumerate(classes)
        for path in images.get(name, ())
    ]
    if not classes:
        raise DataError(_nothing(root, sum(len(others) for _, others in trees.values())))
    others = [name for _, (_, others) in trees.items() for name in others]
    return Listing(
        root=root,
        classes=classes,
        paths=tuple(path for path, _, _ in found),
        labels=np.array([label for _, label, _ in found], np.int64),
        split=np.array([split for _, _, split in found], "U5"),
        splits=tuple(folders),
        notes=(*_told(others), *ignored),
    )


def _nothing(root: Path, others: int) -> str:
    if not any(root.iterdir()):
        return f"{root} is empty: expected {_EXPECTED}"
    return f"{root} has no class folders, only {others} file{'s' * (others != 1)}: expected {_EXPECTED}"


def _told(others: list[str]) -> tuple[str, ...]:
    if not others:
        return ()
    kinds = Counter(Path(name).suffix.lower() or "no suffix" for name in others).most_common()
    listed = ", ".join(f"{count} {kind}" for kind, count in kinds[:4])
    count = f"{len(others)} file{'s' * (len(others) > 1)}"
    return (f"{count} ignored, no images or in no class folder: {listed}{', …' * (len(kinds) > 4)}",)


def _split_folders(root: Path) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Split → folder, train first, and a note on the folders that are not splits."""
    folders = {entry.name: Path(entry.path) for entry in _entries(root) if entry.is_dir()}
    splits = {name: _ALIASES[name.lower()] for name in folders if name.lower() in _ALIASES}
    train = next((folders[name] for name, split in splits.items() if split == "train"), None)
    if train is None or not any(entry.is_dir() for entry in _entries(train)):
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


def _class_images(folder: Path) -> tuple[dict[str, list[str]], list[str]]:
    """Class → its images, and the names of the files that were ignored."""
    images: dict[str, list[str]] = {}
    others: list[str] = []
    for entry in _entries(folder):
        if entry.is_dir():
            images[entry.name] = []
            _collect(Path(entry.path), images[entry.name], others, set())
        else:
            others.append(entry.name)
    return images, others


def _collect(folder: Path, images: list[str], others: list[str], seen: set[str]) -> None:
    real = os.path.realpath(folder)
    if real in seen:  # a link that leads back up
        return
    seen.add(real)
    for entry in _entries(folder):
        if entry.is_dir():
            _collect(Path(entry.path), images, others, seen)
        elif Path(entry.name).suffix.lower() in IMAGE_SUFFIXES and not _is_device(entry):
            images.append(entry.path)
        else:
            others.append(entry.name)


def _is_device(entry: os.DirEntry[str]) -> bool:
    """A pipe or the like, which could be waited for for ever. A broken link is a file that cannot be read."""
    return not (entry.is_file() or entry.is_symlink())
