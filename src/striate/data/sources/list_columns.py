"""A table of images or clips whose columns have names → rows: file, part of it, class, split.

| column | usual names |
|---|---|
| the file | path, file, filename, image, image_id, video, video_id, name, clip, id, … |
| the class | label, class, category, action, activity, …; without any, the last column |
| the segment | start, begin, t_start, … and end, stop, t_end, … or duration: seconds or hh:mm:ss.f |
| the same in frames | start_frame and end_frame, counted from 0, up to the end but not with it |
| the split | split, subset; without these, the column whose cells are all called as splits are |

Other columns are said, and refused where they may say which part of a file is meant: a row must not become
the whole file because its times have another name.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from striate.data.segment import Segment, seconds_of
from striate.data.sources.other_tables import refuse_boxes, refuse_several
from striate.data.sources.split_names import SPLITS, split_named

_ROLES = {
    "path": "path video_path image_path file_path filepath video image file filename file_name video_name "
    "image_name video_file image_file video_id image_id img img_path img_name clip_path clip name clip_id "
    "id_code id",
    "label": "label class class_name label_name category action activity target labels label_id class_id "
    "action_id diagnosis breed species",
    "split": "split subset",
    "start": "start begin t_start start_t start_time time_start begin_time start_sec start_secs start_second "
    "start_seconds start_s t_begin start_timestamp begin_sec begin_seconds t0",
    "end": "end stop t_end end_t end_time time_end stop_time end_sec end_secs end_second end_seconds end_s "
    "stop_timestamp end_timestamp stop_sec stop_seconds t1",
    "start_frame": "start_frame frame_start begin_frame first_frame",
    "end_frame": "end_frame frame_end stop_frame",
    "duration": "duration length duration_sec duration_seconds",
}
_UNUSED = frozenset({"num_frames", "frames", "n_frames", "total_frames", "youtube_id", "is_cc"})
"""Columns that need no word: frames are counted where a clip is read."""
_TIMES = frozenset(
    [
        "start",
        "begin",
        "end",
        "stop",
        "from",
        "to",
        "time",
        "times",
        "timestamp",
        "sec",
        "secs",
        "second",
        "seconds",
        "ms",
        "frame",
        "onset",
        "offset",
        "interval",
        "segment",
        "duration",
        "last",
        "timestamps",
        "intervals",
        "segments",
        "t",
        "ts",
    ]
)


class Row(NamedTuple):
    """A clip that a list names. Of several names the first that exists counts; they may lack a suffix."""

    names: tuple[str, ...]
    label: str | None
    split: str | None = None
    segment: Segment | None = None
    """Of the file; None: all of it."""
    cut: tuple[str, ...] = ()
    """Names of files that hold the segment alone, looked for first."""


class Rows(NamedTuple):
    """The rows of a list, and what is to be said of how it was read."""

    rows: list[Row]
    notes: tuple[str, ...] = ()


def plain(name: str) -> str:
    """A column's name in small letters, with one underscore between words."""
    humps = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return re.sub(r"[^0-9a-z]+", "_", humps.lower()).strip("_")


def is_label(name: str) -> bool:
    """Whether a column of that name says the class."""
    return plain(name) in _ROLES["label"].split()


def names_both(cells: Sequence[str]) -> bool:
    """Whether cells name the column of a file and that of its class."""
    known = {plain(cell) for cell in cells}
    return all(not known.isdisjoint(_ROLES[role].split()) for role in ("path", "label"))


def is_header(cells: Sequence[str]) -> bool:
    """Whether cells name columns: a file, a class, or something else that no clip is called."""
    known = {*_ROLES["path"].split(), *_ROLES["label"].split(), *_ROLES["split"].split(), *_UNUSED}
    return any(plain(cell) in known for cell in cells)


