"""Fully connected layers: every input times a weight of its own, plus the bias."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn

from striate.derivation import FullyConnected as FullyConnectedByHand
from striate.derivation import Terms, fully_connected_terms, place_terms
from striate.derivation.shapes import Array
from striate.explaining.kinds.kernel import KernelKind
from striate.explaining.kinds.kind import Fed, Index
from striate.explaining.kinds.weighted import WeightedSum
from striate.explaining.texts import Texts, by_language
from striate.pages import Block, Formula, Paragraph, Table
from striate.pages.maths import Maths, row, sub, total


@dataclass(frozen=True)
class WeightedInputs(WeightedSum):
    """Every input with its weight; arrays are (in,)."""

    output: int
    inputs: Array
    weights: Array
    bias: float

    def to_json(self) -> dict[str, Any]:
        return {**super().to_json(), "products": self.products.tolist()}

    def blocks(self, y: Maths, say: Texts) -> Iterator[Block]:
        """The inputs that count most, and the sum."""
        weight = sub("W", str(self.output), "i")
        yield Formula(row(y, "=", "b", "+", total("i", row(weight, "·", sub("x", "i")))))
        rows = tuple((str(i), *self.numbers(i)) for i in self.largest())
        heads = say.heads("input", "value", "weight", "product")
        yield Table.of_rows(say("inputs", count=self.inputs.size), heads, rows)
        yield self.sum(y)
        yield Paragraph(say("parts"))


@dataclass(frozen=True, eq=False)
class FullyConnected(KernelKind):
    """On the last axis of its input."""

    key = "fully_connected"
    layers = (nn.Linear,)
    texts = by_language(
        en={
            "name": "fully connected layer",
            "text": "A fully connected layer gives every input a weight of its own: the output is the sum of "
            "all products, plus a bias.",
            "inputs": "The inputs that count most, of {count}",
            "parts": "In this order: the bias, the inputs named above, all other inputs.",
        },
        vi={
            "name": "tầng kết nối đầy đủ",
            "text": "Tầng kết nối đầy đủ cho mỗi đầu vào một trọng số riêng: đầu ra là tổng mọi tích, cộng "
            "với độ lệch (bias).",
            "inputs": "Những đầu vào đóng góp nhiều nhất, trong số {count}",
            "parts": "Theo thứ tự: độ lệch (bias), các đầu vào nêu trên, mọi đầu vào còn lại.",
        },
    )

    @property
    def operation(self) -> FullyConnectedByHand:
        return FullyConnectedByHand()

    @property
    def channel_axis(self) -> int:
        return self.record.output.dim() - 1

    def detail(self, index: Index) -> WeightedInputs:
        output, bias = index[-1], self.arguments.get("bias")
        b = 0.0 if bias is None else float(bias[output])
        return WeightedInputs(output, self.x[index[:-1]], self.weight[output], b)

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        return {"weight": ("output", "input"), "bias": ("output",)}

    def terms(self, parameter: str, index: Index) -> Terms:
        """δ × input, for every row of the input; δ for a bias."""
        if parameter == "bias":
            return place_terms(self.upstream, None, index)
        return fully_connected_terms(self.x, self.upstream, index)

    def row_times_column(self, terms: Terms) -> float:
        """Column o of δ times column i of the input."""
        return float(_rows(self.upstream)[:, terms.row] @ _rows(self.x)[:, terms.column])

    def place_of(self, parameter: str, index: Index, sample: int, position: Index) -> Index | None:
        return (sample, *position, index[0])

    def reads(self, index: Index) -> Array:
        row = np.ravel_multi_index((*index[:-1], 0), self.x.shape)
        return row + np.arange(self.x.shape[-1])

    def fed(self, index: Index) -> Fed:
        """W[o, i] for every output of the row."""
        places = [(*index[:-1], o) for o in range(len(self.weight))]
        return Fed(np.array(places), self.weight[:, index[-1]])

    @property
    def gradient_formula(self) -> Maths:
        """Over the samples."""
        return total("n", row(sub("δ", "n", "o"), "·", sub("x", "n", "i")))


def _rows(values: Array) -> Array:
    """(..., F) → (rows, F)."""
    return values.reshape(-1, values.shape[-1])
