"""Frames one by one through the step of a run: a browser's, or those of a file, a folder or a camera here."""

import time
from base64 import b64encode
from collections import deque
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import torch

from striate.evaluating.metrics import probabilities
from striate.evaluating.preprocessing import Preprocess
from striate.evaluating.run_model import Trained
from striate.evaluating.run_step import step_of_run
from striate.explaining.explainer import Change, Explainer, open_explainer
from striate.streaming.keeping import Arrived
from striate.streaming.stream import arriving


class Live:
    """A run on frames as they come; the state between them is its own."""

    def __init__(self, trained: Trained) -> None:
        self.trained, self.step = trained, step_of_run(trained, "window", None)
        self.state = self.step.initial()
        own = trained
        self.preprocess = Preprocess(own.channels, own.size, own.normalise, framing=own.framing)
        self.past: deque[np.ndarray] = deque(maxlen=own.sampling.frames if own.sampling else 1)

    def frame(self, content: bytes, cam: bool = False) -> dict[str, Any]:
        """What the run says after one more frame.

        Args:
            content: of an image file.
            cam: whether it is also told where in the frame the class is seen.

        Raises:
            DataError: it is no image.
        """
        began = time.perf_counter()
        return self._said(self.preprocess.pixels(content)[0], began, cam, show=cam)

    def source(self, name: str) -> Iterator[Arrived]:
        """The frames of a file, a folder or a camera, the newest whenever one is asked for."""
        return arriving(self.trained, name, keep="newest")

    def arrived(self, one: Arrived, cam: bool = False) -> dict[str, Any]:
        """The same as `frame` of one of these, with the frame as the network sees it."""
        began = time.perf_counter()
        if one.picture.anew:
            self.state = self.step.initial()
            self.past.clear()
        said = self._said(one.picture.pixels, began, cam, show=True)
        lag = None if one.at is None else time.monotonic() - one.at
        facts = {"lag": lag, "dropped": one.dropped, "seconds": one.picture.time, "note": one.picture.note}
        return said | facts

    def _said(self, pixels: np.ndarray, began: float, cam: bool, show: bool) -> dict[str, Any]:
        frames = self.trained.normalise(torch.from_numpy(pixels[None, :, None])).contiguous()
        scores, self.state = self.step(frames, self.state)
        row = probabilities(scores[0, 0].float().numpy()[None], self.trained.temperature)[0]
        self.past.append(pixels)
        return {
            "classes": dict(zip(self.trained.classes, map(float, row), strict=True)),
            "step_seconds": time.perf_counter() - began,
            "seen": _bytes(pixels) if show else None,
            "cam": self._cam(int(row.argmax())) if cam else None,
        }

    def _cam(self, number: int) -> dict[str, Any]:
        """Grad-CAM of the last frames for a class: where in the newest of them it is seen."""
        frames = [self.past[0]] * ((self.past.maxlen or 1) - len(self.past)) + list(self.past)
        clip = frames[-1][None] if self.trained.sampling is None else np.stack(frames, axis=1)[None]
        name = self.trained.classes[number]
        found = self._explainer.changed(Change(inputs=clip)).explain(show=("grad-cam",), target=name)
        heat = np.asarray(found.pictures[0].tiles[-1])
        share = heat / max(float(heat.max()), 1e-30)
        return _bytes(np.round(255 * share).astype(np.uint8)) | {"class": name}

    @cached_property
    def _explainer(self) -> Explainer:
        own = self.trained
        frames = () if own.sampling is None else (own.sampling.frames,)
        return open_explainer(own, np.zeros((1, own.channels, *frames, *own.size), np.uint8))


def _bytes(pixels: np.ndarray) -> dict[str, Any]:
    return {"shape": list(pixels.shape), "data": b64encode(np.ascontiguousarray(pixels).tobytes()).decode()}
