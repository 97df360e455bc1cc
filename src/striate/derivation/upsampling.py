"""Upsampling: maps of another size, each output a mixture of the inputs around it.

An output j of an axis stands, in the input's coordinates, at

    z = (j + ½)·n/m − ½        or, with corners aligned,        z = j·(n − 1)/(m − 1)

and is, with k = ⌊z⌋ and t = z − k,

    nearest        x[⌊j·n/m⌋]        nearest-exact    x[⌊(j + ½)·n/m⌋]
    linear         (1 − t)·x[k] + t·x[k + 1]
    cubic          Σ_{i=−1…2} w(t − i)·x[k + i], w Keys' cubic of a = −¾ (Keys 1981)

(cells beyond the edge are the edge). Every axis by itself is linear: a matrix A (m, n) whose row j holds the
weights, so y = A_h · x · A_wᵀ, and backward is A_hᵀ · δ · A_w, as in an adaptive average pool.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from striate.derivation.average_pooling import along_axes
from striate.derivation.shapes import Array, Sizes, expect_gradient, expect_spatial, per_axis
from striate.errors import ArgumentError

LINEAR = ("linear", "bilinear", "trilinear")
CUBIC = "bicubic"
NEAREST = ("nearest", "nearest-exact")
A = -0.75


@dataclass(frozen=True)
class Upsample:
    """To the size `out`.

    mode: as torch calls it. align_corners: the first and last cells stay where they are. scales: what z is
    computed with, per axis, where it is not the ratio of the sizes.

    >>> Upsample(4, "linear").forward(np.array([[[1.0, 2.0]]]))[0]
    array([[[1.  , 1.25, 1.75, 2.  ]]])
    """

    out: int | Sequence[int]
    mode: str = "nearest"
    align_corners: bool = False
    scales: Sequence[float] | None = None

    def __post_init__(self) -> None:
        if self.mode not in (*NEAREST, *LINEAR, CUBIC):
            known = ", ".join((*NEAREST, *LINEAR, CUBIC))
            raise ArgumentError(f"upsampling of the kind {self.mode!r}: expected {known}")

    def matrices(self, size: Sizes, dtype: Any = np.float64) -> list[Array]:
        """A (m, n) for every axis."""
        out = per_axis(self.out, len(size), "output size")
        scales = self.scales or (0.0,) * len(size)
        axes = zip(size, out, scales, strict=True)
        return [self.matrix(n, m, scale, dtype) for n, m, scale in axes]

    def matrix(self, n: int, m: int, scale: float, dtype: Any) -> Array:
        """The weights of one axis. Positions are computed in `dtype`, as torch does: floors depend on it."""
        kind = np.dtype(dtype).type
        step, j = kind(1 / scale) if scale else kind(n) / kind(m), np.arange(m, dtype=dtype)
        if self.mode in NEAREST:
            middle = kind(0.5) if self.mode == "nearest-exact" else kind(0)
            z = np.floor((j + middle) * step)
            return _spread([(z, np.ones(m))], n)
        if self.align_corners:
            z = j * (kind(n - 1) / kind(m - 1) if m > 1 else kind(0))
        else:
            z = (j + kind(0.5)) * step - kind(0.5)
        z = z if self.mode == CUBIC else np.maximum(z, 0)
        k, t = np.floor(z), np.asarray(z - np.floor(z), float)
        if self.mode == CUBIC:
            return _spread([(k + i, cubic(t - i)) for i in range(-1, 3)], n)
        return _spread([(k, 1 - t), (k + 1, t)], n)

    def forward(self, x: Array) -> tuple[Array, tuple[Sizes, list[Array]]]:
        """(N, C, *size) → (N, C, *out)."""
        matrices = self.matrices(expect_spatial(x, "an upsampling"))
        y = along_axes(x, matrices)
        return y, (y.shape, matrices)

    def backward(self, dy: Array, saved: tuple[Sizes, list[Array]]) -> Array:
        """δ (N, C, *out) → ∂L/∂x: the transposed matrices."""
        shape, matrices = saved
        expect_gradient(dy, shape, "an upsampling")
        return along_axes(dy, [matrix.T for matrix in matrices])


def cubic(distance: Array) -> Array:
    """Keys' cubic at a distance from a cell."""
    d = np.abs(distance)
    near = ((A + 2) * d - (A + 3)) * d * d + 1
    far = ((A * d - 5 * A) * d + 8 * A) * d - 4 * A
    return np.where(d <= 1, near, np.where(d < 2, far, 0.0))


def _spread(taps: Sequence[tuple[Array, Array]], n: int) -> Array:
    """Rows with these weights at these cells; a cell beyond the edge is the edge."""
    matrix = np.zeros((len(taps[0][0]), n))
    for cells, weights in taps:
        inside = np.clip(cells, 0, n - 1).astype(int)
        np.add.at(matrix, (np.arange(len(inside)), inside), weights)
    return matrix
