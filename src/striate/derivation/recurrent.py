"""Recurrent layers as torch stacks them: one run along the sequence after another, and both ways if asked.

Layer l reads what layer l − 1 gave at every step; a second run of each layer reads the sequence from its end,
and what both gave stands side by side:

    h^l = [ run(h^{l−1}),  reversed(run(reversed(h^{l−1}))) ]           h⁰ = x

so the way back hands each run its half of δ, and adds up what the two runs of a layer send below.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from striate.derivation.cells import Cell, State
from striate.derivation.shapes import Array
from striate.derivation.through_time import Saved, ThroughTime

PARTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


class Run(NamedTuple):
    """One layer in one direction: the ending of its parameters' names, and whether it begins at the end."""

    ending: str
    layer: int
    reversed: bool


class Gradients(NamedTuple):
    """∂L/∂input, ∂L/∂ of every parameter by its name, and per run ∂L/∂a and ∂L/∂r (N, T, gates·H).

    Those of a reversed run stand in its own order, from the end.
    """

    input: Array
    parameters: dict[str, Array]
    gates: dict[str, tuple[Array, Array]]


@dataclass(frozen=True)
class Recurrent:
    """`cell` along a sequence, in layers; parameters have torch's names: weight_ih_l0, bias_hh_l1_reverse."""

    cell: Cell
    layers: int = 1
    both_ways: bool = False

    @property
    def runs(self) -> list[Run]:
        """In the order in which they run, which is torch's order of states too."""
        endings = [("", False), ("_reverse", True)][: 1 + self.both_ways]
        return [Run(f"_l{n}{end}", n, back) for n in range(self.layers) for end, back in endings]

    def forward(self, x: Array, state: State | None = None, **parameters: Array) -> tuple[Array, list[Saved]]:
        """x (N, T, F) → every h of the last layer (N, T, H), or (N, T, 2H).

        state: (h,) or (h, c) before the first step, each (runs, N, H); zeros unless given.
        """
        kept, layer = [], x
        for number in range(self.layers):
            outputs = []
            for place, run in enumerate(self.runs):
                if run.layer == number:
                    first = None if state is None else tuple(part[place] for part in state)
                    own = own_parameters(parameters, run)
                    h, saved = ThroughTime(self.cell).forward(turned(layer, run), state=first, **own)
                    outputs.append(turned(h, run))
                    kept.append(saved)
            layer = np.concatenate(outputs, axis=-1)
        return layer, kept

    def backward(self, dy: Array, saved: list[Saved], last: State | None = None) -> Gradients:
        """δ (N, T, H or 2H), and ∂L/∂ the last states (runs, N, H), if the loss uses them → all gradients."""
        parameters: dict[str, Array] = {}
        gates: dict[str, tuple[Array, Array]] = {}
        for number in reversed(range(self.layers)):
            below = np.zeros(0)
            own = [(place, run) for place, run in enumerate(self.runs) if run.layer == number]
            for (place, run), delta in zip(own, np.split(dy, len(own), axis=-1), strict=True):
                d_last = None if last is None else tuple(part[place] for part in last)
                found, at_gates = self.run_back(turned(delta, run), saved[place], d_last)
                gates[run.ending] = at_gates
                named = zip(PARTS, found[1:5], strict=True)
                parameters |= {part + run.ending: value for part, value in named if value is not None}
                below = turned(found.input, run) + (below if below.size else 0)
            dy = below
        return Gradients(dy, parameters, gates)

    def run_back(self, delta: Array, saved: Saved, last: State | None) -> tuple[Any, tuple[Array, Array]]:
        """All gradients of one run, and those at its gates."""
        way = ThroughTime(self.cell)
        ends = last or tuple(map(np.zeros_like, saved.state))
        at_input, at_state, _ = way.back_through_time(delta, saved, ends)
        return way.backward(delta, saved, last), (at_input, at_state)


def own_parameters(parameters: Mapping[str, Array], run: Run) -> dict[str, Array]:
    """The parameters of one run, by the names that `ThroughTime` has for them."""
    named = {part: part + run.ending for part in PARTS}
    return {part: parameters[name] for part, name in named.items() if name in parameters}


def turned(sequence: Array, run: Run) -> Array:
    """(N, T, ...) in the order in which a run reads it."""
    return sequence[:, ::-1] if run.reversed else sequence
