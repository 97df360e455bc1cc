"""The classes that a list names; labels that training could make no sense of are refused."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from striate.data.segment import file_of
from striate.data.sources.list_columns import Row
from striate.data.sources.listing import in_order
from striate.errors import DataError

EMPTY = frozenset({"", "nan", "<na>", "null"})
"""What tables write for a cell that holds nothing."""
LONGEST = 200
"""Letters of a name that a sentence repeats."""
_SURELY = 10
"""Rows, from which on a class for each of them is no accident."""


def names_class(row: Row) -> bool:
    """Whether a row names a class."""
    return row.label is not None and row.label.strip().lower() not in EMPTY


def check_labels(path: Path, rows: Sequence[Row], files: Sequence[str]) -> tuple[str, ...]:
    """What is to be said of the labels.

    Args:
        path: of the list.
        rows: of the list, and
        files: where each points.

    Raises:
        DataError: quantities in place of classes, a class for each row, or one file in two classes.
    """
    labels = [row.label for row in rows if row.label is not None]
    named = list(dict.fromkeys(labels))
    shown = ", ".join(named[:3])
    if named and all(map(_is_number, named)) and not all(float(label).is_integer() for label in named):
        raise DataError(
            f"{path} has numbers with decimals for labels ({shown}, …), which are quantities, and classes "
            "are needed: give each row the name of its class, as low or high"
        )
    if len(named) == len(rows) >= _SURELY:
        raise DataError(
            f"{path} has another label in each of its {len(rows)} rows ({shown}, …), from which no class can "
            "be learnt: call the column of the classes label"
        )
    _refuse_contradictions(path, rows, files)
    folded = Counter(label.casefold() for label in named)
    alike = [label for label in named if folded[label.casefold()] > 1]
    return (f"classes that differ in case alone: {', '.join(alike[:6])}",) if alike else ()


def _refuse_contradictions(path: Path, rows: Sequence[Row], files: Sequence[str]) -> None:
    first: dict[str, str] = {}
    torn = {
        file: (first[file], row.label)
        for row, file in zip(rows, files, strict=True)
        if row.label is not None and first.setdefault(file, row.label) != row.label
    }
    if torn:
        file, (one, other) = next(iter(torn.items()))
        raise DataError(
            f"{path} names {len(torn)} of its files with two classes, as {Path(file).name} with {one} and "
            f"{other}: give each file one"
        )


def _is_number(text: str) -> bool:
    try:
        return abs(float(text)) < float("inf")
    except ValueError:
        return False


def refuse_some_unlabelled(path: Path, rows: Sequence[Row]) -> None:
    """Raises DataError where some rows name a class and others none: these could be of any."""
    bare = [row.names[0] for row in rows if not names_class(row)]
    if 0 < len(bare) < len(rows):
        raise DataError(
            f"{len(bare)} of the {len(rows)} rows of {path} name no class: {first_of(bare)}; "
            "give each of them one, or remove them"
        )


def classes_of(rows: Sequence[Row], paths: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels (N,) and the classes' names. Numbers keep their order; they are named by their folders where
    each has one of its own, and so are clips without a label."""
    folders = [Path(file_of(file)).parent.name for file in paths]
    labels = {row.label for row in rows if row.label is not None}
    names = _folder_of_each(rows, folders) if all(label.isdecimal() for label in labels) else {}
    if names:
        order = [names[label] for label in sorted(names, key=int)]
        named = [
            folder if row.label is None else names[row.label]
            for row, folder in zip(rows, folders, strict=True)
        ]
        classes = tuple(dict.fromkeys([*order, *sorted(set(named))]))
    else:
        named = [row.label or folder for row, folder in zip(rows, folders, strict=True)]
        classes = in_order(set(named))
    numbers = {name: number for number, name in enumerate(classes)}
    return np.array([numbers[name] for name in named], np.int64), classes


def _folder_of_each(rows: Sequence[Row], folders: Sequence[str]) -> Mapping[str, str]:
    """Label → the name of the folder that holds its clips and no others; empty if any has none."""
    pairs = {(row.label, folder) for row, folder in zip(rows, folders, strict=True) if row.label is not None}
    names = {label: folder for label, folder in pairs if label is not None}
    return names if len(pairs) == len(names) == len(set(names.values())) else {}


def first_of(names: Sequence[str], shown: int = 3) -> str:
    """The first of these names."""
    each = (name if len(name) <= LONGEST else f"{name[:LONGEST]}…" for name in names[:shown])
    return ", ".join(each) + (", …" if len(names) > shown else "")
