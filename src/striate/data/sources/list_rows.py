"""The text of a list of clips → rows of path, segment, label and split. Opens no clip.

| format | rows |
|---|---|
| text | `path label`, `path num_frames label` or `path start end label`, or a path alone |
| table | with a header, columns by their names (see `list_columns`); without one the same as text |
| JSON | see `list_json` |

In text there may be commas, tabs, semicolons or spaces between. Between commas, tabs and semicolons paths may
hold spaces, and the separator where they are quoted. Between spaces the label is the last word, before it
stand times or a number of frames where all rows have them. The number of frames is not needed: frames are
counted where the clip is read. A path without a label has its folder's name.
"""

import codecs
import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from striate.data.segment import Segment, seconds_of
from striate.data.sources.list_columns import Row, Rows, is_header, rows_of, split_of
from striate.data.sources.list_json import rows_in_json, rows_of_objects
from striate.data.sources.other_tables import AVA, refuse_pixels
from striate.data.sources.split_names import split_named
from striate.data.unreadable_files import open_regular
from striate.errors import DataError

_FORMS = "path,label or path,start,end,label, or a header that names the columns"
_EXPECTED = "expected a list of images or clips, `path label` on each line"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LINE = re.compile("\r\n|\r|\n")
_BLANK = " \t;,"
"""What a row without anything in it is made of, as spreadsheets write it."""


def read_rows(path: Path, exists: Callable[[str], bool], beside: Callable[[str], bool]) -> Rows:
    """The rows of a list file.

    Args:
        path: of the list.
        exists: whether there is a clip of that name.
        beside: whether it lies in the list's own folder, or in one there: a first row of words that name
            columns is a header unless it does.

    Raises:
        DataError: it cannot be read as a list.
    """
    text = read_text(path)
    if path.suffix.lower() == ".json":
        return rows_in_json(path, text)
    if path.suffix.lower() == ".jsonl":
        return _from_json_lines(path, text)
    lines = [line for line in _LINE.split(text) if line.strip(_BLANK) and not line.startswith("#")]
    if not lines:
        raise DataError(f"{path} is empty: {_EXPECTED}")
    table: list[list[str]] = []
    try:
        table = _table(text, lines[0])
        if not table:
            return Rows(_from_words([line.strip() for line in lines], exists))
        refuse_pixels(table[0])
        if not is_header(table[0]) and _is_title(table, exists):
            return _titled(table)
        return _from_table(table, beside)
    except IndexError:
        raise DataError(
            f"{path} has rows of fewer columns than the {len(table[0])} of its header: expected as many in "
            "each"
        ) from None
    except (csv.Error, ValueError) as error:
        raise DataError(f"{path} is no table of images or clips: {error}") from None


def _table(text: str, first: str) -> list[list[str]]:
    """The cells of a table, row by row; none where no mark separates columns in every row."""
    for mark in filter(first.__contains__, "\t;,"):
        with _fields_of_any_length():
            read = csv.reader(StringIO(text, newline=""), delimiter=mark, skipinitialspace=True)
            rows = [row for row in read if "".join(row).strip() and not row[0].startswith("#")]
        named = bool(rows) and len(rows[0]) > 1 and is_header(rows[0])  # a row that lacks the mark is short
        if named or all(len(row) > 1 for row in rows):
            return rows
    return []


@contextmanager
def _fields_of_any_length() -> Iterator[None]:
    """A description beside the class may be longer than the 128 KiB that the reader takes for a mistake."""
    usual = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(usual)


def _from_json_lines(path: Path, text: str) -> Rows:
    """An object a line, as image folders of the Hugging Face hub have them in metadata.jsonl."""
    try:
        return rows_of_objects([json.loads(line) for line in _LINE.split(text) if line.strip()])
    except (KeyError, RecursionError):
        raise DataError(f"{path} is no list with an object a line: {_EXPECTED}") from None
    except (IndexError, ValueError) as error:
        raise DataError(f"{path} is no list with an object a line: {error}") from None


