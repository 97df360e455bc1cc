"""What a sweep has found, and the table of it: a row a trial, the best first."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from striate.numbers import DASH, number, percent, seconds
from striate.pages import Column, Shown, Table
from striate.plain_values import ToJson


@dataclass(frozen=True)
class Trial(ToJson):
    """One training of a sweep."""

    number: int
    run: Path
    settings: dict[str, Any]
    """What was tried in it."""
    val_top1: float
    """Of the weights that the run keeps."""
    test_top1: float | None
    seconds: float


@dataclass(frozen=True)
class Sweep(Shown):
    """The trainings of a sweep, the best first."""

    rows_in = "trials"

    status: str
    """'finished', or 'stopped' where somebody asked for it."""
    data: str
    out: Path
    trials: tuple[Trial, ...]
    """By validation accuracy."""
    notes: tuple[str, ...] = ()


def table_of(sweep: Sweep) -> Table:
    """What was tried, and what it came to."""
    rows = sweep.trials
    names = list(rows[0].settings) if rows else []
    columns = (
        Column.of("run", rows, lambda row: row.run.name, left=True),
        Column.of("validation", rows, lambda row: percent(row.val_top1)),
        Column.of(
            "test", rows, lambda row: DASH if row.test_top1 is None else percent(row.test_top1), rank=1
        ),
        *(
            Column.of(name, rows, lambda row, name=name: _text(row.settings[name]))  # type: ignore[misc]
            for name in names
        ),
        Column.of("training time", rows, lambda row: seconds(row.seconds), rank=2),
    )
    return Table(f"A sweep on {sweep.data}", columns, strong=frozenset({0}), elsewhere="--json")


def _text(value: object) -> str:
    return number(value) if isinstance(value, float) else str(value)
