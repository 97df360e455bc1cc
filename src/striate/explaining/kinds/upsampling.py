"""Upsampling: every output a mixture of the inputs around its place."""

from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from torch import nn

from striate.derivation import AdaptiveAveragePool as AdaptiveAveragePoolByHand
from striate.derivation import Upsample as UpsampleByHand
from striate.derivation.shapes import Array
from striate.explaining.kinds.kind import Fed, Index, InputGradient, Kind
from striate.explaining.kinds.pooling import in_map
from striate.explaining.kinds.weighted import WeightedCells
from striate.explaining.texts import named


@dataclass(frozen=True, eq=False)
class Upsample(Kind):
    """Nearest, linear, cubic, by area."""

    key = "upsampling"
    layers = (nn.Upsample,)
    texts = named(
        en=(
            "upsampling",
            "An upsampling gives a map another size: each output is the nearest input, or a mixture of the "
            "inputs around its place.",
        ),
        vi=(
            "tăng kích thước (upsampling)",
            "Phép tăng kích thước (upsampling) cho bản đồ một cỡ khác: mỗi đầu ra là đầu vào gần nhất, hoặc "
            "là hỗn hợp của các đầu vào quanh vị trí của nó.",
        ),
    )

    @property
    def operation(self) -> UpsampleByHand:
        layer, out = self.layer, tuple(self.record.output.shape[2:])
        scale = None if layer.recompute_scale_factor else layer.scale_factor
        scales = None if scale is None else tuple(np.broadcast_to(scale, len(out)).tolist())
        return UpsampleByHand(out, layer.mode, bool(layer.align_corners), scales)

    @property
    def matrices(self) -> list[Array]:
        """A (out, size) of every axis."""
        size = self.x.shape[2:]
        if self.layer.mode == "area":
            return AdaptiveAveragePoolByHand(tuple(self.record.output.shape[2:])).bins(size, self.x.dtype)
        double = self.record.output.element_size() == np.dtype("f8").itemsize
        return self.operation.matrices(size, np.float64 if double else np.float32)

    def detail(self, index: Index) -> WeightedCells:
        weights = reduce(np.multiply.outer, [m[i] for m, i in zip(self.matrices, index[2:], strict=True)])
        cells = np.argwhere(weights)
        values = self.x[(index[0], index[1], *cells.T)]
        return WeightedCells(np.insert(cells, [0], index[:2], axis=1), values, weights[tuple(cells.T)])

    def reads(self, index: Index) -> Array:
        flat: Array = np.ravel_multi_index(tuple(self.detail(index).cells.T), self.x.shape)
        return flat

    def input_gradient(self) -> InputGradient:
        """The transposed matrices. A place is known to a rounding of the size of the map."""
        ours: Any = AdaptiveAveragePoolByHand(tuple(self.record.output.shape[2:]))
        found = [
            ours.backward(delta, (delta.shape, matrices))
            for delta, matrices in (
                (self.upstream, self.matrices),
                (np.abs(self.upstream), [np.abs(m) + (m != 0) for m in self.matrices]),
            )
        ]
        return InputGradient(found[0], found[1], sum(map(len, self.matrices)) + max(self.x.shape[2:]))

    def fed(self, index: Index) -> Fed:
        """Its weight in every output."""
        columns = [m[:, i] for m, i in zip(self.matrices, index[2:], strict=True)]
        return in_map(reduce(np.multiply.outer, columns), index)
