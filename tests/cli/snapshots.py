"""Texts that a reader can judge, kept beside the tests: what a command prints at 80 and at 140 columns.

To write them anew, after looking at what has changed:  STRIATE_SNAPSHOTS=write pytest tests/cli
"""

import os
import re
from pathlib import Path

FOLDER = Path(__file__).parent / "snapshots"
WIDTHS = (80, 140)


def assert_printed(name: str, width: int, printed: str) -> None:
    """Compares what was printed with the file of that name. No line of a table or of help is wider than there
    is room for; prose is as long as it is, so that paths and commands in it can be copied.
    """
    text = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
    path = FOLDER / f"{name}-{width}.txt"
    if os.environ.get("STRIATE_SNAPSHOTS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    fitted = [line for line in text.splitlines() if re.search(r"\S {3,}\S|^ {3,}", line)]
    assert max(map(len, fitted), default=0) <= width
