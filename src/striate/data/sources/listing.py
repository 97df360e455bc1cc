"""Which files are images or clips of which class, in which split, and whether these can be learnt.

Opens no file.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from striate.data.image_data import ClipData, ImageData
from striate.data.images.framing import Fit
from striate.data.options import Options
from striate.data.sets.clip_sets import ClipSet
from striate.data.sets.duplicates import count_duplicates
from striate.data.sets.image_sets import ImageSet
from striate.data.sources.splits import fill_in, shares_of
from striate.data.suffixes import IMAGE_SUFFIXES
from striate.data.unreadable_files import Skipped, skipped_note
from striate.errors import DataError

Kind: TypeAlias = Literal["images", "videos", "frames"]
"""What a path stands for: an image, a video file, or a folder of frames."""


def kind_of(paths: Sequence[str]) -> Kind:
    """What most of these paths are."""
    images = sum(Path(path).suffix.lower() in IMAGE_SUFFIXES for path in paths)
    if 2 * images > len(paths):
        return "images"
    return "frames" if os.path.isdir(paths[0]) else "videos"  # noqa: PTH112


@dataclass(frozen=True)
class Listing:
    """The images or clips of a source, row by row."""

    root: Path
    classes: tuple[str, ...]
    paths: tuple[str, ...]
    labels: np.ndarray  # (N,) int64
    split: np.ndarray  # (N,) str; all "train" where the folder is not split
    splits: tuple[str, ...]  # that the folder has
    notes: tuple[str, ...]
    kind: Kind = "images"
    source: Path | None = None
    """The list that names them; None: they are what `root` holds."""

    @property
    def named(self) -> str:
        """What sentences call it."""
        return str(self.source or self.root)

    @property
    def rows(self) -> dict[str, np.ndarray]:
        """Split → rows."""
        return {split: np.flatnonzero(self.split == split) for split in self.splits}

    @property
    def items(self) -> str:
        """What the rows are, in the plural."""
        return "images" if self.kind == "images" else "clips"

    @property
    def keys(self) -> list[str]:
        """Paths below the root, alike on every system."""
        return [_below(Path(path), self.root).as_posix() for path in self.paths]

    def totals(self) -> dict[str, int]:
        """Images, or clips, of each class."""
        counts = np.bincount(self.labels, minlength=len(self.classes))
        return dict(zip(self.classes, counts.tolist(), strict=True))

    def keep(self, rows: np.ndarray) -> "Listing":
        """These rows only."""
        paths = tuple(self.paths[row] for row in rows)
        return replace(self, paths=paths, labels=self.labels[rows], split=self.split[rows])

    def check(self) -> None:
        """Raises DataError unless there are two classes and train has some of each."""
        labels = {split: self.labels[rows] for split, rows in self.rows.items()}
        check_classes(self.named, self.classes, labels, self.items)


def _below(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """By name; where all are whole numbers, by number."""
    names = list(names)
    if all(name.isdecimal() and len(name) < 20 for name in names):
        return tuple(sorted(names, key=lambda name: (int(name), name)))
    return tuple(sorted(names))


def check_classes(
    source: str, classes: Sequence[str], labels: Mapping[str, np.ndarray], items: str = "images"
) -> None:
    """Raises DataError unless there are two classes and train has images of each of them.

    Args:
        source: what is to be named in the sentence.
        classes: their names.
        labels: split → (N,) int64, into `classes`.
        items: what there is of each class, in the plural.
    """
    present = {split: {classes[label] for label in np.unique(labels[split])} for split in labels}
    everywhere = set().union(*present.values())
    for name in classes:
        if name not in everywhere:
            raise DataError(f"class {name!r} has no {items} in {source}: add some, or remove the class")
        if name not in present.get("train", ()):
            where = next(split for split in present if name in present[split])
            raise DataError(
                f"class {name!r} is in {where} but not in train: add {items} of it to train, or remove it"
            )
    if len(classes) < 2:
        only = f"one class only, {classes[0]!r}" if classes else f"no {items}"
        raise DataError(f"{source} has {only}: expected at least two classes to tell apart")


# What a source holds before it is split, and how it becomes a data set.


@dataclass(frozen=True)
class Contents:
    """Everything that a source holds, in rows."""

    name: str
    source: str
    classes: tuple[str, ...]
    images: ImageSet
    """All of them, with their labels."""
    keys: Sequence[str]
    """With the seed, they decide which split an image goes to."""
    rows: Mapping[str, np.ndarray]
    """Split → rows, as the source has it split; "train" at least."""
    shares: Mapping[str, float] | None = None
    """Of train, for the splits that the source lacks; None: as `shares_of` has it."""
    fit: Fit = "crop"
    """How pictures were brought to their size."""
    groups: Sequence[str] | None = None
    """The recording of each clip; one recording stays on one side of a split."""
    numbered: bool = False
    """Whether items are named NAME/SPLIT/POSITION, having no files of their own."""
    notes: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def items(self) -> str:
        """What the rows are, in the plural."""
        return "clips" if isinstance(self.images, ClipSet) else "images"


def assemble(contents: Contents, options: Options) -> ImageData:
    """Splits what is not split yet, checks that every class can be learnt, and counts duplicates."""
    if options.group_by is not None and contents.groups is None:
        raise DataError(
            f"{contents.source} holds {contents.items} without files, and --group-by reads groups out of "
            "their paths: leave it out"
        )
    images, labels = contents.images, contents.images.labels
    of_split = {split: labels[rows] for split, rows in contents.rows.items()}
    check_classes(contents.source, contents.classes, of_split, contents.items)
    rows, split_notes = fill_in(
        contents.rows,
        labels,
        contents.keys,
        shares_of(contents.rows) if contents.shares is None else contents.shares,
        options.seed,
        items=contents.items,
        groups=contents.groups,
    )
    rows = {split: its for split, its in rows.items() if len(its)}
    keys = images.keys()
    duplicates, duplicate_notes = count_duplicates(
        {split: [keys[row] for row in its] for split, its in rows.items()}
    )
    parts: dict[str, Any] = {
        "name": contents.name,
        "source": contents.source,
        "classes": contents.classes,
        "channels": images.channels,
        "size": images.size,
        "splits": {split: _part(contents, split, its) for split, its in rows.items()},
        "notes": (*contents.notes, *split_notes, *duplicate_notes, *skipped_note(contents.skipped)),
        "skipped": contents.skipped,
        "duplicates": duplicates,
        "fit": contents.fit,
    }
    if isinstance(images, ClipSet):
        return ClipData(**parts, sampling=images.sampling, flow=images.flow)
    return ImageData(**parts)


def _part(contents: Contents, split: str, rows: np.ndarray) -> ImageSet:
    part = contents.images.select(rows)
    if contents.numbered:
        part.names = [f"{contents.name}/{split}/{position}" for position in range(len(rows))]
    return part
