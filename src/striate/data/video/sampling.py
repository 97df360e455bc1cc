"""Which frames of a video make a clip.

A position is a time in the video in units of its mean frame: of a video of L frames, frame k is shown from
position k to k + 1, so the frame at position p is the one numbered ⌊p⌋. Where frames come at uneven times,
position p means the time p / L of the way through, and the frame is the one shown then.

| | T frames of L |
|---|---|
| uniform (no stride) | one from each of T equal segments: pᵢ = (i + uᵢ) · L / T (TSN, Wang et al. 2016) |
| dense (stride s) | neighbours at a distance of s: pᵢ = ⌊u₀ · (L − (T − 1) · s)⌋ + i · s + ½ |

The sampling offset u is ½ in evaluation, and drawn from [0, 1) in training. Of several clips of one video,
clip v of V has u = (v + ½) / V. Where a video is too short for what is asked, the nearest frame is repeated:
segments shorter than a frame share one, and dense positions past the end give the last frame.
"""

from dataclasses import dataclass

import numpy as np

from striate.checked import checked
from striate.errors import ArgumentError

MIDDLE = 0.5
_STREAM = 2**41  # apart from the counters that order the epochs (2⁴⁰ + epoch) and that augment (step)


@checked
@dataclass(frozen=True)
class Sampling:
    """Which frames of a video make a clip: how many, and how far apart (None: spread over all of it)."""

    frames: int
    stride: int | None = None

    def __post_init__(self) -> None:
        for name, value in (("frames", self.frames), ("stride", self.stride)):
            if value is not None and value < 1:
                raise ArgumentError(f"{name} must be at least 1; got {value}")

    @property
    def span(self) -> int:
        """How many frames a video needs so that none is taken twice."""
        return self.frames if self.stride is None else (self.frames - 1) * self.stride + 1

    def positions(self, length: float, offsets: np.ndarray) -> np.ndarray:
        """(T,) positions in [0, length) of the frames of one clip.

        Args:
            length: frames of the video, more than 0.
            offsets: (T,) sampling offsets in [0, 1), u of the table above.

        >>> Sampling(4).positions(8, np.full(4, MIDDLE)).tolist()
        [1.0, 3.0, 5.0, 7.0]
        >>> Sampling(3, stride=2).positions(9, np.full(3, MIDDLE)).tolist()
        [2.5, 4.5, 6.5]
        """
        steps = np.arange(self.frames)
        if self.stride is None:
            asked = (steps + offsets) * (length / self.frames)
        else:
            room = max(0.0, length - self.span + 1)
            asked = np.floor(offsets[0] * room) + steps * self.stride + MIDDLE
        positions: np.ndarray = np.minimum(asked, np.nextafter(length, 0))
        return positions

    def numbers(self, length: int, offsets: np.ndarray) -> np.ndarray:
        """(T,) numbers of those frames, int64, of a video whose frames come evenly."""
        numbers: np.ndarray = np.floor(self.positions(length, offsets)).astype(np.int64)
        return numbers

    def drawn(self, indices: np.ndarray, seed: int, epoch: int) -> np.ndarray:
        """(B, T) sampling offsets for training. They depend on (seed, epoch, index) and on nothing else."""
        key = [seed, _STREAM + epoch]
        return np.array(
            [
                np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, int(index)])).random(
                    self.frames
                )
                for index in indices
            ]
        ).reshape(len(indices), self.frames)

    def fixed(self, offsets: np.ndarray) -> np.ndarray:
        """(B, T) sampling offsets for evaluation: (B,) each clip's own, for all of its frames."""
        return np.repeat(offsets[:, None], self.frames, axis=1)
