"""What lies open in the lab: networks on inputs, as they are and changed, each under a number.

A state is made of the one before it and a change, which is kept; what was computed of it is kept as long as
there is room, and computed again when it is asked for later.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from striate.errors import ArgumentError
from striate.explaining.explainer import Change, Explainer
from striate.tracing.layer_record import Recorded

ROOM = 1 << 30
"""Bytes of recorded numbers that are kept."""
MOST = 2000
"""States that are remembered."""


@dataclass(frozen=True)
class State:
    """How a state is made, and what to call it."""

    make: Callable[[], Explainer]
    title: str
    base: int | None = None
    """The state that it is a change of."""
    note: str = ""
    """What was changed, in words."""


class Desk:
    """The open states."""

    def __init__(self) -> None:
        self._states: dict[int, State] = {}
        self._open: OrderedDict[int, Explainer] = OrderedDict()
        self._bytes: dict[int, int] = {}
        self._adding = Lock()

    def add(self, state: State) -> int:
        """Its number."""
        with self._adding:
            if len(self._states) >= MOST:
                raise ArgumentError(f"{MOST} states are open, no more are taken: start the lab anew")
            number = len(self._states)
            self._states[number] = state
            return number

    def changed(self, base: int, change: Change, note: str) -> int:
        """A state with something another way than in another one."""
        before = self.state(base)
        return self.add(State(lambda: self.open(base).changed(change), before.title, base, note))

    def state(self, number: int) -> State:
        """Raises ArgumentError for a number that there is no state of."""
        if number not in self._states:
            raise ArgumentError(f"there is no state {number}: the lab was started anew; open its first page")
        return self._states[number]

    def __len__(self) -> int:
        return len(self._states)

    def open(self, number: int) -> Explainer:
        """The network on its inputs, with all that it did."""
        state = self.state(number)
        found = self._open.pop(number, None) or _labelled(state.make())
        self._open[number] = found
        if "observed" in vars(found) and number not in self._bytes:
            self._bytes[number] = recorded_bytes(found.observed.recorded)
        while len(self._open) > 1 and sum(self._bytes.get(one, 0) for one in self._open) > ROOM:
            self.forget(next(iter(self._open)))
        return found

    def root(self, number: int) -> int:
        """The state that a state was changed from in the end, whose network is built alike."""
        base = self.state(number).base
        return number if base is None else self.root(base)

    def forget(self, number: int) -> None:
        """What was computed of a state is computed anew when it is next asked for."""
        self._open.pop(number, None)
        self._bytes.pop(number, None)


def _labelled(opened: Explainer) -> Explainer:
    """With the most probable class as the true one where none is known, so that there is a way back."""
    if opened.subject.labels is not None:
        return opened
    answer = opened.explain().answer
    if answer is None or len(answer.classes) < 2:
        return opened
    return opened.changed(Change(label=answer.ranking[0][0]))


def recorded_bytes(recorded: Recorded) -> int:
    """Bytes of all tensors of a recording."""
    found: dict[int, Any] = {}
    for one in recorded.layers:
        for tensor in (*one.inputs, one.output, one.upstream, one.input_gradient):
            if tensor is not None:
                found[tensor.data_ptr()] = tensor
    return sum(tensor.numel() * tensor.element_size() for tensor in found.values())
