"""One number worked out: the terms of one weight's gradient, and the products behind one output.

The gradient of one convolution weight is a sum over every place that used it,

    ∂L/∂w[o,c,u] = Σ_n Σ_i  δ[n,o,i] · xp[n, g₀+c, i·s + u·d]              N·Π(out) terms

and the same number is one entry of the matrix product  Σ_n δ_n · unfold(x)_nᵀ:  row o, and the column
c·K + u of the patches of o's group (u counted row-major in the kernel of K cells). A bias sees the constant
1 everywhere; a fully connected weight has one term per sample, δ[n,o]·x[n,i], and stands at row o, column i.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np

from striate.derivation.convolution import Convolution
from striate.derivation.geometry import Sliding
from striate.derivation.max_pooling import MaxPool, lowest
from striate.derivation.shapes import Array, Sizes, expect_gradient, expect_shape
from striate.errors import ArgumentError


class Term(NamedTuple):
    """One summand: upstream gradient × what the weight saw there."""

    sample: int
    output_position: Sizes
    input_position: Sizes
    in_padding: bool
    upstream: float
    seen: float
    value: float


@dataclass(frozen=True)
class Terms:
    """All terms of one parameter's gradient, as arrays over (sample, *output position).

    `input_cells` (axes, *out) is where each output place met the input, `padding` (*out) whether that lies in
    the padding. `row` and `column` are the entry of the matrix product that is the same number.
    """

    upstream: Array  # δ (N, *out)
    seen: Array  # xp (N, *out)
    input_cells: Array  # (axes, *out)
    padding: Array  # (*out)
    row: int
    column: int

    @property
    def values(self) -> Array:
        """The terms themselves: (N, *out)."""
        product: Array = self.upstream * self.seen
        return product

    @property
    def total(self) -> float:
        """Their sum, in float64: the gradient."""
        return float(self.values.sum(dtype=np.float64))

    @property
    def per_sample(self) -> Array:
        """The sum of each sample's terms: (N,)."""
        sums: Array = self.values.reshape(len(self.upstream), -1).sum(axis=1, dtype=np.float64)
        return sums

    def at(self, sample: int, *output_position: int) -> Term:
        """One term with its positions."""
        index = (sample, *output_position)
        upstream, seen = self.upstream[index], self.seen[index]
        cell = tuple(int(axis[output_position]) for axis in self.input_cells)
        inside = bool(self.padding[output_position])
        return Term(
            sample, output_position, cell, inside, float(upstream), float(seen), float(upstream * seen)
        )

    def largest(self, count: int) -> list[Term]:
        """The terms of largest size, the largest first; among equals the earliest first."""
        order = np.argsort(-np.abs(self.values), axis=None, kind="stable")[:count]
        return [self.at(*map(int, np.unravel_index(flat, self.upstream.shape))) for flat in order]


def in_range(index: Sequence[int], shape: Sizes, what: str) -> Sizes:
    """The index as a tuple; raises ArgumentError that says the valid range."""
    if len(index) != len(shape) or not all(0 <= i < size for i, size in zip(index, shape, strict=True)):
        ranges = ", ".join(f"0–{size - 1}" for size in shape)
        raise ArgumentError(f"{what} {tuple(index)} is out of range: expected {ranges}")
    return tuple(index)


def weight_terms(convolution: Convolution, x: Array, weight: Array, dy: Array, index: Sequence[int]) -> Terms:
    """The terms of ∂L/∂w[o, c, *u], one per sample and position of the output.

    Args:
        convolution: its stride, padding, dilation and groups.
        x: (N, C, *size), the layer's input.
        weight: (O, C/groups, *kernel).
        dy: (N, O, *out), the gradient at its output.
        index: (o, c, *u): filter, channel within its group, position in the kernel.

    Raises:
        ArgumentError: an index outside of the weight.
    """
    slide = convolution.slide(x, weight)
    filter_, channel, *position = in_range(index, weight.shape, "weight")
    expect_gradient(dy, (len(x), len(weight), *slide.out), "a convolution")
    first = first_channel(weight, convolution.groups, filter_)
    padded = slide.pad(x[:, first + channel : first + channel + 1])
    seen = slide.seen(padded, tuple(position))[..., 0]
    cells = slide.input_positions(tuple(position))
    column = int(np.ravel_multi_index((channel, *position), weight.shape[1:]))
    return Terms(dy[:, filter_], seen, cells, slide.in_padding(cells), filter_, column)


