"""The classes of a set: their order, and whether they can be learnt."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from striate.errors import DataError


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """By name; where all are whole numbers, by number."""
    names = list(names)
    if all(name.isdecimal() for name in names):
        return tuple(sorted(names, key=lambda name: (int(name), name)))
    return tuple(sorted(names))


def check_classes(
    source: str, classes: Sequence[str], labels: Mapping[str, np.ndarray], items: str = "images"
) -> None:
    """Raises DataError unless there are two classes and train has images of each of them.

    items: what there is of each class, in the plural.
    """
    present = {split: {classes[label] for label in np.unique(labels[split])} for split in labels}
    everywhere = set().union(*present.values())
    for name in classes:
        if name not in everywhere:
            raise DataError(f"class {name!r} has no {items} in {source}: add some, or remove the class")
        if name not in present["train"]:
            where = next(split for split in present if name in present[split])
            raise DataError(
                f"class {name!r} is in {where} but not in train: add {items} of it to train, or remove it"
            )
    if len(classes) < 2:
        only = f"one class only, {classes[0]!r}" if classes else f"no {items}"
        raise DataError(f"{source} has {only}: expected at least two classes to tell apart")
