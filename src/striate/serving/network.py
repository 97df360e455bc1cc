"""The network of a service: what it says of one upload, and of the next frame of a stream."""

import time
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
import torch

from striate.data.images.reading import read_header
from striate.data.video.video_file import Video, VideoError, open_video
from striate.errors import DataError
from striate.evaluating.answers import predictions_of
from striate.evaluating.metrics import probabilities
from striate.evaluating.predict_clips import VideoPrediction, predict_video
from striate.evaluating.predictions import Predictions
from striate.evaluating.predictor import Predictor
from striate.evaluating.run_model import Trained
from striate.evaluating.run_step import step_of_run
from striate.evaluating.scoring import batch_of
from striate.serving.uploads import Limits
from striate.stepping import Step


class Network:
    """A trained network, opened once; any thread may ask it."""

    def __init__(self, trained: Trained, limits: Limits) -> None:
        self.trained, self.limits = trained, limits
        self.predictor = Predictor(trained)
        self.takes = "images" if trained.sampling is None else "videos"
        planes = trained.channels + (2 if trained.flow else 0)
        frames = 1 if trained.sampling is None else trained.sampling.frames
        self.at_once = batch_of(planes * frames * trained.size[0] * trained.size[1])
        """Inputs that are computed together, at most."""

    def pixels(self, content: bytes) -> np.ndarray:
        """What the network sees of an image file: (planes, H, W). Raises DataError, AboveLimitError."""
        header = read_header(content)
        self.limits.check_picture(header.height, header.width)
        pixels: np.ndarray = self.predictor.preprocess.pixels(content)[0]
        return pixels

    def of_row(self, row: np.ndarray, name: str) -> Predictions:
        """The probabilities (K,) of an image, as `predict` tells them."""
        found = predictions_of(row[None], [name], self.trained.classes)
        return Predictions(str(self.trained.run), found, (), about=self.trained.notes)

    def video(self, content: bytes, name: str) -> Predictions:
        """What `predict` says of a video file. Raises DataError, ArgumentError, AboveLimitError."""
        with TemporaryDirectory(prefix="striate-") as folder:
            path = Path(folder) / "video"
            path.write_bytes(content)
            try:
                self._check(path)
                found = predict_video(self.trained, path)
            except (av.error.FFmpegError, VideoError, OSError) as problem:
                raise DataError(_unreadable(name, problem)) from None
            except DataError as problem:
                raise DataError(str(problem).replace(str(path), name)) from None
        return Predictions(str(self.trained.run), (), (), (_named(found, name),), about=self.trained.notes)

    def _check(self, path: Path) -> None:
        """Looks at what the file says of itself, and counts its packets, before anything is decoded."""
        with open_video(path) as video:
            context = video.stream.codec_context
            self.limits.check_picture(context.height, context.width)
            frames = sum(1 for _ in zip(video.packets(), range(self.limits.frames + 2), strict=False))
            self.limits.check_video(frames - 1, _seconds(video))

    @cached_property
    def step(self) -> Step:
        """The network as a function of the next frame. Raises ArgumentError, NetworkError without one."""
        return step_of_run(self.trained)


class Stream:
    """The frames of one connection on their way through the step: the state between them is its own."""

    def __init__(self, network: Network) -> None:
        """Raises ArgumentError, NetworkError for a network that has no step."""
        self.network, self.step = network, network.step
        self.state, self.frames = self.step.initial(), 0

    def frame(self, content: bytes) -> dict[str, Any]:
        """What the network says after one more frame, an image file. Raises DataError, AboveLimitError."""
        began = time.perf_counter()
        trained, pixels = self.network.trained, self._pixels(content)
        frames = trained.normalise(torch.from_numpy(pixels)[None, :, None]).contiguous()
        scores, self.state = self.step(frames, self.state)
        self.frames += 1
        answer: dict[str, Any] = {"frame": self.frames - 1, "class": None, "probability": None, "classes": {}}
        if not bool(scores.isnan().any()):  # of a network whose answers come some frames late
            row = probabilities(scores[0, 0].float().cpu().numpy()[None], trained.temperature)[0]
            best = int(row.argmax())
            answer |= {"class": trained.classes[best], "probability": float(row[best])}
            answer["classes"] = dict(zip(trained.classes, map(float, row), strict=True))
        return answer | {"step_seconds": time.perf_counter() - began}

    def _pixels(self, content: bytes) -> np.ndarray:
        header = read_header(content)
        self.network.limits.check_picture(header.height, header.width)
        one = self.network.predictor.preprocess
        pixels: np.ndarray = replace(one, sampling=None, flow=None).pixels(content)[0]
        return pixels


def _unreadable(name: str, problem: BaseException) -> str:
    reason = getattr(problem, "strerror", None) or problem
    return f"cannot read the video {name}: {reason}; send a whole video file"


def _seconds(video: Video) -> float | None:
    """How long a file says that it is."""
    stream, container = video.stream, video.container
    if stream.duration is not None:
        return video.seconds(stream.duration)
    return None if container.duration is None else container.duration / av.time_base


def _named(found: VideoPrediction, name: str) -> VideoPrediction:
    return replace(
        found,
        whole=replace(found.whole, file=name),
        windows=tuple(replace(one, file=name) for one in found.windows),
    )
