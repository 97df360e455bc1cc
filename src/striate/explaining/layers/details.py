"""What stands behind one number, by kind of layer. Each knows its `value`, which is that number."""

from dataclasses import dataclass, field
from math import prod
from typing import Any, Protocol

import numpy as np

from striate.derivation import Unit as HandUnit
from striate.derivation import convolution_unit, winner_cells
from striate.derivation.geometry import Sliding
from striate.derivation.shapes import Array
from striate.derivation.terms import window_cells
from striate.explaining.layers.working import Working


class Detail(Protocol):
    """What every kind can do."""

    @property
    def value(self) -> float: ...
    def to_json(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Products:
    """A weighted sum: kernel · patch, cell by cell, channel by channel, plus the bias."""

    patch: Array  # (C, *kernel)
    kernel: Array  # (C, *kernel)
    products: Array  # (C, *kernel)
    channel_sums: Array  # (C,)
    bias: float
    value: float
    channels: range  # the input channels that the filter looks at
    cells: Array  # (axes, *kernel): where each kernel position meets the input
    padding: Array  # (*kernel): which of them lie in the padding
    geometry: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, unit: HandUnit, geometry: dict[str, Any]) -> "Products":
        """What `derivation` worked out."""
        return cls(
            unit.patch, unit.kernel, unit.products, unit.channel_sums, unit.bias, unit.value, unit.channels,
            unit.input_cells, unit.padding, geometry,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "channels": [self.channels.start, self.channels.stop - 1],
            "patch": self.patch.tolist(),
            "kernel": self.kernel.tolist(),
            "products": self.products.tolist(),
            "channel_sums": self.channel_sums.tolist(),
            "bias": self.bias,
            "cells": self.cells.tolist(),
            "in_padding": self.padding.tolist(),
            "geometry": self.geometry,
        }


@dataclass(frozen=True)
class Window:
    """A pool: the cells under the window, and the one that won or what they are divided by."""

    value: float
    values: Array  # (*kernel), nan where there is no cell
    cells: Array  # (axes, *kernel)
    winner: tuple[int, ...] | None  # the input cell that won
    divisor: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain values; null where there is no cell."""
        numbers = np.where(np.isfinite(self.values), self.values, None)  # type: ignore[call-overload]
        return {
            "window": numbers.tolist(),
            "cells": self.cells.tolist(),
            "winner": None if self.winner is None else list(self.winner),
            "divisor": self.divisor,
        }


@dataclass(frozen=True)
class Point:
    """A function of one number."""

    value: float
    input: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"input": self.input}


@dataclass(frozen=True)
class Normal:
    """A batch normalisation: y = γ·(x − μ)/√(v + ε) + β."""

    value: float
    input: float
    mean: float
    variance: float
    epsilon: float
    weight: float
    bias: float
    normal: float
    of_batch: bool
    """Whether μ and v are of this batch (training) or were gathered in training (evaluation)."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return dict(vars(self))


@dataclass(frozen=True)
class Moved:
    """A number that only changed its place."""

    value: float
    source: tuple[int, ...]
    input_shape: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"source": list(self.source), "input_shape": list(self.input_shape)}


@dataclass(frozen=True)
class Shift:
    """A temporal shift: which frame each channel of each frame came from; −1 where zeros came in."""

    value: float
    source_frames: Array  # (C, T)
    channel: int
    frame: int

    @property
    def came_from(self) -> int:
        """The frame that this number came from."""
        return int(self.source_frames[self.channel, self.frame])

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"source_frames": self.source_frames.tolist(), "came_from": self.came_from}


def products_of(how: Working, x: Array, index: tuple[int, ...]) -> Products:
    """Output [n, o, *i] of a convolution."""
    operation, weight = how.operation, how.arguments["weight"]
    slide = operation.slide(x, weight)
    geometry = {
        "kernel": list(slide.kernel),
        "stride": list(slide.stride),
        "padding": [list(pair) for pair in slide.pads],
        "dilation": list(slide.dilation),
        "groups": operation.groups,
    }
    return Products.of(convolution_unit(operation, x, weight, how.arguments.get("bias"), index), geometry)


def max_window(how: Working, x: Array, index: tuple[int, ...]) -> Window:
    """Output [n, c, *i] of a max pool, and the cell that won."""
    one = x[index[0] : index[0] + 1, index[1] : index[1] + 1]
    y, saved = how.operation.forward(one)
    spot = (0, 0, *index[2:])
    values, cells = _under(saved.slide, one, index[2:], np.nan)
    winner = tuple(int(axis[spot]) for axis in winner_cells(saved))
    return Window(float(y[spot]), values, cells, winner, None)


def average_window(how: Working, x: Array, index: tuple[int, ...]) -> Window:
    """Output [n, c, *i] of an average pool, and what its sum is divided by."""
    one = x[index[0] : index[0] + 1, index[1] : index[1] + 1]
    y, saved = how.operation.forward(one)
    counts = how.operation.count_include_pad
    values, cells = _under(saved.slide, one, index[2:], 0.0 if counts else np.nan)
    return Window(float(y[(0, 0, *index[2:])]), values, cells, None, float(saved.divisor[index[2:]]))


def bins_window(how: Working, x: Array, index: tuple[int, ...]) -> Window:
    """Output [n, c, *i] of an adaptive average pool: the bin it is the mean of."""
    one = x[index[0] : index[0] + 1, index[1] : index[1] + 1]
    y, (shape, _) = how.operation.forward(one)
    bins = zip(index[2:], x.shape[2:], shape[2:], strict=True)
    spans = [range(i * n // out, -(-(i + 1) * n // out)) for i, n, out in bins]
    cells = np.stack(np.meshgrid(*spans, indexing="ij"))
    values = one[(0, 0, *cells)]
    return Window(float(y[(0, 0, *index[2:])]), values, cells, None, float(prod(map(len, spans))))


def _under(slide: Sliding, one: Array, place: tuple[int, ...], outside: float) -> tuple[Array, Array]:
    """The numbers under a window and their cells; `outside` where there is no input."""
    cells = window_cells(slide, place)
    inside = ~slide.in_padding(cells)
    values = np.full(inside.shape, outside)
    values[inside] = one[(0, 0, *(axis[inside] for axis in cells))]
    return values, cells
