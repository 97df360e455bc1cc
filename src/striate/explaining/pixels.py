"""Before the first layer: pixels from 0 to 255, and the numbers that the network is given for them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from striate.arithmetic.receptive.unit_field import UnitField
from striate.derivation.shapes import Array
from striate.explaining.checking import Check, as_array, compare, rounding
from striate.explaining.kinds.textbook import window
from striate.explaining.subject import Subject
from striate.explaining.texts import Texts
from striate.pages import Block, Formula, Grid, Mark, Paragraph
from striate.pages.maths import Maths, factor, over, row, sub
from striate.plain_values import ToJson

SIDE = 5
"""Rows and columns of pixels that are shown."""


@dataclass(frozen=True)
class Pixels(ToJson):
    """One pixel of the first input with those around it, and each made a number: (p − μ)/σ."""

    place: tuple[int, ...]
    """(row, column) of the pixel; of a clip (frame, row, column)."""
    starts: tuple[int, int]
    """The first row and column of the window."""
    pixels: Array  # (C, rows, columns) in [0, 255]
    numbers: Array  # (C, rows, columns)
    mean: tuple[float, ...]
    """μ of each channel, as the run keeps it."""
    std: tuple[float, ...]
    """σ of each channel."""
    check: Check

    @property
    def at(self) -> tuple[int, int]:
        """Where the pixel stands in the window."""
        y, x = (place - start for place, start in zip(self.place[-2:], self.starts, strict=True))
        return y, x

    def blocks(self, say: Texts) -> Iterator[Block]:
        """The window of the first channel, and the pixel in numbers, channel by channel."""
        yield Paragraph(say("pixels.text"))
        yield Formula(row("x", "=", over(row("p", "−", "μ"), "σ")))
        spans = (f"{start}–{start + size - 1}" for start, size in zip(self.starts, self._size, strict=True))
        facts = dict(zip(("rows", "columns"), spans, strict=True))
        caption = say("pixels.window", **facts)
        if len(self.place) > 2:
            caption = say("pixels.window_frame", frame=self.place[0], **facts)
        marks = (Mark(0, *self.at, "c"), Mark(1, *self.at, "c"))
        names, shown = (say("grid.pixels"), say("grid.numbers")), (self.pixels[0], self.numbers[0])
        yield Grid(caption, names, shown, ("→",), marks)
        for channel in range(len(self.pixels)):
            yield Formula(self._in_numbers(channel))

    @property
    def _size(self) -> tuple[int, int]:
        rows, columns = self.pixels.shape[1:]
        return rows, columns

    def _in_numbers(self, channel: int) -> Maths:
        """x = (p − μ)/σ of the pixel."""
        here = (channel, *self.at)
        value = over(row(float(self.pixels[here]), "−", factor(self.mean[channel])), self.std[channel])
        return row(sub("x", "0", channel, *map(str, self.place)), "=", value, "=", float(self.numbers[here]))


def explain_pixels(subject: Subject, field: UnitField | None) -> Pixels | None:
    """The pixel in the middle of what a number sees, or of the picture; None for an input that has none.

    Args:
        subject: whose first input is shown.
        field: of the number that is asked about.
    """
    if subject.pixels is None or subject.trained is None:
        return None
    shape = subject.pixels.shape[2:]
    spans = _spans(None if field is None else field.clipped, shape)
    place = tuple((first + last + 1) // 2 for first, last in spans)
    rows, columns = (_shown(span, at) for span, at in zip(spans[-2:], place[-2:], strict=True))
    cells: Any = (
        0,
        slice(None),
        *place[:-2],
        slice(rows.start, rows.stop),
        slice(columns.start, columns.stop),
    )
    pixels, given = subject.pixels[cells].astype(float), subject.inputs[cells]
    mean, std = subject.trained.normalise.mean, subject.trained.normalise.std
    each = (-1, 1, 1)
    numbers = (pixels - np.reshape(mean, each)) / np.reshape(std, each)
    allowed = rounding(given, 0, (pixels + np.abs(np.reshape(mean, each))) / np.reshape(std, each))
    check = compare("x = (p − μ)/σ", numbers, as_array(given), allowed)
    return Pixels(place, (rows.start, columns.start), pixels, numbers, tuple(mean), tuple(std), check)


def _spans(seen: Sequence[tuple[int, int] | None] | None, shape: Sequence[int]) -> list[tuple[int, int]]:
    """The first and the last place that is seen on each axis; all of one on which nothing is."""
    if seen is None or len(seen) != len(shape):
        return [(0, size - 1) for size in shape]
    return [(0, size - 1) if span is None else span for span, size in zip(seen, shape, strict=True)]


def _shown(span: tuple[int, int], at: int) -> range:
    """All that is seen, or so many places around the middle of it."""
    first, last = span
    inside = window(at - first, last - first + 1, SIDE)
    return range(first + inside.start, first + inside.stop)
