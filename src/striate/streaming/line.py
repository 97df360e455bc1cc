"""One source on its way through the step of a run."""

import time
from collections import deque
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from striate.errors import DataError
from striate.evaluating.metrics import probabilities
from striate.evaluating.run_model import Trained
from striate.stepping import Step
from striate.streaming.drawing import DrawnVideo
from striate.streaming.keeping import Arrived
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
