"""A page of a lab that was written into a file."""

from dataclasses import dataclass
from pathlib import Path

from striate.pages import Shown


@dataclass(frozen=True)
class SavedPage(Shown):
    """A page that was written."""

    path: Path
    answers: int
    """Questions that it can answer."""
    numbers: int
    """Of these: numbers worked out whole."""
    bytes: int