def read_text(path: Path) -> str:
    """What is in a list file, in UTF-8 or, where it begins so, UTF-16. Raises DataError if it is no text."""
    with open_regular(path) as file:
        content = file.read()
    try:
        return content.decode("utf-16" if content.startswith(_UTF16) else "utf-8-sig")
    except UnicodeDecodeError:
        if b"\0" in content:
            raise DataError(f"{path} is not text: {_EXPECTED}") from None
        raise DataError(
            f"{path} is not in UTF-8, so that its letters beyond ASCII could be any: save it as UTF-8 "
            "(spreadsheets call it CSV UTF-8)"
        ) from None


def _is_title(table: Sequence[Sequence[str]], exists: Callable[[str], bool]) -> bool:
    """Whether the first row names columns in words of its own: it is no file, and the second is one."""
    first = table[0][0]
    return len(table) > 1 and not Path(first).suffix and not exists(first) and exists(table[1][0])


def _titled(table: Sequence[Sequence[str]]) -> Rows:
    """The rows below names of columns that are not known, which only two can be understood without."""
    names = [cell.strip() for cell in table[0]]
    if len(names) != 2:
        raise ValueError(
            f"none of its columns {', '.join(names)} is known: call that of the files path, and that of the "
            "classes label"
        )
    rows = [Row((cells[0].strip(),), cells[1].strip()) for cells in table[1:]]
    return Rows(rows, (f"its first row, {names[0]} and {names[1]}, is taken for names of columns",))


def _from_table(table: list[list[str]], beside: Callable[[str], bool]) -> Rows:
    if is_header(table[0]) and not beside(table[0][0]):
        return rows_of(table[0], table[1:])
    columns = len(table[0])
    if any(len(cells) != columns for cells in table):
        raise IndexError
    if columns > 6 and all(_is_share(cell) for cell in table[0][2:6]):
        raise ValueError(AVA)
    between = [cells[1:-1] for cells in table]
    if columns == 4 and all(map(_are_times, between)):
        rows = [Row((cells[0].strip(),), cells[3].strip(), None, _segment(cells[1:3])) for cells in table]
        return Rows(rows, ("its second and third column are read as start and end, in seconds",))
    if columns == 3 and all(split_named(cells[2]) for cells in table):
        return Rows([Row((cells[0].strip(),), cells[1].strip(), split_of(cells[2])) for cells in table])
    if columns > 3 or not all(cell.strip().isdecimal() for cells in between for cell in cells):
        raise ValueError(f"it has {columns} columns and no header: expected {_FORMS}")
    return Rows([Row((cells[0].strip(),), cells[-1].strip()) for cells in table])


def _is_share(text: str) -> bool:
    """Whether it is a number from 0 to 1, as the sides of boxes are given."""
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


def _are_times(cells: Sequence[str]) -> bool:
    try:
        return len([seconds_of(cell) for cell in cells]) == 2
    except ValueError:
        return False


def _segment(cells: Sequence[str]) -> Segment:
    begin, end = map(seconds_of, cells)
    return Segment(begin, end)


_TIMES = ("start", "end")


def _from_words(lines: Sequence[str], exists: Callable[[str], bool]) -> list[Row]:
    """Where spaces may belong to paths: of the readings that fit all lines, the one that finds most clips."""
    if len(lines) > 1 and all(is_header([word]) or word in _TIMES for word in lines[0].lower().split()):
        lines = lines[1:]
    words = [line.rsplit(maxsplit=2) for line in lines]
    readings = [[Row((line,), None) for line in lines]]
    if all(len(row) > 1 for row in words):
        halves = [line.rsplit(maxsplit=1) for line in lines]
        readings.insert(0, [Row((name,), label) for name, label in halves])
    if all(len(row) == 3 and row[1].isdecimal() for row in words):
        readings.insert(0, [Row((row[0],), row[2]) for row in words])
    timed = [line.rsplit(maxsplit=3) for line in lines]
    if all(len(row) == 4 and _are_times(row[1:3]) for row in timed):
        readings.append([Row((row[0],), row[3], None, _segment(row[1:3])) for row in timed])
    step = max(1, len(lines) // 50)
    found = [sum(exists(row.names[0]) for row in reading[::step]) for reading in readings]
    return readings[found.index(max(found))]
