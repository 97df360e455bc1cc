"""Temporal shift (TSM; Lin, Gan & Han 2019): 2D convolutions see neighbouring frames at no cost.

On a clip (N, C, T, H, W), with a fold of C/8 channels:

    y[:, c, t] = x[:, c, t + 1]     the first fold: from the next frame
    y[:, c, t] = x[:, c, t − 1]     the second fold: from the previous frame
    y[:, c, t] = x[:, c, t]         the rest

and zeros where there is no such frame. The causal form, for a live stream, shifts only the first fold, from
the previous frame: the future is not known.

Backward. y[:, c, t] = x[:, c, t + k] makes ∂L/∂x[:, c, t] = δ[:, c, t − k]: the same shift the other way,
and what fell off the end gets nothing.
"""

from dataclasses import dataclass

import numpy as np

from striate.derivation.shapes import Array, Sizes, expect_gradient
from striate.errors import ArgumentError

NO_FRAME = -1


@dataclass(frozen=True)
class TemporalShift:
    """One channel in `folds` comes from the next frame and one in `folds` from the previous one.

    >>> TemporalShift(folds=8).source_frames(channels=8, frames=3)[:3]
    array([[ 1,  2, -1],
           [-1,  0,  1],
           [ 0,  1,  2]])
    """

    folds: int = 8
    causal: bool = False

    def __post_init__(self) -> None:
        least = 1 if self.causal else 2
        if self.folds < least:
            raise ArgumentError(
                f"a temporal shift of {self.folds} folds moves too much: give {least} or more"
            )

    def steps(self, channels: int) -> list[tuple[slice, int]]:
        """(channels, k) for every fold that moves: its frame t comes from frame t + k."""
        fold = channels // self.folds
        if self.causal:
            return [(slice(0, fold), -1)]
        return [(slice(0, fold), 1), (slice(fold, 2 * fold), -1)]

    def forward(self, x: Array) -> tuple[Array, Sizes]:
        """(N, C, T, H, W) → the same shape, a fresh array: the residual path keeps x as it was."""
        if x.ndim != 5:
            raise ArgumentError(f"a temporal shift got an input of shape {x.shape}, expected (N, C, T, H, W)")
        y = x.copy()
        for channels, k in self.steps(x.shape[1]):
            y[:, channels] = shifted(x[:, channels], k)
        return y, x.shape

    def backward(self, dy: Array, saved: Sizes) -> Array:
        """Every fold shifted back."""
        expect_gradient(dy, saved, "a temporal shift")
        dx = dy.copy()
        for channels, k in self.steps(saved[1]):
            dx[:, channels] = shifted(dy[:, channels], -k)
        return dx

    def source_frames(self, channels: int, frames: int) -> Array:
        """(C, T): the frame that each channel of each frame came from; NO_FRAME where zeros came in."""
        source = np.tile(np.arange(frames), (channels, 1))
        for moved, k in self.steps(channels):
            source[moved] += k
        source[(source < 0) | (source >= frames)] = NO_FRAME
        return source


def shifted(x: Array, k: int) -> Array:
    """Frame t + k of (N, C, T, H, W) at t, for k = 1 or −1; zeros where there is none."""
    y = np.zeros_like(x)
    if k > 0:
        y[:, :, :-k] = x[:, :, k:]
    else:
        y[:, :, -k:] = x[:, :, :k]
    return y
