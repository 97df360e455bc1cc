"""Pools: the cells under a window, and the one that wins or what their sum is divided by."""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from striate.derivation import AdaptiveAveragePool as AdaptiveAveragePoolByHand
from striate.derivation import AdaptiveMaxPool as AdaptiveMaxPoolByHand
from striate.derivation import AveragePool as AveragePoolByHand
from striate.derivation import MaxPool as MaxPoolByHand
from striate.derivation import winner_cells
from striate.derivation.geometry import Sliding
from striate.derivation.shapes import Array
from striate.derivation.units import window_cells
from striate.explaining.checking import as_array
from striate.explaining.kinds.kind import Fed, Index, Kind, flat_places
from striate.explaining.kinds.pool_window import Window
from striate.explaining.texts import by_language

WINDOW = {
    "en": {"window": "The window", "window_frame": "The window, frame {frame}", "grid": "window"},
    "vi": {"window": "Cửa sổ", "window_frame": "Cửa sổ, khung hình {frame}", "grid": "cửa sổ"},
}


class Pool(Kind):
    """A window on one channel."""

    def reads(self, index: Index) -> Array:
        cells = self.detail(index).cells
        return flat_places(self.record.input.shape, index[:1], [index[1]], cells)

    @abstractmethod
    def detail(self, index: Index) -> Window:
        """The cells under the window."""


@dataclass(frozen=True, eq=False)
class MaxPool(Pool):
    """The largest number under each window."""

    key = "max_pool"
    plain_slopes = True
    layers = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)
    texts = by_language(
        en={
            "name": "max pool",
            "text": "A max pool keeps the largest number under its window.",
            "winner": "The winner is input cell ({cell}); on the way back it alone receives the gradient.",
            **WINDOW["en"],
        },
        vi={
            "name": "gộp cực đại",
            "text": "Phép gộp cực đại giữ lại số lớn nhất trong cửa sổ.",
            "winner": "Ô thắng là ô vào ({cell}); khi lan truyền ngược, chỉ ô này nhận gradient.",
            **WINDOW["vi"],
        },
    )

    @property
    def operation(self) -> MaxPoolByHand:
        layer = self.layer
        return MaxPoolByHand(layer.kernel_size, layer.stride, layer.padding, layer.dilation, layer.ceil_mode)

    def fed(self, index: Index) -> Fed:
        """1 for every window that it won."""
        _, saved = self.operation.forward(_map_of(self.record.input, index))
        place = np.reshape(index[2:], (-1,) + (1,) * len(index[2:]))
        won = np.all(winner_cells(saved)[:, 0, 0] == place, axis=0)
        return in_map(won.astype(float), index)

    def detail(self, index: Index) -> Window:
        one_map = _map_of(self.record.input, index)
        y, saved = self.operation.forward(one_map)
        here = (0, 0, *index[2:])
        values, cells = _under(saved.slide, one_map, index[2:], np.nan)
        winner = tuple(int(axis[here]) for axis in winner_cells(saved))
        return Window(float(y[here]), values, cells, winner)


class Averaging(Pool):
    """A mean of some kind: one number's share does not depend on the others."""

    def fed(self, index: Index) -> Fed:
        """The share that it has in every window over it."""
        one = np.zeros((1, 1, *self.record.input.shape[2:]))
        one[(0, 0, *index[2:])] = 1.0
        return in_map(self.operation.forward(one)[0][0, 0], index)


@dataclass(frozen=True, eq=False)
class AveragePool(Averaging):
    """The mean under each window."""

    key = "average_pool"
    plain_slopes = True
    layers = (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)
    texts = by_language(
        en={
            "name": "average pool",
            "text": "An average pool gives the mean of the numbers under its window.",
            **WINDOW["en"],
        },
        vi={
            "name": "gộp trung bình",
            "text": "Phép gộp trung bình cho trung bình cộng các số trong cửa sổ.",
            **WINDOW["vi"],
        },
    )

    @property
    def operation(self) -> AveragePoolByHand:
        layer = self.layer
        return AveragePoolByHand(
            layer.kernel_size, layer.stride, layer.padding, layer.ceil_mode, layer.count_include_pad,
            vars(layer).get("divisor_override"),
        )  # fmt: skip

    def detail(self, index: Index) -> Window:
        one_map = _map_of(self.record.input, index)
        y, saved = self.operation.forward(one_map)
        outside = 0.0 if self.operation.count_include_pad else np.nan
        values, cells = _under(saved.slide, one_map, index[2:], outside)
        return Window(float(y[(0, 0, *index[2:])]), values, cells, None, float(saved.divisor[index[2:]]))


