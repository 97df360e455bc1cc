"""Clips of one split, by index: which frames, which part of the picture, and how often each video counts."""

from abc import abstractmethod
from collections.abc import Generator, Iterable, Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from striate.data.images.reading import refit
from striate.data.sets.image_sets import Batch, Draws, ImageSet, Indices
from striate.data.video.sampling import MIDDLE, Sampling
from striate.errors import ArgumentError

if TYPE_CHECKING:
    from torch import Tensor

CROPS = {1: (0.5,), 3: (0.0, 0.5, 1.0)}
"""Crops of a view → where they lie along the long side: 0 at its beginning, 1 at its end."""


class ClipSet(ImageSet):
    """One split of a data set: N clips of T frames of one size, with their labels and names.

    `take` gives uint8 (B, C, T, H, W) at the places that evaluation looks at, and so does `batches` without
    `draws`; with `draws` the frames are chosen as training does. With optical flow there are C + 2 planes:
    the picture's, then the flow in x and in y.
    """

    def __init__(
        self,
        labels: np.ndarray,
        names: Sequence[str],
        sampling: Sampling,
        moments: np.ndarray | None = None,
        crops: np.ndarray | None = None,
    ) -> None:
        super().__init__(labels, names)
        self.sampling = sampling
        self._moments = np.full(len(labels), MIDDLE) if moments is None else moments  # (N,) see Sampling
        self._crops = np.full(len(labels), MIDDLE) if crops is None else crops  # (N,) see CROPS

    @property
    def frames(self) -> int:
        """Of each clip."""
        return self.sampling.frames

    def views(self, clips: int = 1, crops: int = 1) -> Self:
        """The same videos, each looked at `clips` times `crops` times.

        clips: spread over the video's time. crops: 1, the centre, or 3 along the long side. Item i · V + v of
        the N · V is view v of video i. Raises ArgumentError for other numbers.
        """
        if clips < 1:
            raise ArgumentError(f"clips must be at least 1; got {clips}")
        if crops not in CROPS:
            raise ArgumentError(f"crops must be 1 (the centre) or 3 (along the long side); got {crops}")
        moments = np.repeat((np.arange(clips) + 0.5) / clips, crops)
        places = np.tile(CROPS[crops], clips)
        N, V = len(self), clips * crops
        return self._viewed(np.repeat(np.arange(N), V), np.tile(moments, N), np.tile(places, N))

    @abstractmethod
    def _viewed(self, items: np.ndarray, moments: np.ndarray, crops: np.ndarray) -> Self:
        """A set of these items of this one, looked at so."""

    def _chances(self, indices: np.ndarray, draws: Draws | None) -> np.ndarray:
        """(B, T) where in its segment each frame is taken."""
        if draws is None:
            return self.sampling.fixed(self._moments[indices])
        return self.sampling.drawn(indices, *draws)


class DecodedClips(ClipSet):
    """Clips whose pixels lie ready, in memory or mapped into it, so that no worker reads them."""

    def take(self, indices: Indices) -> "Tensor":
        return self._read(np.asarray(indices, np.int64), None)

    def batches(
        self, batches_of_indices: Iterable[Indices], draws: Draws | None = None
    ) -> "Generator[Batch, None, None]":
        import torch

        for asked in batches_of_indices:
            indices = np.asarray(asked, np.int64)
            yield self._read(indices, draws), torch.from_numpy(self.labels[indices]), indices

    @abstractmethod
    def _read(self, indices: np.ndarray, draws: Draws | None) -> "Tensor":
        """uint8 (B, C, T, H, W)."""


class MemoryClips(DecodedClips):
    """Rows of an array of whole clips (rows, C, T, H, W) uint8, which several splits may share.

    Where the clips have other than the frames asked for, frames are chosen by `sampling`. The number of
    planes is that of the array; they are brought to `size`, where it differs, as images are.
    """

    in_memory = True

    def __init__(
        self,
        values: np.ndarray,
        rows: np.ndarray,
        labels: np.ndarray,
        names: Sequence[str],
        *,
        sampling: Sampling,
        size: tuple[int, int] | None = None,
        moments: np.ndarray | None = None,
        crops: np.ndarray | None = None,
    ) -> None:
        super().__init__(labels, names, sampling, moments, crops)
        self._values, self._rows = values, rows
        self._size = size or (int(values.shape[3]), int(values.shape[4]))

    def _viewed(self, items: np.ndarray, moments: np.ndarray, crops: np.ndarray) -> Self:
        names = [self.names[item] for item in items]
        rows, labels = self._rows[items], self.labels[items]
        return type(self)(
            self._values,
            rows,
            labels,
            names,
            sampling=self.sampling,
            size=self._size,
            moments=moments,
            crops=crops,
        )

    def _read(self, indices: np.ndarray, draws: Draws | None) -> "Tensor":
        import torch

        _, C, length, _, _ = self._values.shape
        clips = np.empty((len(indices), C, self.frames, *self._size), np.uint8)
        everyones = self._chances(indices, draws)
        for clip, row, chances, crop in zip(
            clips, self._rows[indices], everyones, self._crops[indices], strict=True
        ):
            frames = self._values[row][:, self.sampling.numbers(length, chances)]
            clip[:] = _planes_brought_to(frames, self._size, float(crop))
        return torch.from_numpy(clips)


def brought_to(frames: np.ndarray, channels: int, size: tuple[int, int], crop: float) -> np.ndarray:
    """Frames (T, C, H, W) uint8 with other channels or another size, by the rules for images.

    crop: where the cut lies along the long side, from 0 to 1. Where only a cut is needed, it is made between
    pixels.
    """
    _, C, H, W = frames.shape
    if channels == C and min(H - size[0], W - size[1]) == 0:
        top, left = round((H - size[0]) * crop), round((W - size[1]) * crop)
        return frames[:, :, top : top + size[0], left : left + size[1]]
    return refit(frames, channels, size, crop)


def _planes_brought_to(clip: np.ndarray, size: tuple[int, int], crop: float) -> np.ndarray:
    """(C, T, H, W) of any number of planes, each for itself."""
    C, T, H, W = clip.shape
    return brought_to(clip.reshape(C * T, 1, H, W), 1, size, crop).reshape(C, T, *size)
