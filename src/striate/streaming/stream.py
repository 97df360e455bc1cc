"""The verb `stream`: a run on frames as they come, one answer a frame."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from striate.checked import checked
from striate.errors import ArgumentError, DataError
from striate.evaluating.events import EventRules, event_rules
from striate.evaluating.metrics import probabilities
from striate.evaluating.opening import open_trained
from striate.evaluating.run_model import Trained
from striate.evaluating.run_step import step_of_run
from striate.stepping import Step
from striate.stepping.readout import Readout
from striate.streaming.drawing import DrawnVideo
from striate.streaming.events import EventFinder, with_events
from striate.streaming.keeping import Arrived, at_rate, every_frame, every_so_many, newest_frame
from striate.streaming.moment import Moment
from striate.streaming.sources import Wanted, is_live, pictures
from striate.streaming.writing import VIDEO, check_out, written


@checked
def stream(
    run: str | Path,
    source: str | Path | Sequence[str | Path],
    *,
    rate: float | None = None,
    readout: Readout | None = None,
    window: int | None = None,
    keep: Literal["auto", "newest", "all"] = "auto",
    lookahead: bool = False,
    seconds: float | None = None,
    events: bool = False,
    threshold: float | None = None,
    threshold_off: float | None = None,
    min_duration: float | None = None,
    min_gap: float | None = None,
    out: str | Path | None = None,
    weights: str | Path | None = None,
    classes: str | Path | None = None,
    offline: bool = False,
    device: str = "auto",
) -> Iterator[Moment]:
    """What a run says of frames as they come, one answer after each.

    The run is opened at once; frames are read as answers are asked for.

    Args:
        run: the folder of a run, made by `train`, on clips that are causal, or on images; or a file that
            `export` has written for streams; or the name of a network with published weights.
        source: where frames come from: a video file, a folder of frames, "camera" or "camera:1", an address
            (rtsp://, http://), or "-" for video on standard input. Of several, frames are taken in turn.
        rate: frames a second to take. By default as far apart as those of the run's clips.
        readout: how single frames become one answer: the mean of the last ones, the last alone, the mean of
            all since the start, or a mean that forgets. By default window; a file has its own.
        window: frames of the readout. By default as many as see frames of one clip alone, at least half a
            clip of the run; a file has its own.
        keep: "newest" leaves out frames that newer ones have overtaken and never falls behind, "all" takes
            every frame however late. By default newest for cameras and addresses, all for files.
        lookahead: take a run whose frames see later ones: its answers come late.
        seconds: stop after so many seconds of frames.
        events: join answers into events: what happens from when to when. An answer is given when the next
            frame has come.
        threshold: as for `predict`.
        threshold_off: as for `predict`.
        min_duration: as for `predict`.
        min_gap: as for `predict`.
        out: write every answer into this file as it comes: .csv, .jsonl, or .mp4, the video with the most
            probable classes drawn in.
        weights: of a network by its name, as for `predict`.
        classes: as for `predict`.
        offline: as for `predict`.
        device: as for `train`.

    Raises:
        RunError: a folder that is no run.
        WeightsError: weights that are damaged or cannot be had.
        NetworkError: a network that has no step, or sees later frames without lookahead.
        DataError: a source that cannot be read, or is gone.
        ArgumentError: what is no source, rate, readout, window or choice of frames.
    """
    sources = [source] if isinstance(source, str | Path) else list(source)
    file = None if out is None else Path(out)
    if file is not None:
        check_out(file, len(sources))
    for name, value in (("rate", rate), ("seconds", seconds)):
        if value is not None and not value > 0:
            raise ArgumentError(f"{name} is above 0; got {value:g}")
    if not sources:
        raise ArgumentError("source names no source of frames: give a file, a folder of frames, or camera")
    rules = event_rules(events, threshold, threshold_off, min_duration, min_gap)
    trained = open_trained(run, device, "plain", weights=weights, classes=classes, offline=offline)
    step = step_of_run(trained, readout, window, lookahead=lookahead)
    video = DrawnVideo(file) if file is not None and file.suffix == VIDEO else None
    lines = [
        _with_events(
            _Line(trained, step, str(one), seconds, video).moments(
                arriving(trained, str(one), rate, keep, whole=video is not None)
            ),
            trained,
            rules,
        )
        for one in sources
    ]
    moments = _in_turn(lines)
    if video is not None:
        return video.closed_after(moments)
    return moments if file is None else written(moments, file)


def _with_events(moments: Iterator[Moment], trained: Trained, rules: EventRules | None) -> Iterator[Moment]:
    return moments if rules is None else with_events(moments, EventFinder(trained.classes, rules))


def arriving(
    trained: Trained, source: str, rate: float | None = None, keep: str = "auto", whole: bool = False
) -> Iterator[Arrived]:
    """The frames of a source that a run is given, as it takes them.

    Args:
        trained: the run.
        source: as for `stream`.
        rate: as for `stream`.
        keep: as for `stream`.
        whole: whether each is also kept as it came, to be shown.
    """
    live = is_live(source)
    sampling = trained.sampling
    of_folder = sampling.frame_rate if sampling else None
    wanted = Wanted(trained.channels, trained.size, trained.framing, whole)
    frames = pictures(source, wanted, of_folder or rate)
    if rate is None and sampling and sampling.step is not None:
        rate = 1 / sampling.step
    stride = sampling.stride if sampling else None
    chosen = at_rate(frames, rate) if rate else every_so_many(frames, stride or 1)
    newest = keep == "newest" or (keep == "auto" and live)
    return newest_frame(chosen, live) if newest else every_frame(chosen, live)


def _in_turn(lines: list[Iterator[Moment]]) -> Iterator[Moment]:
    """One moment of each source after the other; a source that has ended is left out."""
    while lines:
        for line in list(lines):
            moment = next(line, None)
            if moment is None:
                lines.remove(line)
            else:
                yield moment


class _Line:
    """One source on its way through the step."""

    def __init__(
        self, trained: Trained, step: Step, source: str, seconds: float | None, video: DrawnVideo | None
    ) -> None:
        self.trained, self.step, self.source, self.seconds = trained, step, source, seconds
        self.video = video
        self.state = step.initial()
        self.waiting: deque[Arrived] = deque()  # frames whose answer is still to come
        self.dropped = 0

    def moments(self, arriving: Iterator[Arrived]) -> Iterator[Moment]:
        """One for each frame."""
        came = False
        for arrived in arriving:
            if self.seconds is not None and arrived.picture.time >= self.seconds:
                break
            came = True
            if arrived.picture.anew:
                yield from self._rest()
            yield from self._one(arrived)
        if not came:
            raise DataError(f"{self.source} gave no frames: give a source that shows something")
        yield from self._rest()

    def _one(self, arrived: Arrived) -> Iterator[Moment]:
        started = time.monotonic()
        self.dropped += arrived.dropped
        self.waiting.append(arrived)
        pixels = torch.from_numpy(arrived.picture.pixels).to(self.step.device)
        frames = self.trained.normalise(pixels[None, :, None])
        scores, self.state = self.step(frames, self.state)
        if not bool(scores.isnan().any()):
            yield self._moment(self.waiting.popleft(), scores[0, 0], started)

    def _rest(self) -> Iterator[Moment]:
        """What is still to be said of frames that have come; then nothing is known of any."""
        if self.waiting:
            started = time.monotonic()
            late = self.step.finish(self.state)[0]
            for row in late:
                if self.waiting and not bool(row.isnan().any()):
                    yield self._moment(self.waiting.popleft(), row, started)
            self.waiting.clear()
        self.state = self.step.initial()

    def _moment(self, arrived: Arrived, logits: Tensor, started: float) -> Moment:
        row = probabilities(logits.float().cpu().numpy()[None], self.trained.temperature)[0]
        now = time.monotonic()
        moment = Moment(
            source=self.source,
            time=arrived.picture.time,
            best=self.trained.classes[int(np.argmax(row))],
            probabilities=tuple(zip(self.trained.classes, map(float, row), strict=True)),
            step_seconds=now - started,
            lag=None if arrived.at is None else now - arrived.at,
            dropped=self.dropped,
            note=arrived.picture.note,
            anew=arrived.picture.anew,
        )
        if self.video is not None and arrived.picture.shown is not None:
            self.video.add(moment.time, arrived.picture.shown(), moment.probabilities)
        return moment
