"""Frames of a browser's camera or of a video that it plays, one by one through the step of a run."""

import time
from pathlib import Path
from typing import Any

import torch

from striate.evaluating.metrics import probabilities
from striate.evaluating.opening import open_trained
from striate.evaluating.preprocessing import Preprocess
from striate.evaluating.run_step import step_of_run


class Live:
    """A run on frames as they come; the state between them is its own."""

    def __init__(self, run: str | Path) -> None:
        """run: its folder."""
        self.trained = open_trained(run, "cpu", "plain")
        self.step = step_of_run(self.trained, "window", None)
        self.state = self.step.initial()
        own = self.trained
        self.preprocess = Preprocess(own.channels, own.size, own.normalise, framing=own.framing)

    def frame(self, content: bytes) -> dict[str, Any]:
        """What the run says after one more frame. content: of an image file. Raises DataError."""
        began = time.perf_counter()
        pixels = torch.from_numpy(self.preprocess.pixels(content))  # (1, C, H, W)
        frames = self.trained.normalise(pixels[:, :, None]).contiguous()
        scores, self.state = self.step(frames, self.state)
        row = probabilities(scores[0, 0].float().numpy()[None], self.trained.temperature)[0]
        return {
            "classes": dict(zip(self.trained.classes, map(float, row), strict=True)),
            "step_seconds": time.perf_counter() - began,
        }
