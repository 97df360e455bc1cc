"""Sources on their way through the step of a run; of several, each in turn, when it has something to say."""

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from threading import Event

import numpy as np
import torch
from torch import Tensor

from striate.errors import DataError
from striate.evaluating.metrics import probabilities
from striate.evaluating.run_model import Trained
from striate.stepping import Step
from striate.streaming.drawing import DrawnVideo
from striate.streaming.keeping import Arrived, Frames
from striate.streaming.moment import Moment


class Line:
    """One source on its way through the step."""

    def __init__(
        self, trained: Trained, step: Step, source: str, seconds: float | None, video: DrawnVideo | None
    ) -> None:
        self.trained, self.step, self.source, self.seconds = trained, step, source, seconds
        self.video = video
        self.state = step.initial()
        self.waiting: deque[Arrived] = deque()  # frames whose answer is still to come
        self.dropped = 0

    def moments(self, arriving: Iterator[Arrived]) -> Iterator[Moment | None]:
        """One for each frame, None for one that nothing can be said after yet; then the rest.

        Args:
            arriving: the frames.
        """
        came = False
        for arrived in arriving:
            if self.seconds is not None and arrived.picture.time >= self.seconds:
                break
            came = True
            if arrived.picture.anew:
                yield from self._rest()
            yield self._one(arrived)
        if not came:
            raise DataError(f"{self.source} gave no frames: give a source that shows something")
        yield from self._rest()

    def _one(self, arrived: Arrived) -> Moment | None:
        started = time.monotonic()
        self.dropped += arrived.dropped
        self.waiting.append(arrived)
        pixels = torch.from_numpy(arrived.picture.pixels).to(self.step.device)
        frames = self.trained.normalise(pixels[None, :, None])
        scores, self.state = self.step(frames, self.state)
        if bool(scores.isnan().any()):  # the first answer of a step with a lookahead is still to come
            return None
        return self._moment(self.waiting.popleft(), scores[0, 0], started)

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


@dataclass(frozen=True, eq=False)
class Turn:
    """A source, and what is said of it."""

    frames: Frames
    moments: Iterator[Moment | None]
    """None where a frame has come that nothing can be said after yet."""


def in_turn(turns: list[Turn], came: Event) -> Iterator[Moment]:
    """One moment of each source after the other.

    A source that has nothing yet does not hold up the others. One that has ended is left out; so is one that
    is gone, which the next moment of another says, and which is raised when the others have ended too.

    Args:
        turns: of the sources.
        came: is set whenever a frame of one has come, or its end.
    """
    lasting, gone, said = list(turns), None, ""
    try:
        while lasting:
            came.clear()
            ready = [turn for turn in lasting if len(lasting) == 1 or turn.frames.ready()]
            if not ready:
                came.wait()
            for turn in ready:
                try:
                    moment = next(turn.moments)
                except StopIteration:
                    lasting.remove(turn)
                except DataError as problem:
                    lasting.remove(turn)
                    gone, said = problem, str(problem)
                else:
                    if moment is not None:
                        yield replace(moment, note="; ".join(filter(None, (said, moment.note))))
                        said = ""
        if gone is not None:
            raise gone
    finally:
        for turn in turns:
            turn.frames.close()
