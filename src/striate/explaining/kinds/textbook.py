"""As textbooks draw them: a convolution on its patch, and a number as one entry of a product of matrices."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from striate.derivation import Convolution
from striate.derivation import Unit as WeightedSum
from striate.derivation.shapes import Array
from striate.explaining.kinds.kind import Index
from striate.explaining.texts import Texts
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


ACROSS = 6
"""Around a patch that leaves room for it in so many cells, a ring of further cells is shown."""
WIDEST = 12
"""A patch that spans more cells is not drawn on the input."""


@dataclass(frozen=True)
class Textbook:
    """Windows of one channel of the input, its kernel, and one map of the output; of one frame each."""

    channel: int
    others: int
    """Channels beside it, whose kernels add their part to the same output."""
    filter: int
    matrices: tuple[Array, Array, Array]
    rows: range
    """Of the input's window, in the input; below 0 in the padding."""
    columns: range
    marks: tuple[Mark, ...]

    def moved(self, pads: Sequence[tuple[int, int]]) -> "Textbook":
        """The same where the input was padded before, by (before, after) on each axis."""
        down, right = _pair([before for before, _ in pads])
        rows, columns = (
            range(one.start - by, one.stop - by) for one, by in ((self.rows, down), (self.columns, right))
        )
        return replace(self, rows=rows, columns=columns)

    def block(self, say: Texts) -> Grid:
        """The three, with colours for the patch, its kernel, and the number that they make."""
        facts = {"channel": self.channel, "filter": self.filter, "others": self.others}
        spans = {"rows": _from_to(self.rows), "columns": _from_to(self.columns)}
        caption = say("textbook_many" if self.others else "textbook", **facts, **spans)
        names = (say("textbook_input"), say("kernel"), say("textbook_output"))
        return Grid(caption, names, self.matrices, ("∗", "→"), self.marks)


def textbook(
    operation: Convolution, x: Array, weight: Array, output: Array, index: Index, unit: WeightedSum
) -> Textbook | None:
    """The drawing of the channel that counts most, at the frame of its kernel that does.

    Args:
        operation: the geometry.
        x: (N, C, *size), padded already where that is not with zeros.
        weight: (O, C/groups, *kernel).
        output: (N, O, *out).
        index: of the number in the output.
        unit: the number, worked out.
    """
    slide, own, place = operation.slide(x, weight), int(np.argmax(np.abs(unit.channel_sums))), index[2:]
    if max(slide.span[-2:]) > WIDEST:
        return None
    channel = unit.channels[own]
    frame = _heaviest(unit.products[own])
    corner = [i * s for i, s in zip(place, slide.stride, strict=True)]
    padded = slide.pad(x[index[0] : index[0] + 1, channel : channel + 1])[0, ..., 0]
    image = _plane(padded, corner[0] + frame * slide.dilation[0])
    kernel, made = _plane(weight[index[1], own], frame), _plane(output[index[0], index[1]], place[0])
    top, before, place = _pair(corner), _pair([p for p, _ in slide.pads]), _pair(place)
    shown = _around(top, _pair(slide.span, 1), image.shape)
    there = _around(place, (1, 1), made.shape, margin=1)
    rows, columns = (range(r.start - p, r.stop - p) for r, p in zip(shown, before, strict=True))
    step = _pair(slide.dilation, 1)
    cells = [
        tuple(c + d * u for c, d, u in zip(top, step, at, strict=True)) for at in np.ndindex(kernel.shape)
    ]
    inside = [range(size) for size in _pair(slide.size, 1)]
    marks = [
        Mark(0, y, x, "d")
        for y, r in enumerate(rows)
        for x, c in enumerate(columns)
        if r not in inside[0] or c not in inside[1]
    ]
    marks += [Mark(0, y - shown[0].start, x - shown[1].start, "a") for y, x in cells]
    marks += [Mark(1, None, None, "a"), Mark(2, place[0] - there[0].start, place[1] - there[1].start, "c")]
    windows = (_cut(image, shown), kernel, _cut(made, there))
    return Textbook(channel, len(unit.channels) - 1, index[1], windows, rows, columns, tuple(marks))


def _heaviest(products: Array) -> int:
    """The frame of a kernel whose products add up to most; 0 where it has none."""
    if products.ndim < 3:
        return 0
    return int(np.argmax(np.abs(products.sum(axis=(1, 2)))))


def _plane(array: Array, frame: int) -> Array:
    """Rows and columns of an array with one, two or three axes."""
    flat: Array = array[frame] if array.ndim == 3 else array.reshape(-1, array.shape[-1])
    return flat


def _pair(values: Sequence[int], fill: int = 0) -> tuple[int, int]:
    """Of the last two axes; a single axis has one row."""
    rows, columns = (fill, *values)[-2:]
    return rows, columns


def _around(
    corner: Sequence[int], span: Sequence[int], size: Sequence[int], margin: int | None = None
) -> tuple[range, range]:
    """Rows and columns of a window with what surrounds it, within the size."""
    ring = margin if margin is not None else int(max(span) + 2 <= ACROSS)
    axes = zip(corner, span, size, strict=True)
    rows, columns = (range(max(0, c - ring), min(n, c + w + ring)) for c, w, n in axes)
    return rows, columns


def _cut(plane: Array, window: tuple[range, range]) -> Array:
    rows, columns = window
    return plane[rows.start : rows.stop, columns.start : columns.stop]


def _from_to(numbers: range) -> str:
    first, last = (str(one).replace("-", "−") for one in (numbers[0], numbers[-1]))
    return f"{first}–{last}" if len(numbers) > 1 else first
