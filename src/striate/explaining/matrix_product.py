"""A number as one entry of a product of two matrices, drawn with a window of each around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from striate.derivation.shapes import Array
from striate.pages import Grid, Mark
from striate.plain_values import picked

SIDE = 8
"""Rows and columns of a matrix that are shown."""
SUMMED = 9
"""Of what is summed over, so many: a kernel of 3×3 is shown whole."""


@dataclass(frozen=True)
class MatrixProduct:
    """left · right = product, of which windows are shown.

    `starts` is what they begin with: the first row, the first of what is summed over (columns of the left
    one, rows of the right one), the first column.
    """

    keys: ClassVar[tuple[str, str]] = ("left", "right")
    """What the two are called in JSON."""

    row: int
    column: int
    left_shape: tuple[int, int]
    right_shape: tuple[int, int]
    value: float
    """The whole entry, not only what is shown of its sum."""
    left: Array
    right: Array
    product: Array
    starts: tuple[int, int, int]

    def to_json(self) -> dict[str, Any]:
        """Plain values; the windows with where they begin."""
        left, right = self.keys
        shapes = f"{left}_shape=left_shape {right}_shape=right_shape"
        return picked(self, f"row column {shapes} value starts {left}=left {right}=right product")

    @property
    def hidden(self) -> int:
        """How much of what is summed over is not shown."""
        return self.left_shape[1] - len(self.right)

    def spans(self) -> dict[str, str]:
        """What is shown of the rows, of what is summed over, and of the columns."""
        wholes = (*self.left_shape, self.right_shape[1])
        shown = (*self.left.shape, self.right.shape[1])
        spans = map(_span, self.starts, shown, wholes)
        return dict(zip(("rows", "inner", "columns"), spans, strict=True))

    def grid(self, caption: str, names: Sequence[str], signs: Sequence[str] = ("·", "=")) -> Grid:
        """The three; the row, the column and the entry have colours."""
        y, x = self.row - self.starts[0], self.column - self.starts[2]
        marks = (Mark(0, y, None, "a"), Mark(1, None, x, "b"), Mark(2, y, x, "c"))
        return Grid(caption, tuple(names), (self.left, self.right, self.product), tuple(signs), marks)


def window(at: int, whole: int, side: int = SIDE) -> range:
    """So many numbers around a place, all of them if there are no more."""
    start = min(max(0, at - side // 2), max(0, whole - side))
    return range(start, min(start + side, whole))


def _span(start: int, count: int, whole: int) -> str:
    """`0–7 / 64`; of a matrix that is shown whole its length alone."""
    return str(whole) if count == whole else f"{start}–{start + count - 1} / {whole:,}"
