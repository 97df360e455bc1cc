"""A convolution is a matrix product: the textbook form, in the layout of `torch.nn.functional.unfold`.

`unfold` (im2col) writes the patch under each output place as a column:

    U[n, c·K + u, i] = xp[n, c, i·s + u·d]            (N, C·K, L)    K = Π kernel, L = Π out

With the weight flattened to W (O, C·K), each sample's convolution is one product, and so is its backward:

    Y_n = W · U_n + b        ∂L/∂W = Σ_n δ_n · U_nᵀ        ∂L/∂U_n = Wᵀ · δ_n

Each input cell stands in as many columns as patches cover it, so its gradient is the sum over them:
`fold` (col2im), the transpose of `unfold`: ⟨unfold(x), v⟩ = ⟨x, fold(v)⟩ for all x and v.

`convolution.py` computes the same with other memory orders; a test holds the two together.
"""

from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np

from striate.derivation.convolution import Convolution, Gradients
from striate.derivation.geometry import Sliding
from striate.derivation.shapes import Array, Sizes, expect_gradient, expect_shape


def unfold(x: Array, slide: Sliding) -> Array:
    """(N, C, *size) → U (N, C·K, L): every patch a column. One copy of a strided view.

    Args:
        x: (N, C, *size).
        slide: where the patches lie, as `sliding` gives it.

    >>> from striate.derivation.geometry import sliding
    >>> unfold(np.array([[[1, 2, 3, 4]]]), sliding((4,), (2,), stride=1, padding=0, dilation=1))
    array([[[1, 2, 3],
            [2, 3, 4]]])
    """
    windows = slide.windows(slide.pad(x))  # (N, *out, C, *kernel)
    axes = len(slide.size)
    columns = np.moveaxis(windows, range(1, axes + 1), range(-axes, 0))  # (N, C, *kernel, *out)
    return columns.reshape(len(x), -1, prod(slide.out))


def fold(columns: Array, slide: Sliding) -> Array:
    """V (N, C·K, L) → (N, C, *size): each entry added to the cell it was unfolded from.

    Args:
        columns: V (N, C·K, L), one column a patch.
        slide: where the patches lie, as `sliding` gives it.
    """
    samples, rows, _ = columns.shape
    channels = rows // prod(slide.kernel)
    by_position = columns.reshape(samples, channels, -1, *slide.out)
    like = np.empty((samples, channels, *slide.size), columns.dtype)
    padded = np.zeros(slide.padded_shape(like), columns.dtype)
    for number, u in enumerate(slide.positions):
        seen = slide.seen(padded, u)  # (N, *out, C)
        seen += np.moveaxis(by_position[:, :, number], 1, -1)
    return np.moveaxis(slide.inside(padded), -1, 1)


class Saved(NamedTuple):
    """U (N, groups, C/groups·K, L), W (groups, O/groups, C/groups·K), and the shapes to return to."""

    columns: Array
    matrix: Array
    weight_shape: Sizes
    has_bias: bool
    slide: Sliding


@dataclass(frozen=True)
class AsMatrixProduct:
    """A convolution worked out as plain products of matrices, one per group.

    >>> x, w = np.arange(9.0).reshape(1, 1, 3, 3), np.ones((1, 1, 2, 2))
    >>> y, saved = AsMatrixProduct(Convolution()).forward(x, w)
    >>> saved.columns[0, 0]
    array([[0., 1., 3., 4.],
           [1., 2., 4., 5.],
           [3., 4., 6., 7.],
           [4., 5., 7., 8.]])
    >>> y
    array([[[[ 8., 12.],
             [20., 24.]]]])
    """

    convolution: Convolution

    def forward(self, x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, Saved]:
        """Y_n = W · U_n + b."""
        slide, groups = self.convolution.slide(x, weight), self.convolution.groups
        columns = unfold(x, slide).reshape(len(x), groups, -1, prod(slide.out))
        matrix = weight.reshape(groups, len(weight) // groups, -1)
        y = (matrix @ columns).reshape(len(x), len(weight), *slide.out)
        if bias is not None:
            expect_shape(bias, (len(weight),), "the bias of a convolution", "one number per filter")
            y += bias.reshape(-1, *(1,) * len(slide.size))
        return y, Saved(columns, matrix, weight.shape, bias is not None, slide)

    def backward(self, dy: Array, saved: Saved) -> Gradients:
        """∂L/∂W = Σ_n δ_n · U_nᵀ, ∂L/∂U_n = Wᵀ · δ_n, folded back."""
        columns, matrix = saved.columns, saved.matrix
        samples, groups, _, places = columns.shape
        expect_gradient(dy, (samples, saved.weight_shape[0], *saved.slide.out), "a convolution")
        delta = dy.reshape(samples, groups, -1, places)
        dw = (delta @ columns.swapaxes(2, 3)).sum(axis=0).reshape(saved.weight_shape)
        dx = fold((matrix.swapaxes(1, 2) @ delta).reshape(samples, -1, places), saved.slide)
        db = dy.sum(axis=(0, *range(2, dy.ndim))) if saved.has_bias else None
        return Gradients(dx, dw, db)
