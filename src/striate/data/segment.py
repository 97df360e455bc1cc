"""The address of a clip: a file, or a part of it, `long.mp4#t=12,14.5`, as the web writes media fragments.

| address | what it stands for |
|---|---|
| `long.mp4` | the whole file |
| `long.mp4#t=12,14.5` | from 12 seconds, up to 14.5 |
| `long.mp4#t=12` · `long.mp4#t=,14.5` | from 12 seconds to the end · from the beginning up to 14.5 |
| `long.mp4#frames=30,60` | its frames 30 to 59, counted from 0 |

Times may be written as seconds, `mm:ss` or `hh:mm:ss.f`. An address is one text, so that whatever passes a
file's path on passes a segment on too.
"""

import math
import re
from typing import Literal, NamedTuple

Unit = Literal["t", "frames"]
_FRAGMENT = re.compile(r"(?s)(?P<file>.+)#(?P<unit>t|frames)=(?P<begin>[\d:.]*)(?:,(?P<end>[\d:.]*))?")


class Segment(NamedTuple):
    """A part of a video, up to `end` but not with it; None: from its beginning, or to its end."""

    begin: float | None
    end: float | None
    unit: Unit = "t"
    """What they count: seconds, or frames from 0."""

    def __str__(self) -> str:
        begin, end = ("" if value is None else f"{value:.9g}" for value in self[:2])
        return f"#{self.unit}={begin},{end}"


def address(file: str, segment: Segment | None) -> str:
    """The address of a part of a file.

    >>> address("long.mp4", Segment(12, 14.5))
    'long.mp4#t=12,14.5'
    """
    return file if segment is None or segment[:2] == (None, None) else f"{file}{segment}"


def parsed(text: str) -> tuple[str, Segment | None]:
    """The file of an address, and which part of it is meant; None: all.

    >>> parsed("long.mp4#t=1:02.5,")
    ('long.mp4', Segment(begin=62.5, end=None, unit='t'))
    """
    match = _FRAGMENT.fullmatch(text)
    if match is None or not (match["begin"] or match["end"]):
        return text, None
    try:
        begin, end = (seconds_of(match[name]) if match[name] else None for name in ("begin", "end"))
    except ValueError:
        return text, None
    return match["file"], Segment(begin, end, "t" if match["unit"] == "t" else "frames")


def file_of(text: str) -> str:
    """The file of an address."""
    return parsed(text)[0]


def seconds_of(text: str) -> float:
    """A time as it is written in lists. Raises ValueError if it is none.

    >>> [seconds_of(text) for text in ("12.5", "1:02.5", "01:00:00")]
    [12.5, 62.5, 3600.0]
    """
    first, *rest = parts = text.strip().split(":")
    is_decimal = rest or not re.search(r",\d{3}$", first)  # 1,000 may be a thousand
    try:
        values = [*map(int, parts[:-1]), float(parts[-1].replace(",", ".") if is_decimal else first)]
    except ValueError:
        values = []
    if not 0 < len(values) <= 3 or not all(0 <= value < math.inf for value in values):
        raise ValueError(f"the time {text!r} is neither seconds nor hh:mm:ss")
    if any(value >= 60 for value in values[1:]):
        raise ValueError(f"the time {text!r} has 60 or more where minutes or seconds are")
    return float(sum(value * 60**power for power, value in enumerate(reversed(values))))