@dataclass(frozen=True, eq=False)
class AdaptiveAveragePool(Averaging):
    """The mean of each bin."""

    key = "adaptive_pool"
    plain_slopes = True
    layers = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)
    texts = by_language(
        en={
            "name": "adaptive average pool",
            "text": "An adaptive average pool cuts the map into a fixed number of bins and gives the mean of "
            "each.",
            **WINDOW["en"],
        },
        vi={
            "name": "gộp trung bình thích ứng",
            "text": "Phép gộp trung bình thích ứng chia bản đồ thành một số ô cố định và cho trung bình của "
            "mỗi ô.",
            **WINDOW["vi"],
        },
    )

    @property
    def operation(self) -> AdaptiveAveragePoolByHand:
        return AdaptiveAveragePoolByHand(tuple(self.record.output.shape[2:]))

    def detail(self, index: Index) -> Window:
        one_map = _map_of(self.record.input, index)
        y, (_, bins) = self.operation.forward(one_map)
        spans = [np.flatnonzero(shares[i]) for i, shares in zip(index[2:], bins, strict=True)]
        cells = np.stack(np.meshgrid(*spans, indexing="ij"))
        values = one_map[(0, 0, *cells)]
        return Window(float(y[(0, 0, *index[2:])]), values, cells, None, float(values.size))


@dataclass(frozen=True, eq=False)
class AdaptiveMaxPool(Pool):
    """The largest number of each bin."""

    key = "adaptive_max_pool"
    plain_slopes = True
    layers = (nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d)
    texts = by_language(
        en={
            **MaxPool.texts["en"],
            "name": "adaptive max pool",
            "text": "An adaptive max pool cuts the map into a fixed number of bins and keeps the largest "
            "number of each.",
        },
        vi={
            **MaxPool.texts["vi"],
            "name": "gộp cực đại thích ứng",
            "text": "Phép gộp cực đại thích ứng chia bản đồ thành một số ô cố định và giữ lại số lớn nhất "
            "của mỗi ô.",
        },
    )

    @property
    def operation(self) -> AdaptiveMaxPoolByHand:
        return AdaptiveMaxPoolByHand(tuple(self.record.output.shape[2:]))

    def fed(self, index: Index) -> Fed:
        """1 for every bin that it won."""
        _, (_, winners) = self.operation.forward(_map_of(self.record.input, index))
        place = int(np.ravel_multi_index(index[2:], self.record.input.shape[2:]))
        return in_map((winners[0, 0] == place).astype(float), index)

    def detail(self, index: Index) -> Window:
        one_map = _map_of(self.record.input, index)
        y, (_, winners) = self.operation.forward(one_map)
        bins = dict(self.operation.bins(self.record.input.shape[2:]))[tuple(index[2:])]
        cells = np.stack(np.meshgrid(*(np.arange(one.start, one.stop) for one in bins), indexing="ij"))
        winner = np.unravel_index(int(winners[(0, 0, *index[2:])]), self.record.input.shape[2:])
        return Window(
            float(y[(0, 0, *index[2:])]), one_map[(0, 0, *cells)], cells, tuple(int(one) for one in winner)
        )


def in_map(slopes: Array, index: Index) -> Fed:
    """The outputs of one map, (*out) of slopes."""
    places = np.argwhere(slopes)
    return Fed(np.insert(places, [0], index[:2], axis=1), slopes[tuple(places.T)])


def _map_of(x: Tensor, index: Index) -> Array:
    """(1, 1, *size): the map that an output is of."""
    return as_array(x[index[0] : index[0] + 1, index[1] : index[1] + 1])


def _under(slide: Sliding, one_map: Array, position: Index, outside: float) -> tuple[Array, Array]:
    """The numbers under a window and their cells; `outside` where there is no input."""
    cells = window_cells(slide, position)
    inside = ~slide.in_padding(cells)
    values = np.full(inside.shape, outside)
    values[inside] = one_map[(0, 0, *(axis[inside] for axis in cells))]
    return values, cells
