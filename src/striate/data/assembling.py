"""Contents → splits, checked and counted."""

from collections.abc import Mapping, Sequence

import numpy as np

from striate.data.contents import Contents
from striate.data.duplicates import count_duplicates
from striate.data.image_data import ImageData
from striate.data.mirror import mirror_safe
from striate.data.sets import ImageSet
from striate.data.skipped import told
from striate.data.splits import fill_in
from striate.errors import DataError


def assemble(contents: Contents, seed: int) -> ImageData:
    """Splits what is not split yet, checks that every class can be learnt, and counts duplicates."""
    check_classes(contents.source, contents.classes, labels_of(contents.labels, contents.given))
    splits, split_notes = fill_in(contents.given, contents.labels, contents.keys, contents.shares, seed)
    splits = {split: rows for split, rows in splits.items() if len(rows)}
    keys = contents.pixels.keys()
    duplicates, duplicate_notes = count_duplicates(
        {split: [keys[row] for row in rows] for split, rows in splits.items()}
    )
    return ImageData(
        name=contents.name,
        source=contents.source,
        classes=contents.classes,
        channels=contents.pixels.channels,
        size=contents.pixels.size,
        splits={split: _image_set(contents, split, rows) for split, rows in splits.items()},
        notes=(*contents.notes, *split_notes, *duplicate_notes, *told(contents.skipped)),
        skipped=contents.skipped,
        duplicates=duplicates,
        mirror_safe=mirror_safe(contents.classes),
    )


def _image_set(contents: Contents, split: str, rows: np.ndarray) -> ImageSet:
    if contents.names is None:
        names = [f"{contents.name}/{split}/{position}" for position in range(len(rows))]
    else:
        names = [contents.names[row] for row in rows]
    return contents.pixels.subset(rows, contents.labels[rows], names, contents.classes)


def labels_of(labels: np.ndarray, rows: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Labels of each split."""
    return {split: labels[rows[split]] for split in rows}


def check_classes(source: str, classes: Sequence[str], labels: Mapping[str, np.ndarray]) -> None:
    """Raises DataError unless there are two classes and train has images of each of them."""
    present = {split: {classes[label] for label in np.unique(labels[split])} for split in labels}
    everywhere = set().union(*present.values())
    for name in classes:
        if name not in everywhere:
            raise DataError(f"class {name!r} has no images in {source}: add some, or remove the class")
        if name not in present["train"]:
            where = next(split for split in present if name in present[split])
            raise DataError(
                f"class {name!r} is in {where} but not in train: add images of it to train, or remove it"
            )
    if len(classes) < 2:
        only = f"one class only, {classes[0]!r}" if classes else "no images"
        raise DataError(f"{source} has {only}: expected at least two classes to tell apart")
