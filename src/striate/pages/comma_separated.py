"""Tables for spreadsheets and scripts."""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = (*"=+-@＝＋－＠", "\t", "\r", "\n")
"""Full-width signs are signs to some; what is blank some leave out."""


def csv_text(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV with a heading. A text that a spreadsheet would take for a formula gets an apostrophe before it.

    >>> csv_text(["file", "share"], [["=1+1.png", -0.5]])
    "file,share\\n'=1+1.png,-0.5\\n"
    """
    return "".join(_line([_harmless(cell) for cell in row]) for row in [heads, *rows])


def _line(cells: Sequence[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)  # so it quotes cells with either of the two
    return line.getvalue().removesuffix("\r\n") + "\n"


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA) else cell
