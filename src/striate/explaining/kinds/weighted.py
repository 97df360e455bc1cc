"""What stands behind a number that is a weighted sum of some cells of the input."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from striate.derivation.shapes import Array
from striate.explaining.texts import Texts
from striate.numbers import by, number
from striate.pages import Block, Formula, Paragraph, Table
from striate.pages.maths import Maths, row, sub, sum_of, total
from striate.plain_values import ToJson

NAMED = 12
"""Cells that are named."""


@dataclass(frozen=True)
class WeightedCells(ToJson):
    """Cells of the input with their weights; all arrays have one entry for each cell."""

    cells: Array  # (cells, axes)
    inputs: Array
    weights: Array
    bias: float = 0.0

    @property
    def products(self) -> Array:
        """Weight · input."""
        products: Array = self.weights * self.inputs
        return products

    @property
    def value(self) -> float:
        """b + Σ products."""
        return float(self.products.sum() + self.bias)

    @property
    def summed(self) -> tuple[int, float]:
        return self.inputs.size + 1, float(np.abs(self.products).sum() + abs(self.bias))

    def blocks(self, y: Maths, say: Texts) -> Iterator[Block]:
        """The cells that count most, and the sum."""
        products = self.products
        yield Formula(row(y, "=", "b", "+", total("i", row(sub("w", "i"), "·", sub("x", "i")))))
        order = np.argsort(-np.abs(products), kind="stable")[:NAMED]
        columns = (self.inputs, self.weights, products)
        rows = tuple(
            (by(self.cells[i].tolist(), ","), *(number(float(one[i]), 5) for one in columns))
            for i in order.tolist()
        )
        heads = say.heads("input_position", "value", "weight", "product")
        yield Table.of_rows(say("common.cells", count=products.size), heads, rows)
        shown = float(products[order].sum())
        rest = [float(products.sum()) - shown] if products.size > len(order) else []
        yield Formula(row(y, "=", sum_of([self.bias, shown, *rest]), "=", number(self.value, 6)))
        yield Paragraph(say("common.parts"))
