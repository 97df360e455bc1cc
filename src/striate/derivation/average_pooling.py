"""Average pooling: the mean under each window; adaptive and global pools as the same idea on the whole map.

Forward, with m[i] the number of cells that window i is divided by:

    y[n,c,i] = 1/m[i] · Σ_u xp[n, c, i·s + u]              ∂y[n,c,i]/∂xp[n,c,i·s+u] = 1/m[i]

Backward, every cell collects its share of each window over it:

    ∂L/∂xp[n,c,j] = Σ_{i,u : i·s+u=j}  δ[n,c,i] / m[i]

m counts the cells of the window in the padded input (`count_include_pad`, torch's default) or in the input
alone; cells that a rounded-up last window would have beyond the padding never count.

An adaptive pool cuts an axis of n cells into bins [⌊i·n/out⌋, ⌈(i+1)·n/out⌉): a matrix A (out, n) per axis
with 1/length in each bin, y = A_h · x · A_wᵀ, so backward is A_hᵀ · δ · A_w. One bin is the global mean.
"""

from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import NamedTuple

import numpy as np

from striate.derivation.geometry import Padding, Sliding, pooling
from striate.derivation.shapes import Array, PerAxis, Sizes, expect_gradient, expect_spatial, per_axis


class Saved(NamedTuple):
    """N and C, what each window was divided by (*out), the geometry."""

    batch: Sizes
    divisor: Array
    slide: Sliding


@dataclass(frozen=True)
class AveragePool:
    """An average pool's geometry; the stride is the kernel unless given, as in torch.

    >>> AveragePool(2).forward(np.array([[[[1.0, 5.0], [3.0, 5.0]]]]))[0]
    array([[[[3.5]]]])
    """

    kernel: PerAxis
    stride: PerAxis | None = None
    padding: Padding = 0
    ceil_mode: bool = False
    count_include_pad: bool = True
    divisor_override: int | None = None

    def slide(self, x: Array) -> Sliding:
        """The geometry on this input; raises ArgumentError where they do not fit."""
        size = expect_spatial(x, "an average pool")
        return pooling(size, self.kernel, self.stride, self.padding, 1, self.ceil_mode)

    def divisor(self, slide: Sliding, dtype: "np.dtype[np.generic]") -> Array:
        """m (*out): the product over axes of the cells that count."""
        if self.divisor_override is not None:
            return np.full(slide.out, self.divisor_override, dtype)
        counts = [cells_counted(slide, axis, self.count_include_pad) for axis in range(len(slide.out))]
        return reduce(np.multiply.outer, counts).astype(dtype)

    def forward(self, x: Array) -> tuple[Array, Saved]:
        """(N, C, *size) → y (N, C, *out)."""
        slide = self.slide(x)
        padded = slide.pad(x)
        total = np.zeros((len(x), *slide.out, x.shape[1]), x.dtype)
        for u in slide.positions:
            total += slide.seen(padded, u)
        divisor = self.divisor(slide, x.dtype)
        return np.moveaxis(total, -1, 1) / divisor, Saved(x.shape[:2], divisor, slide)

    def backward(self, dy: Array, saved: Saved) -> Array:
        """δ (N, C, *out) → ∂L/∂x (N, C, *size)."""
        slide = saved.slide
        expect_gradient(dy, (*saved.batch, *slide.out), "an average pool")
        share = np.moveaxis(dy / saved.divisor, 1, -1)  # (N, *out, C)
        dx = np.zeros(slide.padded_shape(dy), share.dtype)
        for u in slide.positions:
            seen = slide.seen(dx, u)
            seen += share
        return np.moveaxis(slide.inside(dx), -1, 1)


def cells_counted(slide: Sliding, axis: int, count_padding: bool) -> Array:
    """How many cells of each window along one axis count: (out,)."""
    (before, after), size = slide.pads[axis], slide.size[axis]
    first, last = (-before, size + after) if count_padding else (0, size)
    start = np.arange(slide.out[axis]) * slide.stride[axis] - before
    return np.minimum(start + slide.kernel[axis], last) - np.maximum(start, first)


