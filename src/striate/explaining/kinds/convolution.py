"""Convolutions of any number of axes: kernel · patch, cell by cell, channel by channel, plus the bias."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

import numpy as np
from torch import nn

from striate.derivation import Convolution as ConvolutionByHand
from striate.derivation import Pad, Terms, bias_terms, convolution_unit, unfold, weight_terms
from striate.derivation.geometry import pads_per_axis
from striate.derivation.moving import Saved as Padded
from striate.derivation.shapes import Array
from striate.derivation.terms import first_channel, seen_by_weight
from striate.explaining.checking import as_array
from striate.explaining.kinds.kernel import KernelKind, Products, before, linear_form, pads_of
from striate.explaining.kinds.kind import Fed, Index, InputGradient, Kind, flat_places
from striate.explaining.kinds.textbook import textbook
from striate.explaining.texts import by_language
from striate.pages.maths import Maths, row, sub, total
from striate.tracing.layer_record import LayerRecord


@dataclass(frozen=True, eq=False)
class Convolution(KernelKind):
    """Any stride, padding with zeros, dilation and groups."""

    key = "convolution"
    layers = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
    texts = by_language(
        en={
            "name": "convolution",
            "text": "A convolution lays a small kernel on every place of the input. One output is the sum of "
            "products of the kernels with the patch under them, plus a bias.",
            "geometry": "Kernels in this filter: {channels}, of {kernel}; stride {stride}, padding "
            "{padding}, dilation {dilation}, groups {groups}. Each kernel lies on its patch of the input; "
            "cell by cell they are multiplied, and all products are added.",
            "channel": "Input channel {channel}: patch ⊙ kernel = products, which add up to {sum}",
            "channel_frame": "Input channel {channel}, frame {frame} of the kernel (the channel's sum over "
            "all frames: {sum})",
            "outside": "{count} cells of the patch lie in the padding and count as 0.",
            "rest": "The {count} other channels, whose sums are smaller, add {sum}.",
            "sums": "What each input channel adds",
            "patch": "patch",
            "kernel": "kernel",
            "products": "products",
            "textbook": "Input channel {channel} around the patch (rows {rows}, columns {columns}), the "
            "kernel that lies on it, and the number of map {filter} that they make",
            "textbook_many": "Input channel {channel} around the patch (rows {rows}, columns {columns}), the "
            "kernel that lies on it, and the number of map {filter} that they make together with the "
            "kernels on {others} other channels",
            "textbook_input": "input",
            "textbook_output": "output",
            "linear": "The same as a linear layer: the patch at every place is a row of X ({patches}), every "
            "filter a column of W ({weights}). Row {row} times column {column}, plus the bias, is this "
            "number.",
            "linear_window": "Rows of X {rows}, its columns {inner}, filters {columns}: the row, the column "
            "and the entry are marked",
            "linear_rest": "The other {count} columns of X are not shown, but count in the product.",
        },
        vi={
            "name": "tích chập",
            "text": "Phép tích chập đặt một nhân nhỏ lên từng vị trí của đầu vào. Mỗi đầu ra là tổng các "
            "tích giữa các nhân và vùng bên dưới chúng, cộng với độ lệch (bias).",
            "geometry": "Bộ lọc gồm {channels} nhân cỡ {kernel}; bước nhảy {stride}, đệm {padding}, độ giãn "
            "{dilation}, số nhóm {groups}. Mỗi nhân đặt lên vùng tương ứng của đầu vào; từng ô được nhân với "
            "nhau, rồi mọi tích được cộng lại.",
            "channel": "Kênh vào {channel}: vùng ⊙ nhân = các tích, tổng bằng {sum}",
            "channel_frame": "Kênh vào {channel}, khung hình {frame} của nhân (tổng của kênh qua mọi khung "
            "hình: {sum})",
            "outside": "{count} ô của vùng nằm trong phần đệm và được tính là 0.",
            "rest": "{count} kênh còn lại, có tổng nhỏ hơn, đóng góp thêm {sum}.",
            "sums": "Phần đóng góp của từng kênh vào",
            "patch": "vùng",
            "kernel": "nhân",
            "products": "các tích",
            "textbook": "Kênh vào {channel} quanh vùng (hàng {rows}, cột {columns}), nhân đặt trên vùng ấy, "
            "và con số của bản đồ {filter} mà chúng tạo ra",
            "textbook_many": "Kênh vào {channel} quanh vùng (hàng {rows}, cột {columns}), nhân đặt trên vùng "
            "ấy, và con số của bản đồ {filter} mà chúng tạo ra cùng với các nhân trên {others} kênh khác",
            "textbook_input": "đầu vào",
            "textbook_output": "đầu ra",
            "linear": "Cũng phép tính đó dưới dạng một tầng tuyến tính: vùng tại mỗi vị trí là một hàng của "
            "X ({patches}), mỗi bộ lọc là một cột của W ({weights}). Hàng {row} nhân với cột {column}, cộng "
            "với độ lệch (bias), chính là con số này.",
            "linear_window": "Các hàng của X {rows}, các cột của nó {inner}, các bộ lọc {columns}: hàng, cột "
            "và phần tử ấy được đánh dấu",
            "linear_rest": "{count} cột còn lại của X không hiện ra nhưng vẫn được tính trong tích.",
        },
    )

    @classmethod
    def of(cls, record: LayerRecord) -> Kind:
        """A kernel of one cell makes it pointwise."""
        weight = record.parameters["weight"]
        return (Pointwise if prod(weight.shape[2:]) == 1 else Convolution)(record)

    @property
    def operation(self) -> ConvolutionByHand:
        layer = self.layer
        pads = 0 if self.around is not None else pads_of(layer)
        return ConvolutionByHand(layer.stride, pads, layer.dilation, layer.groups)

    @property
    def around(self) -> Pad | None:
        """What pads the input with numbers of its own, where it is not padded with zeros."""
        mode = self.layer.padding_mode
        pads = pads_per_axis(pads_of(self.layer), len(self.layer.kernel_size))
        return None if mode == "zeros" else Pad(pads, mode)

    @cached_property
    def x(self) -> Array:
        """The input; padded where that is not with zeros."""
        x = as_array(self.record.input)
        return x if self.around is None else self.around.forward(x)[0]

    def input_gradient(self) -> InputGradient:
        found = super().input_gradient()
        if self.around is None:
            return found
        shape = tuple(self.record.input.shape)
        saved = Padded(shape, self.around.sources(shape))
        value, size = (self.around.backward(one, saved) for one in (found.value, found.size))
        return InputGradient(value, size, found.terms * 2 ** len(shape[2:]))

    def detail(self, index: Index) -> Products:
        operation = self.operation
        bias = self.arguments.get("bias")
        unit = convolution_unit(operation, self.x, self.weight, bias, index)
        slide = operation.slide(self.x, self.weight)
        pads = slide.pads if self.around is None else self.around.pads
        geometry = {
            "kernel": list(slide.kernel),
            "stride": list(slide.stride),
            "padding": [list(pair) for pair in pads],
            "dilation": list(slide.dilation),
            "groups": operation.groups,
        }
        drawn = textbook(operation, self.x, self.weight, as_array(self.record.output), index, unit)
        linear = linear_form(operation, self.x, self.weight, bias, index)
        if self.around is not None:
            unit = replace(unit, input_cells=unit.input_cells - before(self.around, unit.input_cells.ndim))
            drawn = None if drawn is None else drawn.moved(self.around.pads)
        return Products(**vars(unit), geometry=geometry, textbook=drawn, linear=linear)

    def fed(self, index: Index) -> Fed:
        """w[o, c, u] for every output and position of the kernel that looks at the place."""
        shape = tuple(self.record.input.shape)
        if self.around is None:
            return self.fed_from([index])
        sources = self.around.sources(shape)
        places = np.argwhere(sources == np.ravel_multi_index(index, shape))
        return self.fed_from([tuple(place) for place in places.tolist()])

    def reads(self, index: Index) -> Array:
        shape = tuple(self.record.input.shape)
        unit = convolution_unit(self.operation, self.x, self.weight, None, index)
        flat = flat_places(self.x.shape, index[:1], unit.channels, unit.input_cells)
        return flat if self.around is None else self.around.sources(shape).reshape(-1)[flat]

    def fed_from(self, places: Sequence[Index]) -> Fed:
        """The outputs that cells of the (padded) input feed."""
        sample, channel = places[0][:2]
        weight = self.record.parameters["weight"]  # of which one channel is looked at
        group, within = divmod(channel, weight.shape[1])
        filters = len(weight) // self.operation.groups
        kernels = as_array(weight[group * filters : (group + 1) * filters, within])
        taken = self.record.input.shape if self.around is None else self.x.shape
        shapes = [np.broadcast_to(0.0, tuple(shape)) for shape in (taken, weight.shape)]
        slide, found = self.operation.slide(*shapes), dict[Index, Array]()
        for place, u in product(places, slide.positions):
            out = slide.output_that_meets(place[2:], u)
            if out is not None:
                weights: Any = (..., *u)
                found[out] = found.get(out, np.zeros(filters)) + kernels[weights]
        met = sorted(found)
        slopes = np.array([found[out] for out in met]).reshape(-1, filters).T.reshape(-1)
        where = np.empty((len(slopes), 2 + len(slide.size)), int)
        where[:, 0] = sample
        where[:, 1] = np.repeat(group * filters + np.arange(filters), len(met))
        where[:, 2:] = np.tile(np.array(met, int).reshape(-1, len(slide.size)), (filters, 1))
        feeds = slopes != 0
        return Fed(where[feeds], slopes[feeds])

    def terms(self, parameter: str, index: Index) -> Terms:
        """δ × input, wherever the weight was used; δ for a bias."""
        if parameter == "bias":
            return bias_terms(self.upstream, *index)
        found = weight_terms(self.operation, self.x, self.weight, self.upstream, index)
        if self.around is None:
            return found
        return replace(found, input_cells=found.input_cells - before(self.around, found.input_cells.ndim))

    def row_times_column(self, terms: Terms) -> float:
        """Row o of δ times column c·K + u of the patches, over all samples."""
        channel, position = divmod(terms.column, prod(self.weight.shape[2:]))
        patches = self._patches(terms.row, channel)[:, position]  # (N, L)
        return float((self.upstream[:, terms.row].reshape(len(self.x), -1) * patches).sum())

    def kernel_sums(self, parameter: str, index: Index) -> tuple[Array, Array]:
        """The patches of one channel, a row for each weight, times δ."""
        patches, shape = self._patches(index[0], index[1]), self.weight.shape[2:]  # (N, K, L)
        delta = self.upstream[:, index[0]].reshape(len(self.x), -1)
        sums, sizes = (
            np.einsum("nkl,nl->k", one, other)
            for one, other in ((patches, delta), (np.abs(patches), np.abs(delta)))
        )
        return sums.reshape(shape), sizes.reshape(shape)

    def _patches(self, filter_: int, channel: int) -> Array:
        """What the kernel of a filter for a channel within its group met: (N, K, L)."""
        first = first_channel(self.weight, self.operation.groups, filter_) + channel
        return unfold(self.x[:, first : first + 1], self.operation.slide(self.x, self.weight))

    def delta_row(self, parameter: str, index: Index) -> Array:
        return self.upstream[:, index[0]].reshape(-1)

    def patches_column(self, parameter: str, index: Index) -> Array:
        return seen_by_weight(self.operation, self.x, self.weight, index).reshape(-1)

    @property
    def gradient_formula(self) -> Maths:
        """Over samples and positions of the output."""
        seen = sub("x", "n", "c", row("i", "·", "s", "+", "u", "·", "d"))
        return total("n,i", row(sub("δ", "n", "o", "i"), "·", seen))

    def back(self, upstream: Array, arguments: Mapping[str, Array]) -> Array:
        """The input's gradient alone."""
        _, saved = self.operation.forward(self.x, **arguments)
        return self.operation.input_gradient(upstream, saved)


@dataclass(frozen=True, eq=False)
class Pointwise(Convolution):
    """A convolution whose kernels have one cell."""

    key = "pointwise"
    texts = by_language(
        en={
            **Convolution.texts["en"],
            "name": "1×1 convolution",
            "text": "A 1×1 convolution looks at one pixel and mixes its channels: a fully connected layer, "
            "the same at every pixel.",
        },
        vi={
            **Convolution.texts["vi"],
            "name": "tích chập 1×1",
            "text": "Phép tích chập 1×1 chỉ nhìn một điểm ảnh và trộn các kênh của nó: một tầng kết nối đầy "
            "đủ, giống nhau tại mọi điểm ảnh.",
        },
    )
