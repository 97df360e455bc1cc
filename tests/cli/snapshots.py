"""Texts that a reader can judge, kept beside the tests: what a command prints at 80 and at 140 columns.

To write them anew, after looking at what has changed:  STRIATE_SNAPSHOTS=write pytest tests/cli
"""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "snapshots"
WIDTHS = (80, 140)


def assert_printed(name: str, width: int, printed: str) -> None:
    """Compares what was printed with the file of that name. No line is wider than there is room for, but one
    that ends in a command: it is never broken, so that it can be copied.
    """
    text = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
    path = FOLDER / f"{name}-{width}.txt"
    if os.environ.get("STRIATE_SNAPSHOTS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    assert max(len(line) for line in text.splitlines() if ":  striate " not in line) <= width
