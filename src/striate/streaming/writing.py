"""Moments on their way into a file: a line each, at once."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import av

from striate.errors import ArgumentError, DataError
from striate.pages.shown import csv_text
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


def check_out(out: Path, sources: Sequence[str]) -> None:
    """Raises ArgumentError for a file of another kind, for one that is read, and for a video of several.

    Args:
        out: the file.
        sources: what is streamed.
    """
    if out.suffix not in (*FILES, VIDEO):
        raise ArgumentError(
            f"out is a {', '.join(FILES)} or {VIDEO} file; got {out.name}: try {out.stem or 'said'}.csv"
        )
    if out.exists() and any(Path(one).exists() and out.samefile(one) for one in sources):
        raise ArgumentError(f"{out} is what is streamed and would be written over: name another file")
    if out.suffix == VIDEO and len(sources) > 1:
        raise ArgumentError(
            f"{out.name} can show one source; got {len(sources)}: stream them one by one, or write a .csv"
        )


@contextmanager
def saying_what_fails(out: Path) -> Iterator[None]:
    """Raises DataError where the block cannot write a file; its folder is made if need be.

    Args:
        out: the file.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        yield
    except (av.error.FFmpegError, OSError) as problem:
        reason = problem.strerror or str(problem)
        raise DataError(f"cannot write {out}: {reason}: name another file, or make room for it") from None


def written(moments: Iterator[Moment], out: Path) -> Iterator[Moment]:
    """The same moments, each written before it is given on; what stood there stays until the first.

    Args:
        moments: one after the other.
        out: the file.
    """
    line, file = FILES[out.suffix], None
    try:
        for moment in moments:
            with saying_what_fails(out):
                first = file is None
                file = file or out.open("w", encoding="utf-8", newline="")
                file.write(line(moment, first))
                file.flush()
            yield moment
    finally:
        if file is not None:
            with saying_what_fails(out):
                file.close()
