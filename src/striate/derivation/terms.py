"""One gradient worked out: the terms of one weight, bias, γ or β.

The gradient of one convolution weight is a sum over every place that used it,

    ∂L/∂w[o,c,u] = Σ_n Σ_i  δ[n,o,i] · xp[n, g₀+c, i·s + u·d]              N·Π(out) terms

and the same number is one entry of the matrix product  Σ_n δ_n · unfold(x)_nᵀ:  row o, and the column
c·K + u of the patches of o's group (u counted row-major in the kernel of K cells). A bias sees the constant
1 everywhere; a fully connected weight has one term per sample, δ[n,o]·x[n,i], and stands at row o, column i.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from striate.derivation.convolution import Convolution
from striate.derivation.shapes import Array, Sizes, expect_gradient, expect_shape
from striate.derivation.transposed import TransposedConvolution
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

    `input_cells` (axes, *out) is where each output place met the input, `padding` (*out) whether that lies
    outside. `row` and `column` are the entry of the matrix product that is the same number.
    """

    upstream: Array  # δ (N, *out)
    seen: Array  # xp (N, *out)
    input_cells: Array  # (axes, *out)
    padding: Array  # (*out)
    row: int
    column: int
    output_cells: Array | None = None  # (axes, *out), where the arrays do not follow the output's places

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
        outside = bool(self.padding[output_position])
        product, cells = float(upstream * seen), self.output_cells
        place = output_position if cells is None else tuple(int(axis[output_position]) for axis in cells)
        return Term(sample, place, cell, outside, float(upstream), float(seen), product)

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
    cells = slide.input_positions(tuple(position))
    column = int(np.ravel_multi_index((channel, *position), weight.shape[1:]))
    seen = seen_by_weight(convolution, x, weight, index)
    return Terms(dy[:, filter_], seen, cells, slide.in_padding(cells), filter_, column)


def seen_by_weight(convolution: Convolution, x: Array, weight: Array, index: Sequence[int]) -> Array:
    """xp[n, g₀+c, i·s + u·d]: what w[o, c, *u] met at every place of the output, (N, *out).

    Args:
        convolution: its stride, padding, dilation and groups.
        x: (N, C, *size), the layer's input.
        weight: (O, C/groups, *kernel).
        index: (o, c, *u): filter, channel within its group, position in the kernel.
    """
    slide = convolution.slide(x, weight)
    channel = first_channel(weight, convolution.groups, index[0]) + index[1]
    padded = slide.pad(x[:, channel : channel + 1])
    seen: Array = slide.seen(padded, tuple(index[2:]))[..., 0]
    return seen


def first_channel(weight: Array, groups: int, filter_: int) -> int:
    """g₀: the first input channel of the filter's group."""
    return int(filter_ // (len(weight) // groups) * weight.shape[1])


def transposed_terms(
    convolution: TransposedConvolution, x: Array, weight: Array, dy: Array, index: Sequence[int]
) -> Terms:
    """The terms of ∂L/∂w[c, o, *u] of a transposed convolution, one per sample and position of the input.

    Args:
        convolution: its stride, padding, dilation and groups.
        x: (N, C, *size), the layer's input.
        weight: (C, O/groups, *kernel).
        dy: (N, O, *out), the gradient at its output.
        index: (c, o, *u): channel, filter within its group, position in the kernel.

    Raises:
        ArgumentError: an index outside of the weight.
    """
    channel, filter_, *position = in_range(index, weight.shape, "weight")
    own = channel // (len(weight) // convolution.groups) * weight.shape[1] + filter_
    reached = convolution.reached(x.shape[2:], tuple(position))  # (axes, *size)
    size = np.reshape(dy.shape[2:], (-1,) + (1,) * (x.ndim - 2))
    outside: Array = np.any((reached < 0) | (reached >= size), axis=0)
    upstream = dy[(slice(None), own, *np.clip(reached, 0, size - 1))] * ~outside
    cells = np.stack(np.meshgrid(*map(np.arange, x.shape[2:]), indexing="ij"))
    column = int(np.ravel_multi_index((filter_, *position), weight.shape[1:]))
    return Terms(upstream, x[:, channel], cells, outside, channel, column, reached)


def channel_terms(dy: Array, normal: Array | None, channel: int) -> Terms:
    """The terms of ∂L/∂γ[c], δ·x̂ for every sample and place; without x̂ those of ∂L/∂β[c], or of a bias.

    Args:
        dy: (N, C, *out), the gradient at the output.
        normal: x̂ of the same shape; None for the constant 1.
        channel: c.
    """
    (c,) = in_range([channel], dy.shape[1:2], "channel")
    upstream = dy[:, c]
    seen = np.ones_like(upstream) if normal is None else normal[:, c]
    return Terms(upstream, seen, cells_of(upstream.shape[1:]), np.zeros(upstream.shape[1:], bool), c, 0)


def place_terms(dy: Array, normal: Array | None, index: Sequence[int]) -> Terms:
    """The same for γ and β of a place in the last axes: δ[…, index]·x̂[…, index], one for every row.

    Args:
        dy: (N, ..., *shape), the gradient at the output.
        normal: x̂ of the same shape; None for the constant 1.
        index: in the last axes.
    """
    place = in_range(index, dy.shape[-len(index) :], "place")
    where: tuple[Any, ...] = (..., *place)
    upstream = dy[where]
    seen = np.ones_like(upstream) if normal is None else normal[where]
    rows = upstream.shape[1:]
    number = int(np.ravel_multi_index(place, dy.shape[-len(index) :]))
    return Terms(upstream, seen, cells_of(rows), np.zeros(rows, bool), number, 0)


def cells_of(places: Sizes) -> Array:
    """The places themselves: (axes, *places)."""
    return np.stack(np.meshgrid(*map(np.arange, places), indexing="ij")) if places else np.empty((0,), int)


def bias_terms(dy: Array, index: int) -> Terms:
    """The terms of ∂L/∂b[o]: δ[n,o,i] · 1 for every sample and place; column 0 of δ · 1.

    Args:
        dy: (N, O, *out), the gradient at the output.
        index: o, the filter.
    """
    (o,) = in_range([index], dy.shape[1:2], "bias")
    return channel_terms(dy, None, o)


def fully_connected_terms(x: Array, dy: Array, index: Sequence[int]) -> Terms:
    """The terms of ∂L/∂W[o, i]: δ[n,…,o]·x[n,…,i], one per sample and row.

    Args:
        x: (N, ..., in), the input.
        dy: (N, ..., out), the gradient at the output.
        index: (o, i): which weight.

    Raises:
        ArgumentError: an index outside of the weight.
    """
    shape = (*x.shape[:-1], dy.shape[-1])
    expect_shape(dy, shape, "the upstream gradient", "one row for every row of the input")
    o, i = in_range(index, (dy.shape[-1], x.shape[-1]), "weight")
    rows = x.shape[1:-1]
    return Terms(dy[..., o], x[..., i], cells_of(rows), np.zeros(rows, bool), o, i)