def rows_of(names: Sequence[str], table: Sequence[Sequence[str]]) -> Rows:
    """The rows of a table with such a header.

    Raises:
        IndexError: a row is shorter than the header.
        ValueError: a time is none, or a column cannot be understood.
    """
    columns = {plain(name): number for number, name in enumerate(names)}
    refuse_boxes(columns)
    roles = _roles(columns, table)
    refuse_several(names, columns, table, next(filter(is_label, columns), None))
    others = [name for name in columns if name not in _UNUSED and columns[name] not in roles.values()]
    times = [name for name in others if not _TIMES.isdisjoint(name.split("_"))]
    bounds = roles.keys() & {"start", "end", "start_frame", "end_frame", "duration"}
    if len(bounds) == 1:  # the other one may stand under any name
        times += [name for name in others if _holds_times([cells[columns[name]] for cells in table])]
    if times and len(bounds) < 2:
        raise ValueError(
            f"its column {times[0]!r} may say which part of a file a row is: call it start or end (seconds), "
            "start_frame or end_frame, or remove it"
        )
    make = _kinetics if "youtube_id" in columns else _row
    said = [name for name in (names[columns[name]].strip() for name in others) if name]
    rows = []
    for number, cells in enumerate(table, start=2):
        try:
            rows.append(make({role: cells[column].strip() for role, column in roles.items()}))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
    notes = [f"columns not read: {', '.join(said)}"] if said else []
    split = names[roles["split"]].strip() if "split" in roles else ""
    if split and plain(split) not in _ROLES["split"].split():
        notes.insert(0, f"column {split} read as that of splits")
    return Rows(rows, tuple(notes))


def _holds_splits(table: Sequence[Sequence[str]], column: int) -> bool:
    """Whether every cell is called as a split is, and train is among them."""
    words = {cells[column].strip() for cells in table}
    splits = {split_named(word) for word in words}
    return None not in splits and "train" in splits


def _holds_times(cells: Sequence[str]) -> bool:
    try:
        return bool([seconds_of(cell) for cell in cells if cell.strip()])
    except ValueError:
        return False


def _roles(columns: Mapping[str, int], table: Sequence[Sequence[str]]) -> dict[str, int]:
    """What is used of the columns → its number. Times count before frames."""
    if "youtube_id" in columns:
        columns = {**columns, "path": columns["youtube_id"]}
    found = {}
    for role, known in _ROLES.items():
        name = next((name for name in known.split() if name in columns), None)
        if name is not None:
            found[role] = columns[name]
    found.setdefault("path", 0)
    others = columns.keys() - " ".join(_ROLES.values()).split()
    splits = [columns[name] for name in others if _holds_splits(table, columns[name])]
    if "split" not in found and len(splits) == 1:
        found["split"] = splits[0]
    found.setdefault("label", max({*columns.values()} - {found.get("split")}))
    if {"start", "end"} & found.keys():
        found = {role: number for role, number in found.items() if not role.endswith("_frame")}
    if "end" in found or "start" not in found:
        found.pop("duration", None)
    return found


def split_of(text: str | None) -> str | None:
    """The split that a cell means; None for an empty one. Raises ValueError for a word that means none."""
    if text is None or not text.strip():
        return None
    split = split_named(text)
    if split is None:
        raise ValueError(f"the split {text.strip()!r} is none of {', '.join(SPLITS)}: write one of these")
    return split


def _row(cells: Mapping[str, str]) -> Row:
    return Row((cells["path"],), cells["label"], split_of(cells.get("split")), _segment(cells))


def _segment(cells: Mapping[str, str]) -> Segment | None:
    if {"start_frame", "end_frame"} & cells.keys():
        bounds = [_frame(cells.get(name, "")) for name in ("start_frame", "end_frame")]
        return None if bounds == [None, None] else Segment(bounds[0], bounds[1], "frames")
    begin, end, length = (
        seconds_of(cells[name]) if cells.get(name) else None for name in ("start", "end", "duration")
    )
    if length is not None and begin is not None:
        end = begin + length
    return None if begin is None and end is None else Segment(begin, end)


def _frame(text: str) -> int | None:
    """A number of a frame, perhaps written as 12.0; None where there is none."""
    if not text:
        return None
    if not re.fullmatch(r"\d+(\.0*)?", text):
        raise ValueError(f"{text!r} is no number of a frame")
    return int(float(text))


def _kinetics(cells: Mapping[str, str]) -> Row:
    """A file named ID_000012_000022 holds these seconds alone, one named ID the whole video."""
    name, label, split = cells["path"], cells["label"], cells.get("split", "").lower()
    segment = _segment(cells)
    folders = dict.fromkeys(
        ("", f"{label}/", f"{label.replace(' ', '_')}/", f"{split}/", f"{split}/{label}/")
    )
    cut: tuple[str, ...] = ()
    if segment is not None:
        span = "".join(f"_{int(value):06d}" for value in segment[:2] if value is not None)
        cut = tuple(f"{folder}{name}{span}" for folder in folders)
    whole = tuple(f"{folder}{name}" for folder in folders)
    return Row(whole, label or None, split_of(split), segment, cut)
