"""A temporal shift worked out on frames that are folded into the batch."""

from dataclasses import dataclass

from striate.derivation import TemporalShift
from striate.derivation.shapes import Array, Sizes


@dataclass(frozen=True)
class FoldedShift:
    """`TemporalShift` of derivation on (N·T, C, H, W), frame after frame, T of them for each clip."""

    shift: TemporalShift
    frames: int

    def forward(self, x: Array) -> tuple[Array, Sizes]:
        """(N·T, C, H, W) → the same shape."""
        y, _ = self.shift.forward(self._clips(x))
        return self._folded(y), x.shape

    def backward(self, dy: Array, saved: Sizes) -> Array:
        """The same shift the other way."""
        clips = self._clips(dy)
        return self._folded(self.shift.backward(clips, clips.shape))

    def source_frames(self, channels: int, frames: int) -> Array:
        """As `TemporalShift.source_frames`."""
        return self.shift.source_frames(channels, frames)

    def _clips(self, x: Array) -> Array:
        """(N·T, C, H, W) → (N, C, T, H, W)."""
        return x.reshape(-1, self.frames, *x.shape[1:]).swapaxes(1, 2)

    def _folded(self, clips: Array) -> Array:
        """(N, C, T, H, W) → (N·T, C, H, W)."""
        frames = clips.swapaxes(1, 2)
        return frames.reshape(-1, *frames.shape[2:])
