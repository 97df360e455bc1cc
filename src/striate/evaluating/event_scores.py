"""How good events are: average precision at temporal overlaps, as in ActivityNet (Heilbron et al. 2015).

Of a class, the predicted events of all videos are gone through, the most probable first. An event is right if
it overlaps a true one of its class in its video by the threshold or more, and no event before it was matched
with that one; of several such the one is taken that it overlaps most. Overlap is intersection over union in
time. After each event there is a precision and a recall; the precision at a recall is the best that there is
at this recall or a higher one (interpolated), and the average precision is the area below it. The mean is
over the classes that truly happen.

Looked for are the events of whole files; true are the segments that a set says they have.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from striate.data import ClipSet, ImageSet
from striate.data.segment import Segment, parsed
from striate.data.video.clip_reading import seconds_of_segments
from striate.errors import ArgumentError
from striate.evaluating.events import Event, EventRules, is_background
from striate.evaluating.predict_clips import damage_notes, predict_video
from striate.evaluating.run_model import Trained
from striate.evaluating.scoring import Progress
from striate.plain_values import ToJson

OVERLAPS = (0.3, 0.4, 0.5, 0.6, 0.7)
"""Of intersection over union, from which on an event counts as found."""


class TrueEvent(NamedTuple):
    """What happens, as somebody has written it down: in which file, from when to when, of which class."""

    file: str
    start: float
    end: float
    label: str


@dataclass(frozen=True)
class ClassEvents(ToJson):
    """One class: how often it happens, how often it is told of, and its average precision at each overlap."""

    name: str
    events: int
    predicted: int
    average_precision: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return super().to_json() | {"average_precision": _by_overlap(self.average_precision)}


@dataclass(frozen=True)
class EventScores(ToJson):
    """How good the events of a set of videos are; fractions."""

    in_json = "files events predicted mean_average_precision mean_over_overlaps=average classes"

    files: int
    events: int
    predicted: int
    mean_average_precision: tuple[float, ...]
    """At each of `OVERLAPS`."""
    classes: tuple[ClassEvents, ...]
    """Those that truly happen."""

    @property
    def average(self) -> float:
        """The mean over the overlaps."""
        return float(np.mean(self.mean_average_precision))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        by_overlap = _by_overlap(self.mean_average_precision)
        return super().to_json() | {"mean_average_precision": by_overlap}


def _by_overlap(values: Sequence[float]) -> dict[str, float]:
    return {f"{overlap:g}": value for overlap, value in zip(OVERLAPS, values, strict=True)}


def score_events(truth: Iterable[TrueEvent], predicted: Mapping[str, Sequence[Event]]) -> EventScores | None:
    """Scores events against those that truly happen.

    Args:
        truth: true events; what is background is left out.
        predicted: file → its events, for each file that was looked at.

    Returns:
        The scores; None where nothing happens, as there is then nothing to find.

    >>> truth = [TrueEvent("a.mp4", 1.0, 3.0, "wave"), TrueEvent("a.mp4", 5.0, 6.0, "wave")]
    >>> scores = score_events(truth, {"a.mp4": [Event("wave", 1.0, 2.0, 0.9)]})
    >>> scores.mean_average_precision  # half of one event is found
    (0.5, 0.5, 0.5, 0.0, 0.0)
    """
    real = [one for one in truth if not is_background(one.label)]
    told = [(file, event) for file, events in predicted.items() for event in events]
    classes = tuple(
        _score_class(
            name,
            [one for one in real if one.label == name],
            [(file, event) for file, event in told if event.label == name],
        )
        for name in sorted({one.label for one in real})
    )
    if not classes:
        return None
    means = np.mean([one.average_precision for one in classes], axis=0)
    return EventScores(
        files=len(predicted),
        events=len(real),
        predicted=len(told),
        mean_average_precision=tuple(means.tolist()),
        classes=classes,
    )


def _score_class(name: str, truth: list[TrueEvent], told: list[tuple[str, Event]]) -> ClassEvents:
    order = sorted(told, key=lambda pair: -pair[1].probability)  # equals stay in their order
    precisions = (average_precision(_hits(truth, order, overlap), len(truth)) for overlap in OVERLAPS)
    return ClassEvents(name, len(truth), len(told), tuple(precisions))


def _hits(truth: list[TrueEvent], told: list[tuple[str, Event]], overlap: float) -> list[bool]:
    """Whether each event, in this order, finds a true one that none before it has found."""
    free = set(range(len(truth)))
    by_file: dict[str, list[int]] = {}
    for number, one in enumerate(truth):
        by_file.setdefault(one.file, []).append(number)
    hits = []
    for file, event in told:
        near = [(-overlap_of(event, truth[n]), n) for n in by_file.get(file, ()) if n in free]
        best = min(near, default=(0.0, -1))
        hits.append(-best[0] >= overlap)
        if hits[-1]:
            free.remove(best[1])
    return hits


def overlap_of(one: Event | TrueEvent, other: Event | TrueEvent) -> float:
    """Intersection over union in time.

    >>> overlap_of(Event("a", 0.0, 2.0, 1.0), Event("a", 1.0, 3.0, 1.0))
    0.3333333333333333
    """
    both = max(0.0, min(one.end, other.end) - max(one.start, other.start))
    either = (one.end - one.start) + (other.end - other.start) - both
    return both / either if either > 0 else 0.0


def average_precision(hits: Sequence[bool], events: int) -> float:
    """Interpolated average precision: the area below the best precision at each recall or a higher one.

    Args:
        hits: whether each prediction is right, the most probable first.
        events: how many there are to find, at least 1.

    >>> average_precision([True, False, True], 4)  # 1/4 · 1 + 1/4 · 2/3
    0.41666666666666663
    """
    right = np.asarray(hits, bool)
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(best[right].sum() / events)


def evaluate_events(
    trained: Trained,
    parts: Iterable[ImageSet],
    classes: tuple[str, ...],
    rules: EventRules,
    *,
    window: float | None = None,
    hop: float | None = None,
    progress: Progress | None = None,
) -> tuple[EventScores, tuple[str, ...]]:
    """Scores the events that a run finds in whole files; and what is to be said of damage in these.

    Args:
        trained: the run.
        parts: splits of a set whose clips are segments of files.
        classes: of the set, by number.
        rules: what makes an event.
        window: as for `predict`.
        hop: as for `predict`.
        progress: called with (files done, all of them).

    Raises:
        ArgumentError: no clip is a segment, or none shows an event; windows that do not fit.
        DataError: a file cannot be read.
    """
    truth = [event for part in parts for event in true_events(part, classes)]
    files = sorted({one.file for one in truth})
    videos = []
    for number, file in enumerate(files):
        videos.append(predict_video(trained, Path(file), window, hop, rules))
        if progress is not None:
            progress(number + 1, len(files))
    scores = score_events(truth, {one.whole.file: one.events or () for one in videos})
    if scores is None:
        raise ArgumentError(
            "events are scored against segments of longer files, and none of these clips is one: give a list "
            "with the columns path, start, end, label"
        )
    return scores, (*damage_notes(videos),)


def true_events(images: ImageSet, classes: tuple[str, ...]) -> Iterator[TrueEvent]:
    """The segments of files among the clips of a split, background included."""
    if not isinstance(images, ClipSet):
        return
    asked: dict[str, list[tuple[Segment, str]]] = {}
    for name, label in zip(images.names, images.labels.tolist(), strict=True):
        file, segment = parsed(name)
        if segment is not None:
            asked.setdefault(file, []).append((segment, classes[label]))
    for file, segments in asked.items():
        spans = seconds_of_segments(file, [segment for segment, _ in segments])
        for (begin, end), (_, label) in zip(spans, segments, strict=True):
            yield TrueEvent(file, begin, end, label)
