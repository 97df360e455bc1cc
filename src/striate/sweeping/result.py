"""What a sweep has found."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from striate.pages import Shown
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
