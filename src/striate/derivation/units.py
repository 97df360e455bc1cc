"""One output worked out: the products behind it, or the cells that a max pool chose from."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from striate.derivation.convolution import Convolution
from striate.derivation.geometry import Sliding
from striate.derivation.max_pooling import MaxPool, lowest
from striate.derivation.shapes import Array, Sizes
from striate.derivation.terms import first_channel, in_range


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
