"""Clips of one split, by index: which frames, which part of the picture, and how often each video counts."""

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from typing import Self

import numpy as np

from striate.data.images.reading import refit
from striate.data.sets.image_sets import Draws, ImageSet
from striate.data.video.sampling import MIDDLE, Sampling
from striate.errors import ArgumentError

CROPS = {1: (0.5,), 3: (0.0, 0.5, 1.0)}
"""Crops of a view → where they lie along the long side: 0 at its beginning, 1 at its end."""


class ClipSet(ImageSet):
    """N clips of T frames of one size, with their labels and names: a split of a data set, or all of it.

    `take` gives uint8 (B, C, T, H, W) as evaluation looks at them, and so does `batches` without `draws`;
    with `draws` the frames are chosen as training does. With optical flow there are C + 2 planes: the
    picture's, then the flow in x and in y.
    """

    flow: str | None = None
    """How the optical flow is computed; None: there is none."""

    def __init__(self, labels: np.ndarray, names: Sequence[str], sampling: Sampling) -> None:
        super().__init__(labels, names)
        self.sampling = sampling
        self._offsets = np.full(len(labels), MIDDLE)  # (N,) sampling offsets of evaluation, see Sampling
        self._crops = np.full(len(labels), MIDDLE)  # (N,) see CROPS

    @property
    def frames(self) -> int:
        """Of each clip."""
        return self.sampling.frames

    def select(self, items: np.ndarray) -> Self:
        """A set of these items, in this order; one may be there several times."""
        chosen = super().select(items)
        chosen._offsets, chosen._crops = self._offsets[items], self._crops[items]
        return chosen

    def views(self, clips: int = 1, crops: int = 1) -> Self:
        """The same videos, each looked at `clips` times `crops` times.

        Args:
            clips: spread over the video's time.
            crops: 1, the centre, or 3 along the long side.

        Returns:
            A set whose item i · V + v is view v, of V, of video i.

        Raises:
            ArgumentError: for other numbers.
        """
        if clips < 1:
            raise ArgumentError(f"clips must be at least 1; got {clips}")
        if crops not in CROPS:
            raise ArgumentError(f"crops must be 1 (the centre) or 3 (along the long side); got {crops}")
        N, V = len(self), clips * crops
        viewed = self.select(np.repeat(np.arange(N), V))
        viewed._offsets = np.tile(np.repeat((np.arange(clips) + 0.5) / clips, crops), N)
        viewed._crops = np.tile(CROPS[crops], N * clips)
        return viewed

    def _sampling_offsets(self, indices: np.ndarray, draws: Draws | None) -> np.ndarray:
        """(B, T) where in its segment each frame is taken."""
        if draws is None:
            return self.sampling.fixed(self._offsets[indices])
        return self.sampling.drawn(indices, *draws)


class DecodedClips(ClipSet):
    """Clips whose pixels lie ready, in memory or mapped into it, so that no worker reads them."""

    planes: int
    """Of a clip: the picture's channels, and two of optical flow."""

    def _read(self, indices: np.ndarray, draws: Draws | None) -> np.ndarray:
        """uint8 (B, C, T, H, W)."""
        clips = np.empty((len(indices), self.planes, self.frames, *self.size), np.uint8)
        offsets = self._sampling_offsets(indices, draws)
        for clip, row, its_offsets, crop in zip(
            clips, self._rows[indices], offsets, self._crops[indices], strict=True
        ):
            self._fill(clip, int(row), its_offsets, float(crop))
        return clips

    @abstractmethod
    def _fill(self, clip: np.ndarray, row: int, offsets: np.ndarray, crop: float) -> None:
        """Writes one clip (C, T, H, W)."""


class MemoryClips(DecodedClips):
    """An array of whole clips (N, C, T, H, W) uint8, or what can be indexed like one.

    Where the clips have other than the frames asked for, frames are chosen by `sampling`. The number of
    planes is that of the array; they are brought to `size`, where it differs, as images are.
    """

    def __init__(
        self,
        values: np.ndarray,
        labels: np.ndarray,
        names: Sequence[str],
        *,
        sampling: Sampling,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(labels, names, sampling)
        self._values = values
        self.channels = self.planes = int(values.shape[1])
        self.size = size or (int(values.shape[3]), int(values.shape[4]))

    def keys(self) -> Sequence[Hashable]:
        return self._rows.tolist()

    def _fill(self, clip: np.ndarray, row: int, offsets: np.ndarray, crop: float) -> None:
        frames = self._values[row][:, self.sampling.numbers(self._values.shape[2], offsets)]
        C, T, H, W = frames.shape
        planes = brought_to(frames.reshape(C * T, 1, H, W), 1, self.size, crop)  # each for itself
        clip[:] = planes.reshape(C, T, *self.size)


def brought_to(frames: np.ndarray, channels: int, size: tuple[int, int], crop: float) -> np.ndarray:
    """Frames (T, C, H, W) uint8 with other channels or another size, by the rules for images.

    Where only a cut is needed, it is made between pixels.

    Args:
        frames: to be brought there.
        channels: 1 or 3.
        size: H, W.
        crop: where the cut lies along the long side, from 0 to 1.
    """
    _, C, H, W = frames.shape
    if channels == C and min(H - size[0], W - size[1]) == 0:
        top, left = round((H - size[0]) * crop), round((W - size[1]) * crop)
        return frames[:, :, top : top + size[0], left : left + size[1]]
    return refit(frames, channels, size, crop)
