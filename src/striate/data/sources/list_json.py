"""Lists of clips in JSON → rows.

| form | known from |
|---|---|
| `[{"id": …, "template": …}, …]` | Something-Something; the class is the template without brackets |
| `[{"path": …, "start": …, "end": …, "label": …}, …]` | a table, its columns by their names |
| `{"a.png": "cat", …}` | |
| `{"database": {ID: {"subset": …, "annotations": [{"segment": [a, b], "label": …}, …]}}}` | ActivityNet |
| the same without "database", or with one annotation for each | Kinetics |
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from striate.data.segment import Segment, seconds_of
from striate.data.sources.list_columns import Row, Rows, is_label, rows_of, split_of
from striate.data.sources.other_tables import COCO, MULTI_LABEL
from striate.errors import ArgumentError, DataError
from striate.numbers import counted
from striate.runs.json_files import parse_json

_EXPECTED = (
    '{"a.png": "cat", …}, Something-Something\'s [{"id": …, "template": …}, …], a table as [{"path": …, '
    '"start": …, "end": …, "label": …}, …], or ActivityNet\'s {"database": {…}}'
)


def rows_in_json(path: Path, text: str) -> Rows:
    """The rows of a list; those without a label are left out. Raises DataError for another form."""
    try:
        content = parse_json(text, path.name)
        if isinstance(content, dict) and {"images", "annotations"} <= content.keys():
            raise ValueError(COCO)
        if isinstance(content, dict) and all(isinstance(label, str | int) for label in content.values()):
            return Rows([Row((name,), str(label)) for name, label in content.items()])
        if isinstance(content, dict):
            return _activity_net(content.get("database", content))
        if any("template" in entry or set(entry) <= {"id", "label"} for entry in content):
            return Rows([row for row in map(_something, content) if row.label is not None])
        return rows_of_objects(content)
    except (ArgumentError, TypeError, KeyError, AttributeError, IndexError):
        raise DataError(f"{path} is not a list of images or clips: expected {_EXPECTED}") from None
    except ValueError as error:
        raise DataError(f"{path} is no list of images or clips that can be read: {error}") from None


def _something(entry: Mapping[str, Any]) -> Row:
    words = entry.get("template", entry.get("label"))
    label = None if words is None else words.translate(str.maketrans("", "", "[]"))
    return Row((str(entry["id"]),), label)


def rows_of_objects(entries: Sequence[Any]) -> Rows:
    """The rows of objects with the same names in each, as of a table.

    Raises:
        KeyError: they hold nothing.
        ValueError: something else than objects, or classes that are several.
    """
    if any(not isinstance(entry, dict) for entry in entries):
        raise ValueError("a row is an object with names, such as image and label")
    names = dict.fromkeys(name for entry in entries for name in entry)
    if not names:
        raise KeyError
    nested = [name for name in names if any(isinstance(entry.get(name), list | dict) for entry in entries)]
    plain = [name for name in names if name not in nested]
    if nested and (len(plain) < 2 or is_label(nested[0])):
        raise ValueError(f"its {nested[0]!r} holds several things a row, {MULTI_LABEL}")
    cells = [["" if entry.get(name) is None else str(entry[name]) for name in plain] for entry in entries]
    return rows_of(plain, cells)


def _activity_net(database: Mapping[str, Any]) -> Rows:
    rows = [row for name, video in database.items() for row in _annotated(name, video)]
    bare = sum(not video["annotations"] for video in database.values())
    return Rows(rows, (f"{counted(bare, 'video')} without annotations left out",) if bare else ())


def _annotated(name: str, video: Mapping[str, Any]) -> Iterator[Row]:
    """A row for each annotation of a video, whose file is called ID or v_ID."""
    annotations = video["annotations"]
    for one in [annotations] if isinstance(annotations, dict) else annotations:
        if len(one["segment"]) != 2:
            raise ValueError(f"a segment is [start, end]; {name} has {one['segment']}")
        begin, end = (seconds_of(str(value)) for value in one["segment"])
        span = f"{name}_{int(begin):06d}_{int(end):06d}"
        yield Row(
            (name, f"v_{name}"),
            str(one["label"]),
            split_of(video.get("subset")),
            Segment(begin, end),
            (span,),
        )
