"""Convolution (cross-correlation, as every framework means it) on any number of spatial axes.

Forward, with xp the padded input, Cg = C/groups channels per group, g₀ = (o // (O/groups))·Cg:

    y[n,o,i] = b[o] + Σ_c Σ_u  w[o,c,u] · xp[n, g₀+c, i·s + u·d]

Backward. L depends on w[o,c,u] through every y[n,o,i], each time with the factor xp[n, g₀+c, i·s + u·d];
it depends on xp[n,c',j] through every (o,i,u) with i·s + u·d = j, each time with the factor w[o,c,u].
With δ = ∂L/∂y, the chain rule sums:

    ∂L/∂w[o,c,u]       = Σ_n Σ_i  δ[n,o,i] · xp[n, g₀+c, i·s + u·d]
    ∂L/∂b[o]           = Σ_n Σ_i  δ[n,o,i]
    ∂L/∂xp[n,g₀+c,j]   = Σ_o Σ_{i,u : i·s+u·d=j}  δ[n,o,i] · w[o,c,u]      (then the padding is cut off)

All three are matrix products of patches, kernels and δ, one per group; `unfolding.py` has the textbook form.
Here the patches are unfolded block by block, channels last, so that BLAS works out of the cache, and the
input gradient is one small product per kernel position, added where that position looks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np

from striate.derivation.geometry import Padding, Sliding, sliding
from striate.derivation.shapes import Array, PerAxis, expect_gradient, expect_shape, expect_spatial
from striate.errors import ArgumentError

BLOCK_BYTES = 2**21  # of patches and outputs at a time, so that they stay in the cache
FEW_CHANNELS = 8  # below this, patches are unfolded position-major: longer runs to copy

Block = tuple[slice, slice]  # some samples, some places along the first spatial axis


class Gradients(NamedTuple):
    """∂L/∂ of what a layer with weight and bias took."""

    input: Array
    weight: Array
    bias: Array | None


class ParameterGradients(NamedTuple):
    """∂L/∂ of the parameters alone, for a first layer, whose input learns nothing."""

    weight: Array
    bias: Array | None


class Saved(NamedTuple):
    """What the backward pass needs: the padded input (N, *padded, C), the weight, the geometry."""

    padded: Array
    weight: Array
    has_bias: bool
    slide: Sliding


@dataclass(frozen=True)
class Convolution:
    """A convolution's geometry; weight (O, C/groups, *kernel) and bias (O,) come with each call.

    `stride`, `padding` and `dilation` are one number or one per axis; padding also (before, after) pairs.

    >>> x, w = np.arange(9.0).reshape(1, 1, 3, 3), np.ones((1, 1, 2, 2))
    >>> Convolution().forward(x, w)[0]
    array([[[[ 8., 12.],
             [20., 24.]]]])
    """

    stride: PerAxis = 1
    padding: Padding = 0
    dilation: PerAxis = 1
    groups: int = 1

    def slide(self, x: Array, weight: Array) -> Sliding:
        """The geometry on this input; raises ArgumentError where input and weight do not fit."""
        size = expect_spatial(x, "a convolution")
        if weight.ndim != x.ndim:
            raise ArgumentError(
                f"the weight has shape {weight.shape}, but the input {x.shape} has {len(size)} spatial axes: "
                f"expected (filters, channels/groups, {len(size)} kernel sizes)"
            )
        if x.shape[1] != weight.shape[1] * self.groups or weight.shape[0] % self.groups:
            raise ArgumentError(
                f"the input has {x.shape[1]} channels, but a weight of shape {weight.shape} in "
                f"{self.groups} groups takes {weight.shape[1] * self.groups} and makes {weight.shape[0]}: "
                "channels must match, and filters divide by groups"
            )
        return sliding(size, weight.shape[2:], self.stride, self.padding, self.dilation)

    def forward(self, x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, Saved]:
        """(N, C, *size) → y (N, O, *out), and what `backward` needs."""
        slide, filters = self.slide(x, weight), weight.shape[0]
        b = np.zeros(filters, x.dtype) if bias is None else bias
        expect_shape(b, (filters,), "the bias of a convolution", "one number per filter")
        padded, matrix = slide.pad(x), kernel_matrix(weight, self.groups)
        y = np.empty((x.shape[0], *slide.out, filters), np.result_type(x, weight))
        for block, patches in unfolded(padded, slide, weight, self.groups):
            np.matmul(patches, matrix, out=by_group(y[block], self.groups))
            y[block] += b
        return np.moveaxis(y, -1, 1), Saved(padded, weight, bias is not None, slide)

    def backward(self, dy: Array, saved: Saved) -> Gradients:
        """δ (N, O, *out) → the gradients of input, weight and bias."""
        return Gradients(self.input_gradient(dy, saved), *self.parameter_gradients(dy, saved))

    def parameter_gradients(self, dy: Array, saved: Saved) -> ParameterGradients:
        """∂L/∂w = Σ_n patchesᵀ · δ, block by block; ∂L/∂b = 1 · δ."""
        delta = channels_last(dy, saved)
        dw = np.zeros_like(kernel_matrix(saved.weight, self.groups), np.result_type(dy, saved.padded))
        for block, patches in unfolded(saved.padded, saved.slide, saved.weight, self.groups):
            dw += patches.swapaxes(1, 2) @ by_group(delta[block], self.groups)
        rows = delta.reshape(-1, delta.shape[-1])
        db = np.ones(len(rows), rows.dtype) @ rows if saved.has_bias else None
        return ParameterGradients(kernels_of(dw, saved.weight), db)

    def input_gradient(self, dy: Array, saved: Saved) -> Array:
        """∂L/∂x: each kernel position u adds δ · w[:, :, u] to the cells that it sees."""
        slide, weight, groups = saved.slide, saved.weight, self.groups
        delta = by_group(channels_last(dy, saved), groups)  # (G, N·L, O/G)
        dx = np.zeros(saved.padded.shape, np.result_type(dy, weight))
        grouped = dx.reshape(*dx.shape[:-1], groups, -1)  # (N, *padded, G, C/G), the same memory
        kernels = weight.reshape(groups, delta.shape[2], weight.shape[1], -1)  # (G, O/G, C/G, K)
        for number, u in enumerate(slide.positions):
            part = delta @ np.ascontiguousarray(kernels[..., number])  # (G, N·L, C/G)
            seen = slide.seen(grouped, u)
            seen += np.moveaxis(part, 0, 1).reshape(seen.shape)
        return np.moveaxis(slide.inside(dx), -1, 1)


def channels_last(dy: Array, saved: Saved) -> Array:
    """δ (N, O, *out) → (N, *out, O), checked."""
    shape = (saved.padded.shape[0], saved.weight.shape[0], *saved.slide.out)
    expect_gradient(dy, shape, "a convolution")
    return np.moveaxis(dy, 1, -1)


def by_group(a: Array, groups: int) -> Array:
    """(N, *out, O) → (G, N·L, O/G): one matrix per group, a view where memory allows."""
    return a.reshape(-1, groups, a.shape[-1] // groups).swapaxes(0, 1)


def kernel_matrix(weight: Array, groups: int) -> Array:
    """(O, C/G, *kernel) → (G, K·C/G, O/G), rows ordered as the patches are: position, then channel."""
    filters, channels = weight.shape[:2]
    cube = weight.reshape(groups, filters // groups, channels, -1)
    return cube.transpose(0, 3, 2, 1).reshape(groups, -1, filters // groups)


def kernels_of(matrix: Array, weight: Array) -> Array:
    """`kernel_matrix` undone: (G, K·C/G, O/G) → the shape of `weight`."""
    groups, _, filters = matrix.shape
    cube = matrix.reshape(groups, -1, weight.shape[1], filters)
    return cube.transpose(0, 3, 2, 1).reshape(weight.shape)


def unfolded(padded: Array, slide: Sliding, weight: Array, groups: int) -> Iterator[tuple[Block, Array]]:
    """(block, patches (G, places, K·C/G)) for a few samples at a time, or a few rows of a large one."""
    windows = slide.windows(padded)  # (N, *out, C, *kernel)
    samples, rows = windows.shape[:2]
    row = prod(slide.out[1:]) * (prod(slide.kernel) * padded.shape[-1] + len(weight)) * padded.itemsize
    most = max(1, BLOCK_BYTES // row)  # rows at a time
    step = max(1, most // rows)  # samples at a time
    for n in range(0, samples, step):
        for i in range(0, rows, most):
            block = slice(n, n + step), slice(i, i + most)
            yield block, unfold_block(windows[block], len(slide.size), groups)


def unfold_block(windows: Array, axes: int, groups: int) -> Array:
    """(n, *places, C, *kernel) as a view → patches (G, n·Π places, K·C/G) as one copy.

    The copy is made in the order that gives the longer contiguous runs; BLAS takes either.
    """
    out, kernel = windows.shape[: axes + 1], windows.shape[axes + 2 :]
    split = windows.reshape(*out, groups, -1, *kernel)  # splitting an axis never copies
    place, group, channel = tuple(range(axes + 1)), axes + 1, axes + 2
    inner = (*range(axes + 3, 2 * axes + 3), channel)  # position, then channel
    rows = prod(out)
    if windows.shape[axes + 1] // groups < FEW_CHANNELS:
        return split.transpose(group, *inner, *place).reshape(groups, -1, rows).swapaxes(1, 2)
    return split.transpose(group, *place, *inner).reshape(groups, rows, -1)
