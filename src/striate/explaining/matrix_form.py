"""A gradient as one entry of a product of matrices, ∂L/∂W = δ · U, drawn with its numbers.

Rows of δ are filters, columns of U are the weights of a filter, and what both have in common are the places
where the filter looked, over all samples and calls.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from striate.derivation import Terms
from striate.derivation.shapes import Array
from striate.explaining.kinds.kernel import KernelKind
from striate.explaining.matrix_product import MatrixProduct, window
from striate.explaining.texts import Texts
from striate.numbers import by, number
from striate.pages import Block, Formula, Paragraph
from striate.pages.maths import partial, row


@dataclass(frozen=True)
class MatrixForm(MatrixProduct):
    """The gradient of a weight in ∂L/∂W = δ · U."""

    keys = ("delta", "patches")

    def blocks(self, say: Texts) -> Iterator[Block]:
        """The formula, where the entry stands, and the matrices with colours that link."""
        yield Formula(row(partial("L", "W"), "=", "δ", "·", "U"))
        shapes = {"delta": by(self.left_shape), "patches": by(self.right_shape)}
        yield Paragraph(
            say("gradient.matrix", **shapes, row=self.row, column=self.column, value=number(self.value, 6))
        )
        yield self.grid(say("matrix.window", **self.spans()), ("δ", "U", "∂L/∂W"))
        if self.hidden:
            yield Paragraph(say("matrix.rest", count=f"{self.hidden:,}"))


def matrix_form(
    calls: Sequence[KernelKind], uses: Sequence[Terms], names: Sequence[str], shape: tuple[int, ...]
) -> MatrixForm:
    """The form of one weight.

    calls: of all layers that use it, with their terms and what they call it. shape: of the weight.
    """
    first, width = uses[0], int(np.prod(shape[1:]))
    rows, columns = window(first.row, shape[0]), window(first.column, width)
    upstream = np.stack([_joined(calls, names, shape, r, first.column, "delta_row") for r in rows])
    seen = np.stack([_joined(calls, names, shape, first.row, c, "patches_column") for c in columns], axis=1)
    largest = int(np.argmax(np.abs(upstream[first.row - rows.start] * seen[:, first.column - columns.start])))
    places = window(largest, len(seen))
    pairs = zip(calls, uses, strict=True)
    return MatrixForm(
        row=first.row,
        column=first.column,
        left_shape=(shape[0], len(seen)),
        right_shape=(len(seen), width),
        value=sum(call.row_times_column(terms) for call, terms in pairs),
        left=upstream[:, places.start : places.stop],
        right=seen[places.start : places.stop],
        product=upstream @ seen,
        starts=(rows.start, places.start, columns.start),
    )


def _joined(
    calls: Sequence[KernelKind], names: Sequence[str], shape: tuple[int, ...], r: int, column: int, side: str
) -> Array:
    """δ of a filter, or what a weight of it saw, at all places of all calls."""
    index = (r, *(int(one) for one in np.unravel_index(column, shape[1:])))
    pairs = zip(calls, names, strict=True)
    return np.concatenate([getattr(call, side)(name, index) for call, name in pairs])
