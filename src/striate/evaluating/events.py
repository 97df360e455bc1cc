"""Windows that overlap → a time line of probabilities → events: what happens from when to when.

**Smoothing.** Wherever a window begins or ends the time line is cut; between two cuts the same windows are
over every moment. The probability of a class there is the mean over these windows, each weighted by how near
its middle is to the middle of the piece: a triangle, 1 in the middle of a window and 0 at its ends. So a
window tells most of what it sees in its middle, and one that is wrong alone is outvoted.

**Hysteresis.** An event of a class lasts while its probability is at least `threshold_off`, and is one only
if it reaches `threshold_on` somewhere (Canny 1986, A Computational Approach to Edge Detection, section IV).
Events of one class less than `min_gap` apart are then joined, and those shorter than `min_duration` left out.
The probability of an event is the mean over its time. Background is no event.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from striate.checked import checked
from striate.errors import ArgumentError

BACKGROUND = ("background", "none", "_")
"""Names, in whatever case, of the class of moments in which nothing happens."""

_SAME = 1e-5
"""Seconds; times that are less apart are one time, written in binary."""


def is_background(name: str) -> bool:
    """Whether a class of this name means that nothing happens.

    >>> is_background("Background"), is_background("backhand")
    (True, False)
    """
    return name.casefold() in BACKGROUND


@checked
@dataclass(frozen=True)
class EventRules:
    """When probabilities make an event."""

    threshold_on: float = 0.5
    """The probability that an event reaches somewhere."""
    threshold_off: float = 0.3
    """The probability below which it ends."""
    min_duration: float = 0.0
    """Seconds; shorter events are left out."""
    min_gap: float = 0.0
    """Seconds; events of one class that are less apart are one."""

    def __post_init__(self) -> None:
        if not 0 < self.threshold_off <= self.threshold_on <= 1:
            raise ArgumentError(
                f"an event begins at a probability up to 1 and ends at one that is not above it; got "
                f"threshold {self.threshold_on:g} and threshold_off {self.threshold_off:g}: try 0.5 and 0.3"
            )
        for name, seconds in (("min_duration", self.min_duration), ("min_gap", self.min_gap)):
            if seconds < 0:
                raise ArgumentError(f"{name} is in seconds, 0 or more; got {seconds:g}")

    def to_json(self) -> dict[str, float]:
        """Plain values."""
        return asdict(self)


def event_rules(
    events: bool = False,
    threshold: float | None = None,
    threshold_off: float | None = None,
    min_duration: float | None = None,
    min_gap: float | None = None,
) -> EventRules | None:
    """What a verb was asked for; None where events were not. Raises ArgumentError."""
    asked = {
        "threshold_on": threshold,
        "threshold_off": threshold_off,
        "min_duration": min_duration,
        "min_gap": min_gap,
    }
    values = {name: value for name, value in asked.items() if value is not None}
    if values and not events:
        flags = [f"--{name.removesuffix('_on').replace('_', '-')}" for name in values]
        raise ArgumentError(f"{' and '.join(flags)}: events were not asked for; add --events")
    if threshold is not None and threshold_off is None:
        values["threshold_off"] = min(threshold, EventRules.threshold_off)
    return EventRules(**values) if events else None


@dataclass(frozen=True)
class Event:
    """Something that happens in a video, in seconds from its beginning."""

    label: str
    """Its class."""
    start: float
    end: float
    probability: float
    """The mean over its time."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        times = {"start_seconds": self.start, "end_seconds": self.end}
        return {"class": self.label, **times, "probability": self.probability}


class Timeline(NamedTuple):
    """What a network thinks of each piece of a video's time."""

    cuts: np.ndarray
    """(P + 1,) seconds, rising: piece p lasts from cut p to cut p + 1."""
    probabilities: np.ndarray
    """(P, K)."""


def timeline_of(starts: np.ndarray, ends: np.ndarray, rows: np.ndarray) -> Timeline:
    """The windows of a video, smoothed.

    Args:
        starts: (W,) seconds, rising. Every moment of the video is in a window.
        ends: (W,) seconds.
        rows: (W, K), the windows' probabilities.

    >>> line = timeline_of(np.array([0.0, 1.0]), np.array([2.0, 3.0]), np.array([[1.0], [0.0]]))
    >>> line.probabilities.tolist()
    [[1.0], [0.5], [0.0]]
    """
    cuts = np.unique(np.concatenate([starts, ends]))
    cuts = cuts[np.append(True, np.diff(cuts) > _SAME)]
    middles = (cuts[:-1] + cuts[1:]) / 2
    sums, weights = np.zeros((len(middles), rows.shape[1])), np.zeros((len(middles), 1))
    first, last = np.searchsorted(cuts, starts - _SAME), np.searchsorted(cuts, ends - _SAME)
    for start, end, begin, stop, row in zip(starts, ends, first, last, rows, strict=True):
        weight = 1 - np.abs(2 * middles[begin:stop] - start - end)[:, None] / (end - start)
        sums[begin:stop] += weight * row
        weights[begin:stop] += weight
    return Timeline(cuts, sums / weights)


def find_events(timeline: Timeline, classes: Sequence[str], rules: EventRules) -> tuple[Event, ...]:
    """The events of a time line, in the order in which they begin.

    Args:
        timeline: of one video.
        classes: names of the K; what is background is left out.
        rules: when there is an event.

    >>> line = Timeline(np.arange(5.0), np.array([[0.2], [0.4], [0.8], [0.1]]))
    >>> find_events(line, ["wave"], EventRules())
    (Event(label='wave', start=1.0, end=3.0, probability=0.6),)
    """
    found = [
        event
        for number, label in enumerate(classes)
        if not is_background(label)
        for event in _events_of(label, timeline.cuts, timeline.probabilities[:, number], rules)
    ]
    return tuple(sorted(found, key=lambda event: (event.start, event.end, event.label)))


def _events_of(label: str, cuts: np.ndarray, scores: np.ndarray, rules: EventRules) -> list[Event]:
    """Of one class, with its probabilities (P,)."""
    spans = _joined(_lasting(scores, rules), cuts, rules.min_gap)
    lengths = np.diff(cuts)
    return [
        Event(
            label,
            start=float(cuts[begin]),
            end=float(cuts[stop]),
            probability=float(round(np.average(scores[begin:stop], weights=lengths[begin:stop]), 12)),
        )
        for begin, stop in spans
        if cuts[stop] - cuts[begin] >= rules.min_duration
    ]


def _lasting(scores: np.ndarray, rules: EventRules) -> list[tuple[int, int]]:
    """The first piece, and the one after the last, of each stretch of an event."""
    lasts = np.concatenate([[False], scores >= rules.threshold_off, [False]])
    changes = np.flatnonzero(lasts[1:] != lasts[:-1]).reshape(-1, 2).tolist()
    return [(begin, stop) for begin, stop in changes if scores[begin:stop].max() >= rules.threshold_on]


def _joined(spans: list[tuple[int, int]], cuts: np.ndarray, min_gap: float) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for begin, stop in spans:
        if joined and cuts[begin] - cuts[joined[-1][1]] < min_gap:
            joined[-1] = joined[-1][0], stop
        else:
            joined.append((begin, stop))
    return joined
