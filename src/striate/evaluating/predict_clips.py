"""Predicting videos: what a whole video shows, and what each of its windows does, with times."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from striate.data.video.clip_reading import Reading, look_at
from striate.data.video.windows import Window, read_windows
from striate.errors import ArgumentError
from striate.evaluating.answers import USUAL, AnswerRules, Prediction, more_cells, more_heads, predictions_of
from striate.evaluating.events import Event, EventRules, Timeline, find_events, timeline_of
from striate.evaluating.run_model import Trained, probabilities_of
from striate.evaluating.scoring import batch_of
from striate.numbers import counted
from striate.pages import Shown
from striate.pages.shown import csv_text

PER_WINDOW = 4
"""Windows over each moment where events are looked for and no hop is given."""


class Span(NamedTuple):
    """From when to when, in seconds; None in a folder of frames, which has no times."""

    start: float | None
    end: float | None


@dataclass(frozen=True)
class VideoPrediction(Shown):
    """One video: its most probable classes, and those of its windows in the order of time."""

    rows_in = "windows"

    whole: Prediction
    span: Span
    windows: tuple[Prediction, ...]
    spans: tuple[Span, ...]
    """Of the windows."""
    events: tuple[Event, ...] | None = None
    """What happens in it, where it was asked for, in the order of time."""
    timeline: Timeline | None = field(default=None, repr=False, compare=False)
    """The probabilities that the events come from."""
    classes: tuple[str, ...] = field(default=(), repr=False)
    """Their names, in the network's order."""
    damaged_frames: int = 0
    """Of those that were decoded: what a decoder made up of what it had was looked at."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        windows = zip(self.windows, self.spans, strict=True)
        events = {} if self.events is None else {"events": [one.to_json() for one in self.events]}
        return {
            **_timed(self.whole, self.span),
            "damaged_frames": self.damaged_frames,
            **events,
            "windows": [{k: v for k, v in _timed(*pair).items() if k != "file"} for pair in windows],
        }


def damage_notes(videos: Iterable[VideoPrediction]) -> Iterator[str]:
    """What is to be said of those that were damaged and looked at as far as it goes."""
    for one in videos:
        if one.damaged_frames:
            damaged = counted(one.damaged_frames, "damaged frame")
            yield f"{one.whole.file} holds {damaged}: what is seen there may be wrong"


def _timed(one: Prediction, span: Span) -> dict[str, Any]:
    values = {name: value for name, value in one.to_json().items() if name != "label"}
    return {"file": values.pop("file"), "start_seconds": span.start, "end_seconds": span.end, **values}


def videos_to_csv(videos: Iterable[VideoPrediction], rules: AnswerRules = USUAL) -> str:
    """One line for each video, and each of its events and windows: file, part, times, class, probability.

    Args:
        videos: made by the same rules.
        rules: what is told besides, as of images; of events nothing is.
    """
    every = list(videos)
    more = more_heads(rules, every[0].classes if every else ())
    heads = ("file", "part", "start_seconds", "end_seconds", "class", "probability", *more)
    rows = (row for video in every for row in _csv_rows(video, rules))
    return csv_text(heads, ([*row, *[""] * (len(heads) - len(row))] for row in rows))


def _csv_rows(video: VideoPrediction, rules: AnswerRules) -> Iterator[Sequence[str]]:
    file = video.whole.file

    def row(part: str, span: Span, one: Prediction) -> Sequence[str]:
        told = more_cells(one, rules, video.classes)
        return *_csv_row(file, part, span, one.best, one.probabilities[0]), *told

    yield row("video", video.span, video.whole)
    for event in video.events or ():
        yield _csv_row(file, "event", Span(event.start, event.end), event.label, event.probability)
    for one, span in zip(video.windows, video.spans, strict=True):
        yield row("window", span, one)


def _csv_row(file: str, part: str, span: Span, label: str, probability: float) -> Sequence[str]:
    times = ("" if time is None else f"{time:.3f}" for time in span)
    return file, part, *times, label, f"{probability:.6f}"


def predict_video(
    trained: Trained,
    path: Path,
    window: float | None = None,
    hop: float | None = None,
    rules: EventRules | None = None,
    told: AnswerRules = USUAL,
) -> VideoPrediction:
    """What a run says of one video file or folder of frames.

    Where the run's frames are spread over a clip, the whole video is one clip, as in training, and windows
    are looked at besides; otherwise the whole is the mean over the windows.

    Args:
        trained: the run.
        path: of the video.
        window: seconds of a window; by default as `read_windows` has it.
        hop: seconds from window to window; by default a window, of which `rules` take `PER_WINDOW`.
        rules: what makes an event; None: none are looked for.
        told: how much is told of the video and of each window.

    Raises:
        DataError: it cannot be read.
        ArgumentError: it has not the frames for such windows, or no times for events.
    """
    assert trained.sampling is not None
    spans, rows, damaged = _rows(trained, path, window, hop, 1 if rules is None else PER_WINDOW)
    whole = rows.mean(axis=0, keepdims=True)
    if trained.sampling.whole and len(rows) > 1:
        whole = probabilities_of(trained, whole_clip(trained, path)[None])
    file = str(path)
    timeline = None if rules is None else _timeline(spans, rows)
    return VideoPrediction(
        whole=predictions_of(whole, [file], trained.classes, rules=told)[0],
        span=Span(spans[0].start, spans[-1].end),
        windows=predictions_of(rows, [file] * len(rows), trained.classes, rules=told),
        spans=tuple(spans),
        events=None if timeline is None or rules is None else find_events(timeline, trained.classes, rules),
        timeline=timeline,
        classes=trained.classes,
        damaged_frames=damaged,
    )


def _timeline(spans: list[Span], rows: np.ndarray) -> Timeline:
    if spans[0].start is None:
        raise ArgumentError("a folder of frames tells no times, and events have some: give a video")
    starts, ends = np.array(spans).T
    return timeline_of(starts, ends, rows)


def _rows(
    trained: Trained, path: Path, window: float | None, hop: float | None = None, per_window: int = 1
) -> tuple[list[Span], np.ndarray, int]:
    """The windows of a video, their probabilities (W, K), and how many frames were damaged."""
    assert trained.sampling is not None
    windows, spans, rows, damaged = windows_of(trained, path, window, hop, per_window), [], [], 0
    H, W = trained.size
    at_once = batch_of(trained.channels * trained.sampling.frames * H * W)
    while batch := list(islice(windows, at_once)):
        spans += [Span(one.start, one.end) for one in batch]
        rows.append(probabilities_of(trained, np.stack([one.clip for one in batch])))
        damaged = batch[-1].damaged
    return spans, np.concatenate(rows), damaged


def windows_of(
    trained: Trained,
    path: Path,
    window: float | None = None,
    hop: float | None = None,
    per_window: int = 1,
) -> Iterator[Window]:
    """The windows of a video as the run takes them, see `read_windows`."""
    return read_windows(path, _reading(trained), window, hop, per_window)


def whole_clip(trained: Trained, path: Path) -> np.ndarray:
    """The clip (planes, T, H, W) that stands for a whole video where the run's frames are spread over it."""
    return look_at(path, _reading(trained))


def _reading(trained: Trained) -> Reading:
    assert trained.sampling is not None
    return Reading(trained.sampling, trained.channels, trained.size, trained.flow)
