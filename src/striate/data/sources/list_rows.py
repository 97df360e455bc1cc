"""The text of a list of clips → rows of path, label and split. Opens no clip.

| format | rows |
|---|---|
| text | `path label` or `path num_frames label`, with or without a header, or a path alone |
| Kinetics CSV | `label,youtube_id,time_start,time_end,split` |
| Something-Something JSON | `[{"id": …, "template": …}, …]`; the class is the template without brackets |

In text there may be commas, tabs, semicolons or spaces between. Between commas, tabs and semicolons paths may
hold spaces, and the separator where they are quoted. Between spaces the label is the last word, and a number
of frames the last but one where all rows have one. The number of frames is not needed: frames are counted
where the clip is read. A path without a label has its folder's name; JSON without labels is left out.
"""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from striate.data.unreadable_files import open_regular
from striate.errors import ArgumentError, DataError
from striate.plain_values import parse_json

_PATH = ("path", "video_path", "video", "file", "filename", "file_name", "video_name", "name", "clip", "id")
_LABEL = ("label", "class", "class_name", "category", "action", "target", "label_id", "class_id")
_OTHER = ("num_frames", "frames", "n_frames", "total_frames", "split", "youtube_id", "time_start", "time_end")
_WORDS = {*_PATH, *_LABEL, *_OTHER}
SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validate": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}


class Row(NamedTuple):
    """A clip that a list names. Of several `names` the first that exists counts; they may lack a suffix."""

    names: tuple[str, ...]
    label: str | None
    split: str | None = None


def read_rows(path: Path, exists: Callable[[str], bool]) -> list[Row]:
    """The rows of a list file.

    Args:
        path: of the list.
        exists: whether there is a clip of that name.

    Raises:
        DataError: it cannot be read as a list.
    """
    text = read_text(path)
    if path.suffix.lower() == ".json":
        return _from_json(path, text)
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise DataError(f"{path} is empty: expected a list of clips, `path label` on each line")
    separator = next((mark for mark in ",\t;" if all(mark in line for line in lines)), None)
    if separator is None:
        return _from_words(lines, exists)
    try:
        return _from_table(list(csv.reader(lines, delimiter=separator, skipinitialspace=True)), exists)
    except IndexError:
        columns = lines[0].count(separator or "") + 1
        raise DataError(
            f"{path} has rows of fewer columns than the {columns} of its header: expected as many in each"
        ) from None
    except (csv.Error, ValueError) as error:
        raise DataError(f"{path} is no table of clips: {error}") from None


def read_text(path: Path) -> str:
    """What is in a list file. Raises DataError if it is no text."""
    try:
        with open_regular(path) as file:
            return file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path} is not text: expected a list of clips, `path label` on each line") from None


def _from_json(path: Path, text: str) -> list[Row]:
    try:
        entries: Any = parse_json(text, path.name)
        rows = [Row((str(entry["id"]),), _template(entry)) for entry in entries]
    except (ArgumentError, TypeError, KeyError, AttributeError):
        raise DataError(
            f'{path} is not a list of clips: expected Something-Something\'s [{{"id": …, "template": …}}, …]'
        ) from None
    return [row for row in rows if row.label is not None]


def _template(entry: dict[str, str]) -> str | None:
    words = entry.get("template", entry.get("label"))
    return None if words is None else words.translate(str.maketrans("", "", "[]"))


def _from_table(table: list[list[str]], exists: Callable[[str], bool]) -> list[Row]:
    header = [cell.strip().lower() for cell in table[0]]
    if not any(cell in _WORDS for cell in header) or exists(table[0][0]):
        return [_row(cells[0], cells[-1]) for cells in table]
    columns = {name: number for number, name in enumerate(header)}
    rows = table[1:]
    if "youtube_id" in columns:
        return [_kinetics({name: cells[number] for name, number in columns.items()}) for cells in rows]
    path_column = next((columns[name] for name in _PATH if name in columns), 0)
    label_column = next((columns[name] for name in _LABEL if name in columns), len(header) - 1)
    split = columns.get("split")
    return [
        _row(cells[path_column], cells[label_column], None if split is None else cells[split])
        for cells in rows
    ]


def _row(name: str, label: str, split: str | None = None) -> Row:
    return Row((name.strip(),), label.strip(), SPLIT_WORDS.get((split or "").strip().lower()))


def _kinetics(cells: dict[str, str]) -> Row:
    name, label = cells["youtube_id"], cells.get("label", "")
    span = "".join(f"_{_seconds(cells[key]):06d}" for key in ("time_start", "time_end") if cells.get(key))
    split = cells.get("split", "").strip().lower()
    folders = ("", f"{label}/", f"{label.replace(' ', '_')}/", f"{split}/", f"{split}/{label}/")
    names = tuple(f"{folder}{name}{end}" for end in (span, "") for folder in dict.fromkeys(folders))
    return Row(names, label or None, SPLIT_WORDS.get(split))


def _seconds(text: str) -> int:
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        raise ValueError(f"the time {text!r} is no number of seconds") from None


def _from_words(lines: Sequence[str], exists: Callable[[str], bool]) -> list[Row]:
    """Where spaces may belong to paths: of the readings that fit all lines, the one that finds most clips."""
    if all(word.lower() in _WORDS for word in lines[0].split()):
        lines = lines[1:]
    words = [line.rsplit(maxsplit=2) for line in lines]
    readings = [[Row((line,), None) for line in lines]]
    if all(len(row) > 1 for row in words):
        halves = [line.rsplit(maxsplit=1) for line in lines]
        readings.insert(0, [Row((name,), label) for name, label in halves])
    if all(len(row) == 3 and row[1].isdecimal() for row in words):
        readings.insert(0, [Row((row[0],), row[2]) for row in words])
    step = max(1, len(lines) // 50)
    found = [sum(exists(row.names[0]) for row in reading[::step]) for reading in readings]
    return readings[found.index(max(found))]
