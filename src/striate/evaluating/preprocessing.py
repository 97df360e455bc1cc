"""From a picture or a clip, in whatever form a program has it, to what a network takes of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from striate.data import Sampling
from striate.data.images.framing import DEFAULT, Framing
from striate.data.images.reading import decode_image, refit
from striate.data.video.clip_reading import read_clip
from striate.errors import ArgumentError
from striate.evaluating.scoring import Normalisation
from striate.numbers import by

Shown: TypeAlias = str | Path | bytes | Image.Image | np.ndarray | Tensor
"""One picture or clip: a file, the bytes of an image file, a picture of Pillow, or pixels."""

_CHANNELS = (1, 3, 4)  # grey, RGB, RGB with transparency
_FORMS = {
    3: "an image are uint8 from 0 to 255, H×W or H×W×C as an array, C×H×W as a tensor",
    4: "a clip are uint8 from 0 to 255, T×H×W×C as an array, C×T×H×W as a tensor",
}


@dataclass(frozen=True)
class Preprocess:
    """How a network's inputs are made: called with a picture or clip, or several, it gives their batch.

    Several are a list, or pixels with one axis more in front. A video gives the one clip in its middle, or
    that which stands for all of it.

    >>> gray = Normalisation((0.0,), (255.0,))
    >>> Preprocess(1, (2, 2), gray)(np.full((5, 5), 255, np.uint8)).squeeze().tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """

    channels: int
    """Of the picture: 1 (grey) or 3 (RGB)."""
    size: tuple[int, int]
    """(H, W) in pixels."""
    normalise: Normalisation
    sampling: Sampling | None = None
    """Which frames of a video make its clips; None: the network takes images."""
    flow: str | None = None
    """How optical flow is computed, where the network takes some."""
    framing: Framing = DEFAULT
    """How a picture of another shape is brought to the size."""

    def __call__(self, shown: Shown | Iterable[Shown]) -> Tensor:
        """What the network takes: float32 (N, C, H, W), of clips (N, planes, T, H, W), normalised.

        Args:
            shown: files, bytes of image files, pictures of Pillow, or pixels as uint8 from 0 to 255: arrays
                (H, W) or (H, W, C), tensors (C, H, W); of clips (T, H, W, C) and (C, T, H, W).

        Raises:
            DataError: a file that cannot be read.
            ArgumentError: something else, or pixels that are not uint8 or of another shape.
        """
        return self.normalise(torch.from_numpy(self.pixels(shown)))

    def pixels(self, shown: Shown | Iterable[Shown]) -> np.ndarray:
        """The same before it is normalised: uint8 (N, planes, …)."""
        return np.stack([self._one(one) for one in self.singles(shown)[0]])

    def singles(self, shown: Shown | Iterable[Shown]) -> tuple[list[Shown], bool]:
        """Each picture or clip, and whether several were given."""
        if isinstance(shown, np.ndarray | Tensor):
            several = shown.ndim > self._axes
            return (list(shown) if several else [shown]), several
        if isinstance(shown, str | Path | bytes | Image.Image) or not isinstance(shown, Iterable):
            return [shown], False
        found = list(shown)
        if not found:
            raise ArgumentError("nothing was given: give a picture or clip, or a list of some")
        return found, True

    @property
    def _axes(self) -> int:
        """Of pixels."""
        return 3 if self.sampling is None else 4

    def _one(self, shown: Shown) -> np.ndarray:
        """uint8 (planes, …) of one."""
        if isinstance(shown, np.ndarray | Tensor):
            return self._of_pixels(shown)
        if self.sampling is not None and isinstance(shown, str | Path):
            return read_clip(
                shown, sampling=self.sampling, channels=self.channels, size=self.size, flow=self.flow
            )
        if self.sampling is None and isinstance(shown, str | Path | bytes | Image.Image):
            return decode_image(shown, channels=self.channels, size=self.size, framing=self.framing)
        kinds = "an image file, its bytes, a picture of Pillow or pixels"
        raise ArgumentError(
            f"{kinds if self.sampling is None else 'a video file or pixels'} can be shown; got "
            f"{type(shown).__name__}: pixels of {_FORMS[self._axes]}"
        )

    def _of_pixels(self, shown: np.ndarray | Tensor) -> np.ndarray:
        pixels = shown.detach().cpu().numpy() if isinstance(shown, Tensor) else shown
        if pixels.dtype != np.uint8 or not pixels.size:
            raise ArgumentError(
                f"pixels of {_FORMS[self._axes]}; got {pixels.dtype} of {by(pixels.shape) or 'no axes'}"
            )
        grey = pixels.ndim == 2 and self._axes == 3
        if pixels.ndim != self._axes and not grey:
            raise ArgumentError(f"pixels of {_FORMS[self._axes]}; got {_shape(pixels)}")
        planes = pixels[None] if grey else _channels_first(pixels, isinstance(shown, Tensor))
        if planes is None:
            raise ArgumentError(f"pixels of {_FORMS[self._axes]}, C being 1, 3 or 4; got {_shape(pixels)}")
        if self.sampling is not None:
            self._check_frames(planes.shape[1])
        frames = planes[None] if self.sampling is None else planes.swapaxes(0, 1)  # (T, C, H, W)
        fitted = refit(frames, self.channels, self.size, framing=self.framing)
        result: np.ndarray = fitted[0] if self.sampling is None else fitted.swapaxes(0, 1)
        return result

    def _check_frames(self, frames: int) -> None:
        assert self.sampling is not None
        if self.flow is not None:
            raise ArgumentError(
                "the network sees optical flow, which is that to the next frame of a video: give video files"
            )
        if frames != self.sampling.frames:
            raise ArgumentError(
                f"the network was trained on clips of {self.sampling.frames} frames; got {frames}"
            )


def _channels_first(pixels: np.ndarray, first: bool) -> np.ndarray | None:
    """(C, …), however it came: both ends may be channels, and then arrays end with them, tensors begin."""
    ends = [pixels.shape[0] in _CHANNELS, pixels.shape[-1] in _CHANNELS]
    if not any(ends):
        return None
    return pixels if ends[0] and (first or not ends[1]) else np.moveaxis(pixels, -1, 0)


def _shape(pixels: np.ndarray) -> str:
    return by(pixels.shape) or "no axes"
