"""Whether what a list has for labels can be classes; what training could make no sense of is refused."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from striate.data.sources.list_columns import Row
from striate.errors import DataError

EMPTY = frozenset({"", "nan", "<na>", "null"})
"""What tables write for a cell that holds nothing."""
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
