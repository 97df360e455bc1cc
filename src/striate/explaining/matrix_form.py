"""A gradient as one entry of a product of matrices, ∂L/∂W = δ · U, drawn with its numbers.

Rows of δ are filters, columns of U are the weights of a filter, and what both have in common are the places
where the filter looked, over all samples and calls. A window of both is shown, with the asked entry in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from striate.derivation import Terms
from striate.derivation.shapes import Array
from striate.explaining.kinds.kind import KernelKind
from striate.explaining.texts import Texts
from striate.numbers import by, number
from striate.pages import Block, Formula, Grid, Mark, Paragraph
from striate.pages.document import partial, row

SIDE = 8
"""Rows and columns of a matrix that are shown."""


@dataclass(frozen=True)
class MatrixForm:
    """The same number in ∂L/∂W = δ · U, and a window of the three matrices.

    `rows`, `places` and `columns` are what the windows begin with.
    """

    row: int
    column: int
    delta_shape: tuple[int, int]
    patches_shape: tuple[int, int]
    value: float
    delta: Array
    patches: Array
    product: Array
    starts: tuple[int, int, int]
    """The first row, place and column of the windows."""

    def to_json(self) -> dict[str, Any]:
        """Plain values; the windows with where they begin."""
        arrays = {"delta": self.delta, "patches": self.patches, "product": self.product}
        return {
            "row": self.row,
            "column": self.column,
            "delta_shape": list(self.delta_shape),
            "patches_shape": list(self.patches_shape),
            "value": self.value,
            "starts": list(self.starts),
            **{name: array.tolist() for name, array in arrays.items()},
        }

    def blocks(self, say: Texts) -> Iterator[Block]:
        """The formula, where the entry stands, and the matrices with colours that link."""
        yield Formula(row(partial("L", "W"), "=", "δ", "·", "U"))
        shapes = {"delta": by(self.delta_shape), "patches": by(self.patches_shape)}
        yield Paragraph(
            say("gradient.matrix", **shapes, row=self.row, column=self.column, value=number(self.value, 6))
        )
        first, place, column = self.starts
        y, x = self.row - first, self.column - column
        marks = (Mark(0, y, None, "a"), Mark(1, None, x, "b"), Mark(2, y, x, "c"))
        names = ("δ", "U", "∂L/∂W")
        spans = {
            "rows": _span(first, len(self.delta), self.delta_shape[0]),
            "places": _span(place, len(self.patches), self.delta_shape[1]),
            "columns": _span(column, self.patches.shape[1], self.patches_shape[1]),
        }
        matrices = (self.delta, self.patches, self.product)
        yield Grid(say("matrix.window", **spans), names, matrices, ("·", "="), marks)
        hidden = self.delta_shape[1] - len(self.patches)
        if hidden:
            yield Paragraph(say("matrix.rest", count=f"{hidden:,}"))


def _span(start: int, count: int, whole: int) -> str:
    """`0–7 of 64`; of a matrix that is shown whole its length alone."""
    return str(whole) if count == whole else f"{start}–{start + count - 1} / {whole:,}"


def matrix_form(
    calls: Sequence[KernelKind], uses: Sequence[Terms], names: Sequence[str], shape: tuple[int, ...]
) -> MatrixForm:
    """The form of one weight.

    calls: of all layers that use it, with their terms and what they call it. shape: of the weight.
    """
    first, width = uses[0], int(np.prod(shape[1:]))
    rows, columns = _window(first.row, shape[0]), _window(first.column, width)
    upstream = np.stack([_joined(calls, names, shape, r, first.column, "delta_row") for r in rows])
    seen = np.stack([_joined(calls, names, shape, first.row, c, "patches_column") for c in columns], axis=1)
    largest = int(np.argmax(np.abs(upstream[first.row - rows.start] * seen[:, first.column - columns.start])))
    places = _window(largest, len(seen))
    pairs = zip(calls, uses, strict=True)
    return MatrixForm(
        row=first.row,
        column=first.column,
        delta_shape=(shape[0], len(seen)),
        patches_shape=(len(seen), width),
        value=sum(call.row_times_column(terms) for call, terms in pairs),
        delta=upstream[:, places.start : places.stop],
        patches=seen[places.start : places.stop],
        product=upstream @ seen,
        starts=(rows.start, places.start, columns.start),
    )


def _window(at: int, whole: int) -> range:
    """So many numbers around a place, all of them if there are no more."""
    start = min(max(0, at - SIDE // 2), max(0, whole - SIDE))
    return range(start, min(start + SIDE, whole))


def _joined(
    calls: Sequence[KernelKind], names: Sequence[str], shape: tuple[int, ...], r: int, column: int, side: str
) -> Array:
    """δ of a filter, or what a weight of it saw, at all places of all calls."""
    index = (r, *(int(one) for one in np.unravel_index(column, shape[1:])))
    pairs = zip(calls, names, strict=True)
    return np.concatenate([getattr(call, side)(name, index) for call, name in pairs])
