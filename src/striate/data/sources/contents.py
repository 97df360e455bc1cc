"""What a source holds before it is split, and how it becomes a data set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from striate.data.image_data import ClipData, ImageData
from striate.data.sets.clip_sets import ClipSet
from striate.data.sets.duplicates import count_duplicates
from striate.data.sets.image_sets import ImageSet
from striate.data.sources.listing import check_classes
from striate.data.sources.splits import FOLDER_SHARES, fill_in
from striate.data.unreadable_files import Skipped, skipped_note


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
    shares: Mapping[str, float] = field(default_factory=lambda: FOLDER_SHARES)
    """Of train, for the splits that the source lacks."""
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


def assemble(contents: Contents, seed: int) -> ImageData:
    """Splits what is not split yet, checks that every class can be learnt, and counts duplicates."""
    images, labels = contents.images, contents.images.labels
    of_split = {split: labels[rows] for split, rows in contents.rows.items()}
    check_classes(contents.source, contents.classes, of_split, contents.items)
    rows, split_notes = fill_in(
        contents.rows,
        labels,
        contents.keys,
        contents.shares,
        seed,
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
    }
    if isinstance(images, ClipSet):
        return ClipData(**parts, sampling=images.sampling, flow=images.flow)
    return ImageData(**parts)


def _part(contents: Contents, split: str, rows: np.ndarray) -> ImageSet:
    part = contents.images.select(rows)
    if contents.numbered:
        part.names = [f"{contents.name}/{split}/{position}" for position in range(len(rows))]
    return part
