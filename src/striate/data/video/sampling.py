"""Which frames of a video make a clip.

A position is a time in the video in units of its mean frame: of a video of L frames, frame k is shown from
position k to k + 1, so the frame at position p is the one numbered ⌊p⌋. Where frames come at uneven times,
position p means the time p / L of the way through, and the frame is the one shown then.

| | T frames of L |
|---|---|
| step d, of S seconds | pᵢ = u₀ · (L − (T − 1) · s) + i · s, with s = d · L / S frames |
| whole | one from each of T equal segments: pᵢ = (i + uᵢ) · L / T (TSN, Wang et al. 2016) |
| stride s, in frames | neighbours at a distance of s: pᵢ = ⌊u₀ · (L − (T − 1) · s)⌋ + i · s + ½ |

The sampling offset u is ½ in evaluation, and drawn from [0, 1) in training. Of several clips of one video,
clip v of V has u = (v + ½) / V. Where a video is too short for what is asked, the nearest frame is repeated:
segments shorter than a frame share one, and positions past the end give the last frame.

Only a step in seconds is the same speed in every file. A stride counts frames, whatever their rate.
"""

from dataclasses import dataclass

import numpy as np

from striate.checked import checked
from striate.errors import ArgumentError, DataError

MIDDLE = 0.5
_STREAM = 2**41  # apart from the counters that order the epochs (2⁴⁰ + epoch) and that augment (step)


@checked
@dataclass(frozen=True)
class Sampling:
    """Which frames of a video make a clip: how many, and how far apart."""

    frames: int
    stride: int | None = None
    """From one to the next, counted in frames of the video."""
    step: float | None = None
    """From one to the next, in seconds. Without stride and step, frames are spread over the whole video."""
    frame_rate: float | None = None
    """Frames a second of videos that do not tell the times of theirs: folders of frames."""

    def __post_init__(self) -> None:
        for name, value in (("frames", self.frames), ("stride", self.stride)):
            if value is not None and value < 1:
                raise ArgumentError(f"{name} must be at least 1; got {value}")
        for name, seconds in (("step", self.step), ("frame_rate", self.frame_rate)):
            if seconds is not None and not 0 < seconds < np.inf:
                raise ArgumentError(f"{name} must be above 0; got {seconds:g}")
        if self.stride is not None and self.step is not None:
            raise ArgumentError(
                "frames are a stride apart, in frames, or a step, in seconds: give one of them"
            )

    @property
    def whole(self) -> bool:
        """Whether the frames are spread over the whole video, however long it is."""
        return self.stride is None and self.step is None

    @property
    def span(self) -> float | None:
        """Seconds that a clip stands for, a step for each frame; None where frames are not so far apart."""
        return None if self.step is None else self.frames * self.step

    def duration(self, length: float, seconds: float | None) -> float | None:
        """Seconds of a video of `length` frames, which tells `seconds` itself or does not tell."""
        return seconds if seconds is not None or self.frame_rate is None else length / self.frame_rate

    def spacing(self, length: float, seconds: float | None) -> float:
        """From one frame of a clip to the next, in frames of such a video.

        Raises:
            DataError: it is in seconds, and nobody knows how long the video is.
        """
        if self.step is None:
            return length / self.frames if self.stride is None else float(self.stride)
        duration = self.duration(length, seconds)
        if duration is None:
            raise DataError(
                f"frames are to be {self.step:.3g} s apart, and a folder of frames tells no times: say how "
                "many frames a second it has, with --frame-rate, or give a video file"
            )
        return self.step * length / duration

    def needed(self, length: float, seconds: float | None) -> float:
        """How many frames such a video needs so that none is repeated at its end."""
        if self.whole:
            return float(self.frames)
        exact = (self.frames - 1) * self.spacing(length, seconds)
        return exact + 1 if self.stride is not None else exact

    def positions(self, length: float, offsets: np.ndarray, seconds: float | None = None) -> np.ndarray:
        """(T,) positions in [0, length) of the frames of one clip.

        Args:
            length: frames of the video, more than 0.
            offsets: (T,) sampling offsets in [0, 1), u of the table above.
            seconds: how long the video is; needed for a step.

        >>> Sampling(4).positions(8, np.full(4, MIDDLE)).tolist()
        [1.0, 3.0, 5.0, 7.0]
        >>> Sampling(3, stride=2).positions(9, np.full(3, MIDDLE)).tolist()
        [2.5, 4.5, 6.5]
        >>> Sampling(4, step=0.5).positions(60, np.full(4, MIDDLE), seconds=6).tolist()
        [22.5, 27.5, 32.5, 37.5]
        """
        steps, spacing = np.arange(self.frames), self.spacing(length, seconds)
        if self.whole:
            asked = (steps + offsets) * spacing
        else:
            begin = offsets[0] * max(0.0, length - (self.frames - 1) * spacing)
            exact = steps * spacing + (begin if self.stride is None else np.floor(begin) + MIDDLE)
            asked = np.round(exact, 6)  # seconds are seldom exact, and a frame begins at a whole position
        positions: np.ndarray = np.minimum(asked, np.nextafter(length, 0))
        return positions

    def numbers(self, length: int, offsets: np.ndarray, seconds: float | None = None) -> np.ndarray:
        """(T,) numbers of those frames, int64, of a video whose frames come evenly."""
        numbers: np.ndarray = np.floor(self.positions(length, offsets, seconds)).astype(np.int64)
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
