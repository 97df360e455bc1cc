"""The numbers under a pool's window, told one by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from striate.derivation.shapes import Array
from striate.explaining.kinds.kind import EXACT
from striate.explaining.texts import Texts
from striate.numbers import by, number
from striate.pages import Block, Formula, Grid, Mark, Paragraph
from striate.pages.document import planes_of
from striate.pages.maths import Maths, over, row, sum_of
from striate.plain_values import ToJson


@dataclass(frozen=True)
class Window(ToJson):
    """The cells under the window."""

    value: float
    values: Array  # (*kernel), nan where there is no cell; null in JSON
    cells: Array  # (axes, *kernel): where they lie in the input
    winner: tuple[int, ...] | None = None
    """The input cell that won, of a max pool."""
    divisor: float | None = None
    """What the sum is divided by, of an average pool."""

    @property
    def summed(self) -> tuple[int, float]:
        if self.divisor is None:  # a maximum adds nothing up
            return EXACT
        return self.values.size, float(np.nansum(np.abs(self.values)) / abs(self.divisor))

    def to_json(self) -> dict[str, Any]:
        numbers = np.where(np.isfinite(self.values), self.values, None)  # type: ignore[call-overload]
        return {**super().to_json(), "values": numbers.tolist()}

    def blocks(self, y: Maths, say: Texts) -> Iterator[Block]:
        """The window, and the maximum or the mean."""
        frames = self.values.ndim == 3
        for frame, matrices in enumerate(planes_of(self.values)):
            caption = say("window_frame" if frames else "window", frame=frame)
            yield Grid(caption, (say("grid"),), matrices, (), self._winner_in(frame if frames else None))
        if self.winner is not None:
            yield Formula(row(y, "=", "max", "=", number(self.value, 6)))
            yield Paragraph(say("winner", cell=by(self.winner, ",")))
        elif self.divisor is not None:
            inside = [float(value) for value in self.values.ravel() if np.isfinite(value)]
            yield Formula(row(y, "=", over(sum_of(inside, 9), self.divisor), "=", number(self.value, 6)))

    def _winner_in(self, frame: int | None) -> tuple[Mark, ...]:
        """The winner's row and column; of a window of several frames, where it lies in this one."""
        if self.winner is None:
            return ()
        found: Array = np.argwhere(np.all(np.moveaxis(self.cells, 0, -1) == self.winner, axis=-1))
        at = found[0].tolist()
        if frame is not None and at[0] != frame:
            return ()
        row_of, column = (at[-2], at[-1]) if len(at) > 1 else (0, at[-1])
        return (Mark(0, row_of, column),)
