"""Contents → splits, checked and counted."""

from typing import Any

import numpy as np

from striate.data.augment.mirror import mirror_safe
from striate.data.image_data import ClipData, ImageData
from striate.data.images.duplicates import count_duplicates
from striate.data.sets.image_sets import ImageSet
from striate.data.sources.classes import check_classes
from striate.data.sources.contents import ClipPixels, Contents
from striate.data.sources.groups import fill_in_groups
from striate.data.sources.splits import fill_in
from striate.data.unreadable_files import told


def assemble(contents: Contents, seed: int) -> ImageData:
    """Splits what is not split yet, checks that every class can be learnt, and counts duplicates."""
    labels = {split: contents.labels[rows] for split, rows in contents.given.items()}
    check_classes(contents.source, contents.classes, labels, contents.pixels.items)
    splits, split_notes = _split(contents, seed)
    splits = {split: rows for split, rows in splits.items() if len(rows)}
    keys = contents.pixels.keys()
    duplicates, duplicate_notes = count_duplicates(
        {split: [keys[row] for row in rows] for split, rows in splits.items()}
    )
    parts: dict[str, Any] = {
        "name": contents.name,
        "source": contents.source,
        "classes": contents.classes,
        "channels": contents.pixels.channels,
        "size": contents.pixels.size,
        "splits": {split: _image_set(contents, split, rows) for split, rows in splits.items()},
        "notes": (*contents.notes, *split_notes, *duplicate_notes, *told(contents.skipped)),
        "skipped": contents.skipped,
        "duplicates": duplicates,
        "mirror_safe": mirror_safe(contents.classes),
    }
    if isinstance(contents.pixels, ClipPixels):
        return ClipData(**parts, sampling=contents.pixels.sampling, flow=contents.pixels.flow)
    return ImageData(**parts)


def _split(contents: Contents, seed: int) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    if contents.groups is not None:
        return fill_in_groups(contents.given, contents.labels, contents.groups, contents.shares, seed)
    items = contents.pixels.items
    return fill_in(contents.given, contents.labels, contents.keys, contents.shares, seed, items)


def _image_set(contents: Contents, split: str, rows: np.ndarray) -> ImageSet:
    if contents.names is None:
        names = [f"{contents.name}/{split}/{position}" for position in range(len(rows))]
    else:
        names = [contents.names[row] for row in rows]
    return contents.pixels.subset(rows, contents.labels[rows], names, contents.classes)
