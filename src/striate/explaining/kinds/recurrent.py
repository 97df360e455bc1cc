"""Recurrent layers: one unit at one step, what its gates are made of, and the whole way through time."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from torch import nn

from striate import derivation as by_hand
from striate.derivation import Terms, fully_connected_terms, place_terms
from striate.derivation.recurrent import PARTS, Run, turned
from striate.derivation.shapes import Array
from striate.explaining.checking import as_array
from striate.explaining.kinds.kind import Fed, Index, InputGradient, Kind, fed_by
from striate.explaining.kinds.recurrent_step import SINGLE, Step
from striate.explaining.texts import by_language

TINY_STEP = 1e-30
"""Of a derivative taken along the imaginary axis, where nothing cancels (Squire & Trapp 1998)."""


@dataclass(frozen=True, eq=False)
class Recurrent(Kind):
    """RNN, LSTM and GRU, in any number of layers, both ways too."""

    key = "recurrent"
    hears_all = True
    layers = (nn.RNN, nn.LSTM, nn.GRU)
    texts = by_language(
        en={
            "name": "recurrent layer",
            "text": "A recurrent layer reads a sequence step by step. At each step its gates see the input "
            "of the step (W_ih·x + b) and its own state of the step before (W_hh·h + b), and make the new "
            "state.",
            "gates": "The gates of this unit at this step; each value is σ of the sum, and tanh for the new "
            "content",
            "over_time": "This is step {step}. The state before it, {before}, was made in the same way, from "
            "the step before that, and so on back to the first: with the same weights at each. So the "
            "gradient of a weight is a sum over all steps, and on its way back from step to step it is "
            "multiplied by W_hh and the gates' slopes each time.",
            "states": "This unit's state at every step, in the order in which it read them",
        },
        vi={
            "name": "tầng hồi tiếp",
            "text": "Tầng hồi tiếp đọc một dãy theo từng bước. Ở mỗi bước, các cổng nhìn đầu vào của bước đó "
            "(W_ih·x + b) và trạng thái của chính nó ở bước trước (W_hh·h + b), rồi tạo ra trạng thái mới.",
            "gates": "Các cổng của nút này ở bước này; mỗi giá trị là σ của tổng, riêng nội dung mới là tanh",
            "over_time": "Đây là bước {step}. Trạng thái trước đó, {before}, cũng được tạo ra như vậy từ "
            "bước trước nữa, cứ thế về đến bước đầu tiên, với cùng các trọng số. Vì thế gradient của một "
            "trọng số là tổng qua mọi bước, và khi truyền ngược từ bước này về bước trước, nó được nhân với "
            "W_hh và độ dốc của các cổng mỗi lần.",
            "states": "Trạng thái của nút này ở mọi bước, theo thứ tự mà nó đọc",
        },
    )

    @property
    def refusal(self) -> str | None:
        """Projections, and inputs without a batch."""
        if getattr(self.layer, "proj_size", 0):
            return "an LSTM with projections"
        return "a recurrent layer on an input without a batch" if self.record.input.dim() != 3 else None

    @property
    def cell(self) -> by_hand.RNN | by_hand.LSTM | by_hand.GRU:
        """One step."""
        if isinstance(self.layer, nn.LSTM):
            return by_hand.LSTM()
        if isinstance(self.layer, nn.GRU):
            return by_hand.GRU()
        return by_hand.RNN(rectified=self.layer.nonlinearity == "relu")

    @property
    def operation(self) -> by_hand.Recurrent:
        return by_hand.Recurrent(self.cell, int(self.layer.num_layers), bool(self.layer.bidirectional))

    @property
    def channel_axis(self) -> int:
        return 2

    @property
    def sample_axis(self) -> int:
        return 0 if self.layer.batch_first else 1

    @cached_property
    def arguments(self) -> dict[str, Array]:
        return {name: as_array(value) for name, value in self.record.parameters.items()}

    def batch_first(self, array: Array) -> Array:
        """(N, T, ...), and back."""
        return array if self.layer.batch_first else array.swapaxes(0, 1)

    @cached_property
    def state(self) -> tuple[Array, ...] | None:
        """The state before the first step, where one was given."""
        given = self.record.inputs[1:]
        return tuple(map(as_array, given)) or None

    def run(self, kind: Any = np.float64) -> tuple[Array, Any]:
        """The whole layer; every h (N, T, H), and what was kept."""
        arguments = {name: value.astype(kind) for name, value in self.arguments.items()}
        state = None if self.state is None else tuple(part.astype(kind) for part in self.state)
        return self.operation.forward(self.batch_first(self.x).astype(kind), state, **arguments)

    @cached_property
    def ran(self) -> tuple[Array, Any]:
        """In double precision."""
        return self.run()

    def place(self, index: Index) -> tuple[int, int, int]:
        """Sample, step and unit."""
        sample, step = (index[0], index[1]) if self.layer.batch_first else (index[1], index[0])
        return sample, step, index[2]

    def detail(self, index: Index) -> Step:
        sample, step, unit = self.place(index)
        y, kept = self.ran
        last = [
            place for place, run in enumerate(self.operation.runs) if run.layer == self.layer.num_layers - 1
        ]
        width = y.shape[2] // len(last)
        number_of = last[unit // width]
        saved, run, own = kept[number_of], self.operation.runs[number_of], unit % width
        sequence = turned(y[..., unit : unit + 1], run)[sample, :, 0]
        at = len(sequence) - 1 - step if run.reversed else step
        a, r = self._sums(saved, run, (sample, at, own))
        gates = self._gates(saved.steps[at], sample, own)
        lstm = isinstance(self.cell, by_hand.LSTM)
        return Step(
            cell=type(self.cell).__name__,
            from_input=a,
            from_state=r,
            gates=gates,
            before=float(saved.h_before[sample, at, own]),
            cell_before=float(saved.steps[at].c[sample, own]) if lstm else None,
            cell_now=float(np.arctanh(saved.steps[at].tanh_c[sample, own])) if lstm else None,
            value=float(y[sample, step, unit]),
            step=at,
            over_time=sequence,
            off=float(np.abs(self.run(np.float32)[0] - y).max()),
        )

    def _sums(self, saved: Any, run: Run, place: tuple[int, int, int]) -> tuple[Array, Array]:
        """W_ih·x + b_ih and W_hh·h + b_hh of every gate of a unit."""
        sample, at, own = place
        found = []
        for part, seen in (("ih", saved.x), ("hh", saved.h_before)):
            weight = self.arguments[f"weight_{part}{run.ending}"]
            rows = np.arange(own, len(weight), len(weight) // self.cell.gates)
            bias = self.arguments.get(f"bias_{part}{run.ending}", np.zeros(len(weight)))
            found.append(weight[rows] @ seen[sample, at] + bias[rows])
        return found[0], found[1]

    def _gates(self, saved: Any, sample: int, own: int) -> Array:
        """What the gates let through."""
        parts = saved[:4] if isinstance(self.cell, by_hand.LSTM) else saved[:3]
        gates = (saved,) if isinstance(self.cell, by_hand.RNN) else parts
        return np.array([float(gate[sample, own]) for gate in gates])

    def way_back(self, kind: Any = np.float64) -> Any:
        """All gradients."""
        _, kept = self.ran if kind is np.float64 else self.run(kind)
        ends = self.record.further_upstream
        given = [None if one is None else as_array(one).astype(kind) for one in ends]
        last = None
        if any(one is not None for one in given):
            shape = (len(self.operation.runs), len(kept[0].x), int(self.layer.hidden_size))
            last = tuple(np.zeros(shape, kind) if one is None else one for one in given)
        return self.operation.backward(self.batch_first(self.upstream).astype(kind), kept, last)

    @cached_property
    def came_back(self) -> Any:
        """In double precision."""
        return self.way_back()

    def input_gradient(self) -> InputGradient:
        """Through all steps; what single precision makes of it tells how far roundings reach."""
        value, single = self.came_back.input, self.way_back(np.float32).input
        off = np.abs(single - value).max() / SINGLE + SINGLE * np.abs(self.upstream).max()
        size = np.full(value.shape, off + np.abs(value).max())
        return InputGradient(self.batch_first(value), self.batch_first(size), 64)

    def reads(self, index: Index) -> Array | None:
        """What came in at this step; None above the first of several layers, which reads states."""
        if self.layer.num_layers > 1:
            return None
        row = np.ravel_multi_index((*index[:2], 0), self.x.shape)
        return row + np.arange(self.x.shape[2])

    def fed(self, index: Index) -> Fed:
        """∂h/∂x of this and every later step, along the imaginary axis."""
        sample, step, place = self.place(index)
        x = self.batch_first(self.x)[sample : sample + 1].astype(complex)
        x[0, step, place] += TINY_STEP * 1j
        state = (
            None if self.state is None else tuple(part[:, sample : sample + 1] + 0j for part in self.state)
        )
        y, _ = self.operation.forward(x, state, **self.arguments)
        found = fed_by(y.imag / TINY_STEP, sample)
        if not self.layer.batch_first:
            found.places[:, :2] = found.places[:, 1::-1].copy()
        return found

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        return {name: ("row", "column") if name.startswith("weight") else ("row",) for name in self.arguments}

    def terms(self, parameter: str, index: Index) -> Terms:
        """The gradient at the gate × what the weight saw, for every sample and step."""
        place, run, part = self._of(parameter)
        saved, gates = self.ran[1][place], self.came_back.gates[run.ending]
        delta = turned(gates[part.endswith("hh")], run)
        if part.startswith("bias"):
            return place_terms(delta, None, index)
        return fully_connected_terms(
            turned(saved.h_before if part.endswith("hh") else saved.x, run), delta, index
        )

    def place_of(self, parameter: str, index: Index, sample: int, position: Index) -> Index | None:
        """δ of a gate is of no output."""
        return None

    def terms_size(self, parameter: str, terms: Terms) -> tuple[int, float]:
        """What single precision makes of the whole parameter's gradient."""
        value, single = (way.parameters[parameter] for way in (self.came_back, self.way_back(np.float32)))
        off = float(np.abs(single - value).max()) / SINGLE + SINGLE * float(np.abs(self.upstream).max())
        return 64, off + float(np.abs(terms.values).sum())

    def _of(self, parameter: str) -> tuple[int, Run, str]:
        """The run that a parameter belongs to, its place, and what it is of it."""
        for place, run in enumerate(self.operation.runs):
            for part in PARTS:
                if part + run.ending == parameter:
                    return place, run, part
        raise KeyError(parameter)
