"""Tables for spreadsheets and scripts."""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV with a heading. A text that a spreadsheet would take for a formula gets an apostrophe before it.

    >>> csv_text(["file", "share"], [["=1+1.png", -0.5]])
    "file,share\\n'=1+1.png,-0.5\\n"
    """
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(heads)
    lines.writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
