"""One step of a recurrent layer as it is told: its gates, its state, in numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from striate.derivation.shapes import Array
from striate.explaining.texts import Texts
from striate.numbers import number
from striate.pages import Block, Formula, Paragraph, Table
from striate.pages.maths import Maths, factor, row
from striate.plain_values import ToJson

GATES = {"RNN": ("h",), "LSTM": ("i", "f", "g", "o"), "GRU": ("r", "z", "n")}
"""In torch's order."""
SINGLE = float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class Step(ToJson):
    """A unit at one step. Arrays over gates hold one number each."""

    cell: str
    from_input: Array  # W_ih·x + b_ih
    from_state: Array  # W_hh·h + b_hh
    gates: Array  # what the gates let through
    before: float
    """h of the step before."""
    cell_before: float | None
    cell_now: float | None
    """c, of an LSTM."""
    value: float
    step: int
    over_time: Array  # (T,): h at every step, in the order in which they are read
    off: float
    """What the same computation in single precision is off by."""

    @property
    def summed(self) -> tuple[int, float]:
        return 64, self.off / SINGLE + abs(self.value) + SINGLE  # a gate that is all but shut

    def blocks(self, y: Maths, say: Texts) -> Iterator[Block]:
        """The gates with their sums, the new state, and the state over time."""
        names = GATES[self.cell]
        rows = tuple(
            (name, *(number(float(one), 5) for one in (a, r, g)))
            for name, a, r, g in zip(names, self.from_input, self.from_state, self.gates, strict=True)
        )
        yield Table.of_rows(say("gates"), say.heads("gate", "from_input", "from_state", "value"), rows)
        yield from self._formulas(y)
        yield Paragraph(say("over_time", step=self.step, before=number(self.before, 5)))
        steps = tuple((str(t), number(float(h), 6)) for t, h in enumerate(self.over_time))
        yield Table.of_rows(say("states"), say.heads("step", "state"), steps)

    def _formulas(self, y: Maths) -> Iterator[Block]:
        value, gates = number(self.value, 6), [float(one) for one in self.gates]
        if self.cell == "LSTM":
            i, f, g, o = gates
            assert self.cell_before is not None
            assert self.cell_now is not None
            old, new = self.cell_before, self.cell_now
            kept: tuple[Any, ...] = (f, "·", factor(old), "+", i, "·", factor(g))
            yield Formula(row("c", "=", "f", "·", "c", "+", "i", "·", "g", "=", *kept, "=", new))
            yield Formula(
                row(y, "=", "o", "·", "tanh", "(", "c", ")", "=", o, "·", float(np.tanh(new)), "=", value)
            )
        elif self.cell == "GRU":
            _, z, n = gates
            kept = ("(", "1", "−", z, ")", "·", factor(n), "+", z, "·", factor(self.before))
            yield Formula(
                row(y, "=", "(", "1", "−", "z", ")", "·", "n", "+", "z", "·", "h", "=", *kept, "=", value)
            )
        else:
            total = float(self.from_input[0] + self.from_state[0])
            yield Formula(row(y, "=", "f", "(", total, ")", "=", value))
