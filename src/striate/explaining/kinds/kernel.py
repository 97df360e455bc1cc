"""Layers whose weight holds kernels, (filters, channels of a group, *kernel).

What stands behind one output of a convolution: every product, the textbook's drawing, and y = X·W + b.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from striate.derivation import Convolution, Pad, Terms
from striate.derivation import Unit as WeightedSum
from striate.derivation.shapes import Array
from striate.derivation.terms import first_channel
from striate.explaining.kinds.kind import Index, InputGradient, Kind
from striate.explaining.kinds.textbook import SUMMED, MatrixProduct, Textbook, window
from striate.explaining.texts import Texts
from striate.layers import CausalConv3d
from striate.numbers import by, number
from striate.pages import Block, Formula, Grid, Paragraph, Table
from striate.pages.document import planes_of
from striate.pages.maths import Maths, row, sub, sum_of, total
from striate.plain_values import picked


@dataclass(frozen=True, eq=False)
class KernelKind(Kind):
    """A kind whose weight holds kernels, (filters, channels of a group, *kernel)."""

    parameters = ("weight", "bias")
    plain_slopes = True

    @property
    def weight(self) -> Array:
        """The weight in float64."""
        return self.arguments["weight"]

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        names = ("filter", "channel", *("frame", "row", "column")[5 - self.weight.ndim :])
        return {"weight": names, "bias": ("filter",)}

    @abstractmethod
    def row_times_column(self, terms: Terms) -> float:
        """The same gradient as one entry of the product of δ and the unfolded input."""

    def delta_row(self, parameter: str, index: Index) -> Array:
        """δ of the filter of a weight at all its places, over all samples: a row of δ."""
        return self.terms(parameter, index).upstream.reshape(-1)

    def patches_column(self, parameter: str, index: Index) -> Array:
        """What a weight met at these places: a column of the unfolded input."""
        return self.terms(parameter, index).seen.reshape(-1)

    @property
    @abstractmethod
    def gradient_formula(self) -> Maths:
        """∂L/∂w as a sum."""

    def input_gradient(self) -> InputGradient:
        """Σ|term| is the same sum over absolute values."""
        positive = {name: np.abs(values) for name, values in self.arguments.items()}
        terms = self.weight.size // self.weight.shape[1]
        return InputGradient(
            self.back(self.upstream, self.arguments), self.back(np.abs(self.upstream), positive), terms
        )


def pads_of(layer: Any) -> Sequence[Any]:
    """Padding per axis; torch's "same" puts the odd cell behind, a causal one all frames before."""
    if isinstance(layer, CausalConv3d):
        return [(layer.frames_before, 0), *layer.padding[1:]]
    if layer.padding == "valid":
        return [0] * len(layer.kernel_size)
    if layer.padding != "same":
        return tuple(layer.padding)
    added = [d * (k - 1) for d, k in zip(layer.dilation, layer.kernel_size, strict=True)]
    return [(cells // 2, cells - cells // 2) for cells in added]


def before(around: Pad, axes: int) -> Array:
    """Cells that are added before each axis, to be taken from positions (axes, ...)."""
    return np.reshape([first for first, _ in around.pads], (-1,) + (1,) * (axes - 1))


CHANNELS = 16
"""Channels whose products are shown one by one: those that count most."""


@dataclass(frozen=True)
class LinearForm(MatrixProduct):
    """The same number in Y = X · W + b: a row of X for every patch, a column of W for every filter."""

    keys = ("patches", "weights")
    bias: float = 0.0

    def blocks(self, y: Maths, say: Texts) -> Iterator[Block]:
        """Where the entry stands, the matrices with colours that link, and the bias added."""
        yield Formula(row("Y", "=", "X", "·", "W", "+", "b"))
        shapes = {"patches": by(self.left_shape), "weights": by(self.right_shape)}
        yield Paragraph(say("linear", **shapes, row=self.row, column=self.column))
        yield self.grid(say("linear_window", **self.spans()), ("X", "W", "X·W"))
        if self.hidden:
            yield Paragraph(say("linear_rest", count=f"{self.hidden:,}"))
        yield Formula(row(y, "=", sum_of([self.value, self.bias]), "=", number(self.value + self.bias, 6)))


@dataclass(frozen=True)
class Products(WeightedSum):
    """Every product behind one output, by channel and position in the kernel."""

    geometry: Mapping[str, Any] = field(default_factory=dict)
    textbook: Textbook | None = None
    """None where the patch is too wide to be drawn."""
    linear: LinearForm | None = None

    @property
    def summed(self) -> tuple[int, float]:
        return self.products.size + 1, float(np.abs(self.products).sum() + abs(self.bias))

    def to_json(self) -> dict[str, Any]:
        arrays = "patch kernel products channel_sums cells=input_cells in_padding=padding"
        channels = [self.channels.start, self.channels.stop - 1]
        return {"channels": channels, **picked(self, f"bias geometry linear {arrays}")}

    def blocks(self, y: Maths, say: Texts) -> Iterator[Block]:
        """The geometry, patch ⊙ kernel = products of the channels that count most, and their sums."""
        yield Formula(row(y, "=", "b", "+", total("c,u", row(sub("w", "c", "u"), "·", sub("x", "c", "u")))))
        yield Paragraph(say("geometry", **self._geometry()))
        if self.textbook is not None:
            yield self.textbook.block(say)
        sums = self.channel_sums
        order = np.argsort(-np.abs(sums), kind="stable")[:CHANNELS]
        for channel in sorted(order.tolist()):
            yield from self._channel(channel, say)
        if len(sums) > len(order):
            others = float(sums.sum() - sums[order].sum())
            yield Paragraph(say("rest", count=len(sums) - len(order), sum=number(others, 6)))
        if len(sums) > 1:
            rows = tuple((str(self.channels[c]), number(float(s), 6)) for c, s in enumerate(sums))
            yield Table.of_rows(say("sums"), say.heads("channel", "sum"), rows)
        yield Formula(row(y, "=", sum_of([self.bias, *map(float, sums)], 10), "=", number(self.value, 6)))
        if self.linear is not None:
            yield from self.linear.blocks(y, say)

    def _geometry(self) -> dict[str, Any]:
        shape = {name: by(self.geometry[name]) for name in ("kernel", "stride", "dilation")}
        pads = by([str(a) if a == b else f"{a}/{b}" for a, b in self.geometry["padding"]])
        return {**shape, "padding": pads, "groups": self.geometry["groups"], "channels": len(self.channels)}

    def _channel(self, channel: int, say: Texts) -> Iterator[Block]:
        """Patch × kernel = products, one grid per frame of the kernel."""
        groups = planes_of(self.patch[channel], self.kernel[channel], self.products[channel])
        facts = {"channel": self.channels[channel], "sum": number(float(self.channel_sums[channel]), 6)}
        names = (say("patch"), say("kernel"), say("products"))
        for frame, matrices in enumerate(groups):
            key = "channel_frame" if len(groups) > 1 else "channel"
            yield Grid(say(key, frame=frame, **facts), names, matrices, ("⊙", "="))
        if outside := int(self.padding.sum()):
            yield Paragraph(say("outside", count=outside))


def linear_form(
    operation: Convolution, x: Array, weight: Array, bias: Array | None, index: Index
) -> LinearForm:
    """A number of a convolution as an entry of X · W: the patches of its sample and its group of channels.

    Args:
        operation: the geometry.
        x: (N, C, *size), padded already where that is not with zeros.
        weight: (O, C/groups, *kernel).
        bias: (O,), or None.
        index: of the number in the output.
    """
    slide, filters = operation.slide(x, weight), len(weight) // operation.groups
    first, group = first_channel(weight, operation.groups, index[1]), index[1] // filters
    windows = slide.windows(slide.pad(x[index[0] : index[0] + 1, first : first + weight.shape[1]]))[0]
    at, width = int(np.ravel_multi_index(index[2:], slide.out)), prod(weight.shape[1:])
    rows, columns = window(at, prod(slide.out)), window(index[1] % filters, filters)
    places = np.unravel_index(rows, slide.out)
    patches = windows[places].reshape(len(rows), width)
    own = range(group * filters + columns.start, group * filters + columns.stop)
    kernels = weight[own.start : own.stop].reshape(len(own), width).T
    found, mine = patches @ kernels, (at - rows.start, index[1] % filters - columns.start)
    largest = int(np.argmax(np.abs(patches[mine[0]] * kernels[:, mine[1]])))
    inner = window(largest, width, SUMMED)
    return LinearForm(
        row=at,
        column=index[1] % filters,
        left_shape=(prod(slide.out), width),
        right_shape=(width, filters),
        value=float(found[mine]),
        left=patches[:, inner.start : inner.stop],
        right=kernels[inner.start : inner.stop],
        product=found,
        starts=(rows.start, inner.start, columns.start),
        bias=0.0 if bias is None else float(bias[index[1]]),
    )