@dataclass(frozen=True)
class AdaptiveAveragePool:
    """As many bins per axis as asked, whatever the input's size.

    >>> AdaptiveAveragePool(2).forward(np.array([[[1.0, 2.0, 3.0]]]))[0]
    array([[[1.5, 2.5]]])
    """

    out: PerAxis

    def bins(self, size: Sizes, dtype: "np.dtype[np.generic]") -> list[Array]:
        """A (out, n) for every axis."""
        out = per_axis(self.out, len(size), "output size")
        return [bin_matrix(n, o).astype(dtype) for n, o in zip(size, out, strict=True)]

    def forward(self, x: Array) -> tuple[Array, tuple[Sizes, list[Array]]]:
        """(N, C, *size) → y (N, C, *out)."""
        size = expect_spatial(x, "an adaptive average pool")
        bins = self.bins(size, x.dtype)
        y = along_axes(x, bins)
        return y, (y.shape, bins)

    def backward(self, dy: Array, saved: tuple[Sizes, list[Array]]) -> Array:
        """δ (N, C, *out) → ∂L/∂x (N, C, *size): the transposed matrices."""
        shape, bins = saved
        expect_gradient(dy, shape, "an adaptive average pool")
        return along_axes(dy, [matrix.T for matrix in bins])


def bin_matrix(size: int, out: int) -> Array:
    """A (out, size): 1/length in bin i = [⌊i·n/out⌋, ⌈(i+1)·n/out⌉), 0 elsewhere."""
    i, cell = np.arange(out)[:, None], np.arange(size)
    inside = (cell >= i * size // out) & (cell < -(-(i + 1) * size // out))
    matrix: Array = inside / inside.sum(axis=1, keepdims=True)
    return matrix


def along_axes(x: Array, matrices: list[Array]) -> Array:
    """Each spatial axis of (N, C, *size) multiplied by its matrix."""
    for axis, matrix in enumerate(matrices, start=2):
        x = np.moveaxis(np.moveaxis(x, axis, -1) @ matrix.T, -1, axis)
    return x


@dataclass(frozen=True)
class GlobalAveragePool:
    """(N, C, *size) → (N, C): the mean of each map. Every cell gets δ / Π size back."""

    def forward(self, x: Array) -> tuple[Array, Sizes]:
        """One number per channel."""
        expect_spatial(x, "a global average pool")
        return x.mean(axis=tuple(range(2, x.ndim))), x.shape

    def backward(self, dy: Array, saved: Sizes) -> Array:
        """δ (N, C), shared out evenly."""
        expect_gradient(dy, saved[:2], "a global average pool")
        share = (dy / prod(saved[2:])).reshape(*dy.shape, *(1,) * (len(saved) - 2))
        return np.broadcast_to(share, saved).copy()


@dataclass(frozen=True)
class MeanOverFrames:
    """(N, C, T, *size) → (N, C, *size), each frame with the same share; every frame gets δ / T back.

    frames: of each clip, where they are folded into the batch: (N·T, ...) → (N, ...).
    """

    frames: int | None = None

    def forward(self, x: Array) -> tuple[Array, Sizes]:
        """The mean over T."""
        return self.by_frame(x).mean(axis=1), x.shape

    def backward(self, dy: Array, saved: Sizes) -> Array:
        """δ, shared out evenly."""
        count = saved[2] if self.frames is None else self.frames
        expect_gradient(dy, self.by_frame(np.empty(saved))[:, 0].shape, "a mean over frames")
        share = np.repeat(dy[:, None] / count, count, axis=1)  # (N, T, ...)
        return np.moveaxis(share, 1, 2) if self.frames is None else share.reshape(saved)

    def by_frame(self, x: Array) -> Array:
        """(N, T, ...), a view."""
        return np.moveaxis(x, 2, 1) if self.frames is None else x.reshape(-1, self.frames, *x.shape[1:])
