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
"""Cells or inputs that are named."""


class WeightedSum(ToJson):
    """b + Σ weight · input: all arrays have one entry for each input."""

    inputs: Array
    weights: Array
    bias: float

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

    def largest(self) -> list[int]:
        """Which products count most."""
        found: list[int] = np.argsort(-np.abs(self.products), kind="stable")[:NAMED].tolist()
        return found

    def numbers(self, i: int) -> tuple[str, ...]:
        """An input, its weight and their product."""
        return tuple(number(float(one[i]), 5) for one in (self.inputs, self.weights, self.products))

    def sum(self, y: Maths) -> Formula:
        """The bias, the products that count most together, and all others."""
        products, named = self.products, self.largest()
        shown = float(products[named].sum())
        rest = [float(products.sum()) - shown] if products.size > len(named) else []
        return Formula(row(y, "=", sum_of([self.bias, shown, *rest]), "=", number(self.value, 6)))


@dataclass(frozen=True)
class WeightedCells(WeightedSum):
    """Cells of the input with their weights; all arrays have one entry for each cell."""

    cells: Array  # (cells, axes)
    inputs: Array
    weights: Array
    bias: float = 0.0

    def blocks(self, y: Maths, say: Texts) -> Iterator[Block]:
        """The cells that count most, and the sum."""
        yield Formula(row(y, "=", "b", "+", total("i", row(sub("w", "i"), "·", sub("x", "i")))))
        rows = tuple((by(self.cells[i].tolist(), ","), *self.numbers(i)) for i in self.largest())
        heads = say.heads("input_position", "value", "weight", "product")
        yield Table.of_rows(say("common.cells", count=self.inputs.size), heads, rows)
        yield self.sum(y)
        yield Paragraph(say("common.parts"))
