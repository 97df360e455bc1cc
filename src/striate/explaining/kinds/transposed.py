"""Transposed convolutions of any number of axes: the inputs whose kernels reach a place of the output."""

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from torch import nn

from striate.derivation import Terms, TransposedConvolution, bias_terms, transposed_terms
from striate.explaining.kinds.kernel import KernelKind
from striate.explaining.kinds.kind import Fed, Index, fed_by
from striate.explaining.kinds.weighted import WeightedCells
from striate.explaining.texts import named
from striate.pages.maths import Maths, row, sub, total


@dataclass(frozen=True, eq=False)
class Transposed(KernelKind):
    """Any stride, padding, dilation and groups."""

    key = "transposed_convolution"
    layers = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
    texts = named(
        en=(
            "transposed convolution",
            "A transposed convolution lays, for every input, a scaled kernel on the output; where they "
            "overlap, they add up. One output is the sum over the inputs whose kernels reach it, plus a "
            "bias.",
        ),
        vi=(
            "tích chập chuyển vị",
            "Với mỗi đầu vào, phép tích chập chuyển vị đặt một nhân đã nhân tỉ lệ lên đầu ra; chỗ nào chồng "
            "lên nhau thì cộng lại. Mỗi đầu ra là tổng qua các đầu vào có nhân chạm tới nó, cộng với độ "
            "lệch (bias).",
        ),
    )

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        names = ("channel", "filter", *("frame", "row", "column")[5 - self.weight.ndim :])
        return {"weight": names, "bias": ("filter",)}

    @property
    def operation(self) -> TransposedConvolution:
        layer, axes = self.layer, self.x.ndim - 2
        plain = TransposedConvolution(layer.stride, layer.padding, layer.dilation, layer.groups)
        least = plain.out(self.x, self.weight)
        out = tuple(self.record.output.shape[2:])
        return replace(plain, extra=[out[axis] - least[axis] for axis in range(axes)])

    def detail(self, index: Index) -> WeightedCells:
        sample, filter_, *place = index
        operation, weight = self.operation, self.weight
        stride, padding, dilation, _ = operation.geometry(len(place))
        group, own = divmod(filter_, weight.shape[1])
        wide = len(weight) // operation.groups
        cells: list[tuple[int, ...]] = []
        weights: list[float] = []
        for u in product(*map(range, weight.shape[2:])):
            along = zip(place, padding, u, dilation, stride, self.x.shape[2:], strict=True)
            met = [_met(i + p - v * d, s, n) for i, p, v, d, s, n in along]
            if None not in met:
                for channel in range(group * wide, (group + 1) * wide):
                    cells.append((sample, channel, *met))  # type: ignore[arg-type]
                    weights.append(float(weight[(channel, own, *u)]))
        places = np.array(cells, int).reshape(-1, len(index))
        bias = self.arguments.get("bias")
        b = 0.0 if bias is None else float(bias[filter_])
        return WeightedCells(places, self.x[tuple(places.T)], np.array(weights), b)

    def fed(self, index: Index) -> Fed:
        """w[c, o, u] for every output under its kernel."""
        group = index[1] // (len(self.weight) // self.operation.groups)
        one = np.zeros((1, 1, *self.x.shape[2:]))
        one[(0, 0, *index[2:])] = 1.0
        kernels = self.weight[index[1] : index[1] + 1]
        found = fed_by(replace(self.operation, groups=1).forward(one, kernels)[0], index[0])
        found.places[:, 1] += group * self.weight.shape[1]
        return found

    def terms(self, parameter: str, index: Index) -> Terms:
        """δ × input, for every input; δ for a bias."""
        if parameter == "bias":
            return bias_terms(self.upstream, *index)
        return transposed_terms(self.operation, self.x, self.weight, self.upstream, index)

    def filter_of(self, parameter: str, index: Index) -> int:
        return index[0] if parameter == "bias" else self._filter(index)

    def _filter(self, index: Index) -> int:
        """The one that weight[index] is of, counted over all groups."""
        group = index[0] // (len(self.weight) // self.operation.groups)
        return int(group * self.weight.shape[1] + index[1])

    def place_of(self, parameter: str, index: Index, sample: int, position: Index) -> Index | None:
        return (sample, self.filter_of(parameter, index), *position)

    def row_times_column(self, terms: Terms) -> float:
        """Row c of the inputs times column o·K + u of the unfolded δ."""
        filter_, *position = np.unravel_index(terms.column, self.weight.shape[1:])
        group = terms.row // (len(self.weight) // self.operation.groups)
        views = self._unfolded(group * self.weight.shape[1] + int(filter_))
        number = int(np.ravel_multi_index([int(one) for one in position], self.weight.shape[2:]))
        return float((self.x[:, terms.row] * views[number][:, 0, 0]).sum())

    def _unfolded(self, filter_: int) -> Any:
        """What each kernel position sees of δ of one filter."""
        one = replace(self.operation, groups=1)
        full, inside = one.margins(len(self.x), 1, self.upstream.shape[2:])
        full[inside] = self.upstream[:, filter_][:, None, None]
        return one.views(full, self.x.shape[2:], self.weight.shape[2:])

    @property
    def gradient_formula(self) -> Maths:
        """Over samples and positions of the input."""
        delta = sub("δ", "n", "o", row("j", "·", "s", "+", "u", "·", "d"))
        return total("n,j", row(delta, "·", sub("x", "n", "c", "j")))


def _met(distance: int, stride: int, size: int) -> int | None:
    """The input that lies at a distance from the beginning of the output; None where there is none."""
    cell, off = divmod(distance, stride)
    return cell if not off and 0 <= cell < size else None