def first_channel(weight: Array, groups: int, filter_: int) -> int:
    """g₀: the first input channel of the filter's group."""
    return int(filter_ // (len(weight) // groups) * weight.shape[1])


def bias_terms(dy: Array, index: int) -> Terms:
    """The terms of ∂L/∂b[o]: δ[n,o,i] · 1 for every sample and place; column 0 of δ · 1.

    Args:
        dy: (N, O, *out), the gradient at the output.
        index: o, the filter.
    """
    (o,) = in_range([index], dy.shape[1:2], "bias")
    upstream = dy[:, o]
    places = upstream.shape[1:]
    cells = np.stack(np.meshgrid(*map(np.arange, places), indexing="ij")) if places else np.empty((0,), int)
    return Terms(upstream, np.ones_like(upstream), cells, np.zeros(places, bool), o, 0)


def fully_connected_terms(x: Array, dy: Array, index: Sequence[int]) -> Terms:
    """The terms of ∂L/∂W[o, i]: δ[n,o]·x[n,i], one per sample; x (N, in), dy (N, out).

    Args:
        x: (N, in), the input.
        dy: (N, out), the gradient at the output.
        index: (o, i): which weight.

    Raises:
        ArgumentError: an index outside of the weight.
    """
    expect_shape(dy, (len(x), dy.shape[-1]), "the upstream gradient", "one row for every sample of the input")
    o, i = in_range(index, (dy.shape[1], x.shape[1]), "weight")
    return Terms(dy[:, o], x[:, i], np.empty((0,), int), np.zeros((), bool), o, i)


@dataclass(frozen=True)
class Unit:
    """One output of a convolution worked out: y = b + Σ_c Σ_u kernel · patch."""

    patch: Array  # (C/groups, *kernel), zeros where in the padding
    kernel: Array  # (C/groups, *kernel)
    bias: float
    channels: range  # the input channels of the patch
    input_cells: Array  # (axes, *kernel)
    padding: Array  # (*kernel)

    @property
    def products(self) -> Array:
        """kernel · patch, cell by cell."""
        product: Array = self.kernel * self.patch
        return product

    @property
    def channel_sums(self) -> Array:
        """What each input channel contributes: (C/groups,), in float64."""
        sums: Array = self.products.reshape(len(self.patch), -1).sum(axis=1, dtype=np.float64)
        return sums

    @property
    def value(self) -> float:
        """y, before any activation."""
        return float(self.channel_sums.sum() + self.bias)


def convolution_unit(
    convolution: Convolution, x: Array, weight: Array, bias: Array | None, index: Sequence[int]
) -> Unit:
    """Output [n, o, *i] of a convolution, `index` = (n, o, *i).

    Args:
        convolution: its stride, padding, dilation and groups.
        x: (N, C, *size), the input.
        weight: (O, C/groups, *kernel).
        bias: (O,), or None.
        index: (n, o, *i): sample, filter, position in the output.

    Raises:
        ArgumentError: an index outside of the output.
    """
    slide = convolution.slide(x, weight)
    sample, filter_, *place = in_range(index, (len(x), len(weight), *slide.out), "output")
    first = first_channel(weight, convolution.groups, filter_)
    channels = range(first, first + weight.shape[1])
    padded = slide.pad(x[sample : sample + 1, channels.start : channels.stop])
    patch = slide.windows(padded)[(0, *place)]  # (C/groups, *kernel)
    cells = window_cells(slide, place)
    b = 0.0 if bias is None else float(bias[filter_])
    return Unit(patch.copy(), weight[filter_], b, channels, cells, slide.in_padding(cells))


def window_cells(slide: Sliding, place: Sequence[int]) -> Array:
    """The input cells under the window at one output place: (axes, *kernel)."""
    axes = zip(place, slide.stride, slide.dilation, slide.kernel, slide.pads, strict=True)
    along = [i * s - p + np.arange(k) * d for i, s, d, k, (p, _) in axes]
    return np.stack(np.meshgrid(*along, indexing="ij"))


def fully_connected_unit(x: Array, weight: Array, bias: Array | None, index: Sequence[int]) -> Unit:
    """Output [n, o] of a fully connected layer: each input is a channel with a kernel of one cell.

    Args:
        x: (N, in), the input.
        weight: (out, in).
        bias: (out,), or None.
        index: (n, o): sample, output.

    Raises:
        ArgumentError: an index outside of the output.
    """
    sample, o = in_range(index, (len(x), len(weight)), "output")
    b = 0.0 if bias is None else float(bias[o])
    cells = np.empty((0,), int)
    return Unit(x[sample], weight[o], b, range(prod(x.shape[1:])), cells, np.zeros((), bool))


@dataclass(frozen=True)
class Window:
    """One output of a max pool worked out: the cells it chose from, and which it chose."""

    patch: Array  # (*kernel), −∞ where in the padding
    winner: Sizes  # the position in the kernel
    input_cells: Array  # (axes, *kernel)
    padding: Array  # (*kernel)

    @property
    def value(self) -> float:
        """y: the winner's value."""
        return float(self.patch[self.winner])

    @property
    def input_position(self) -> Sizes:
        """Where in the input the winner stands."""
        return tuple(int(axis[self.winner]) for axis in self.input_cells)


def max_pool_window(pool: MaxPool, x: Array, index: Sequence[int]) -> Window:
    """Output [n, c, *i] of a max pool, `index` = (n, c, *i).

    Args:
        pool: its kernel, stride, padding and dilation.
        x: (N, C, *size), the input.
        index: (n, c, *i): sample, channel, position in the output.

    Raises:
        ArgumentError: an index outside of the output.
    """
    slide = pool.slide(x)
    sample, channel, *place = in_range(index, (*x.shape[:2], *slide.out), "output")
    one = x[sample : sample + 1, channel : channel + 1]
    _, saved = pool.forward(one)
    winner = np.unravel_index(saved.winner[(0, 0, *place)], slide.kernel)
    patch = slide.windows(slide.pad(one, fill=lowest(x.dtype)))[(0, *place, 0)]
    cells = window_cells(slide, place)
    return Window(patch.copy(), tuple(map(int, winner)), cells, slide.in_padding(cells))
