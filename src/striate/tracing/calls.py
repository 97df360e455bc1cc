"""The module calls of one run, in order, and which of them each operation ran in."""

from functools import lru_cache
from typing import Any

from torch import nn

from striate.arithmetic.described import ModuleCall
from striate.tracing.arguments import tensors_in, unwrapped
from striate.tracing.tape import Tape
from striate.watching import Running

_OPEN = ("torch.nn.modules.container", "torch.nn.modules.transformer", "torch.nn.modules.module")


def is_atomic(module: nn.Module) -> bool:
    """Whether a module is one row: a layer of torch.nn or a class derived from one, not a container."""
    return _is_atomic(type(module).__mro__)


@lru_cache(maxsize=1024)
def _is_atomic(bases: tuple[type, ...]) -> bool:
    kinds = {base.__module__ for base in bases if base is not nn.Module}
    inside = {name for name in kinds if name.startswith("torch.nn.modules.")}
    return bool(inside) and not any(name in _OPEN for name in inside)


class Calls:
    """All module calls, by number; `open` holds those under way, the innermost last."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.all: list[ModuleCall] = []
        self.facts: dict[int, dict[str, Any]] = {}
        self.open: list[tuple[int, Running]] = []
        self._counts: dict[int, int] = {}

    def enter(self, run: Running) -> None:
        """A module is called."""
        parent = self.open[-1][0] if self.open else -1
        count = self._counts[id(run.module)] = self._counts.get(id(run.module), 0) + 1
        name = type(run.module).__name__
        path = run.name
        if path is None:  # made during the run
            path = f"{self.all[parent].path}.{name}".lstrip(".") if parent >= 0 else name
        number = self._add(path, name, parent, len(self.open), is_atomic(run.module), count)
        self.open.append((number, run))
        self.tape.call = number

    def leave(self, run: Running, result: Any) -> None:
        """A module call is over; calls inside it that ended in an exception are over with it."""
        while self.open:
            number, last = self.open.pop()
            if last is run:
                self.end(number, result)
                break
        self.tape.call = self.open[-1][0] if self.open else 0

    def tell(self, path: str, type_name: str, parent: int, depth: int) -> int:
        """A call of a module that is not there as one, such as a node of a graph: its number."""
        home, _, name = type_name.rpartition(".")
        atomic = home.startswith("torch.nn.modules.") and home not in _OPEN
        return self._add(path, name, parent, depth, atomic)

    def _add(self, path: str, type_name: str, parent: int, depth: int, atomic: bool, count: int = 1) -> int:
        number = len(self.all)
        facts = self.facts[number] = {"begins": len(self.tape.ran)}
        inside = parent >= 0 and self.all[parent].atomic
        self.all.append(ModuleCall(path, type_name, parent, depth, count, inside or atomic, facts))
        return number

    def end(self, number: int, result: Any) -> None:
        """A call gave its result."""
        returns = tuple(self.tape.number(unwrapped(tensor)) for tensor in tensors_in((result,)))
        self.facts[number].update(ends=len(self.tape.ran), returns=returns)

    def where(self) -> str:
        """The innermost call under way and what it received, for an error."""
        if not self.open:
            return "the network"
        number, run = self.open[-1]
        call = self.all[number]
        shapes = [
            "×".join(map(str, t.shape)) or "a scalar" for t in tensors_in((run.args, *run.kwargs.values()))
        ]
        layer = f"layer {call.path!r} ({call.type})" if call.path else f"the network ({call.type})"
        return f"{layer} received {' and '.join(shapes) or 'no tensor'}"
