"""Moments on their way into a file: a line each, at once."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from striate.errors import ArgumentError
from striate.pages.comma_separated import csv_text
from striate.streaming.moment import Moment

HEADS = ("source", "seconds", "class", "probability", "dropped", "note")


def _json_line(moment: Moment, first: bool) -> str:
    return json.dumps(moment.to_json(), ensure_ascii=False) + "\n"


def _table_line(moment: Moment, first: bool) -> str:
    """With the heading before the first."""
    numbers = (f"{moment.time:.3f}", moment.best, f"{moment.probability:.6f}", str(moment.dropped))
    text = csv_text(HEADS, [(moment.source, *numbers, moment.note)])
    return text if first else text.split("\n", 1)[1]


FILES: dict[str, Callable[[Moment, bool], str]] = {".csv": _table_line, ".jsonl": _json_line}
"""The line of a moment, by the ending of the file's name."""


VIDEO = ".mp4"


def check_out(out: Path, sources: int) -> None:
    """Raises ArgumentError for a file of another kind, and for a video of several sources."""
    if out.suffix not in (*FILES, VIDEO):
        raise ArgumentError(
            f"out is a {', '.join(FILES)} or {VIDEO} file; got {out.name}: try {out.stem or 'said'}.csv"
        )
    if out.suffix == VIDEO and sources > 1:
        raise ArgumentError(
            f"{out.name} can show one source; got {sources}: stream them one by one, or write a .csv"
        )


def written(moments: Iterator[Moment], out: Path) -> Iterator[Moment]:
    """The same moments, each written before it is given on."""
    line = FILES[out.suffix]
    with out.open("w", encoding="utf-8", newline="") as file:
        for number, moment in enumerate(moments):
            file.write(line(moment, number == 0))
            file.flush()
            yield moment
