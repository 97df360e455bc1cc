"""Which module runs: a stack of module calls, kept by two global hooks that are gone afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.nn.modules import module as module_hooks

from striate.arithmetic.described import ModuleCall
from striate.tracing.watch import Watch, tensors_in

_OPEN = ("torch.nn.modules.container", "torch.nn.modules.transformer", "torch.nn.modules.module")


def is_atomic(module: nn.Module) -> bool:
    """Whether a module is one row: a layer of torch.nn or a class derived from one, not a container."""
    kinds = {kind.__module__ for kind in type(module).__mro__ if kind is not nn.Module}
    inside = {name for name in kinds if name.startswith("torch.nn.modules.")}
    return bool(inside) and not any(name in _OPEN for name in inside)


@dataclass(slots=True)
class Entered:
    """A module call under way and the shapes it received."""

    number: int
    module: nn.Module
    received: tuple[tuple[int, ...], ...]


class Calls:
    """All module calls of one run, in order; `stack` holds those under way."""

    def __init__(self, network: nn.Module, watch: Watch) -> None:
        self.watch = watch
        self.paths = {id(module): path for path, module in network.named_modules()}
        self.counts: dict[int, int] = {}
        self.stack: list[Entered] = []
        self.all: list[ModuleCall] = []
        self.facts: dict[int, dict[str, Any]] = {}

    def enter(self, module: nn.Module, given: Any) -> None:
        """A module is called."""
        number = len(self.all)
        parent = self.stack[-1].number if self.stack else -1
        count = self.counts[id(module)] = self.counts.get(id(module), 0) + 1
        name = type(module).__name__
        path = self.paths.get(id(module))
        if path is None:
            path = f"{self.all[parent].path}.{name}".lstrip(".") if parent >= 0 else name
        inside = bool(self.stack) and self.all[parent].atomic
        atomic = inside or is_atomic(module)
        facts = self.facts[number] = {"begins": len(self.watch.ran)}
        self.all.append(ModuleCall(path, name, parent, len(self.stack), count, atomic, facts))
        shapes = tuple(tuple(t.shape) for t in tensors_in(given)) if isinstance(given, tuple) else ()
        self.stack.append(Entered(number, module, shapes))
        self.watch.call = number

    def leave(self, module: nn.Module, result: Any) -> None:
        """A module call is over; calls that ended in an exception that was caught are over with it."""
        while self.stack:
            last = self.stack.pop()
            if last.module is module:
                slots = tuple(self.watch.slot(tensor) for tensor in tensors_in((result,)))
                self.facts[last.number].update(ends=len(self.watch.ran), returns=slots)
                break
        self.watch.call = self.stack[-1].number if self.stack else 0

    def tell(self, path: str, type_name: str, parent: int, depth: int) -> int:
        """A call of a module that is not there as one, such as a node of a graph: its number."""
        number = len(self.all)
        facts = self.facts[number] = {"begins": len(self.watch.ran)}
        home, _, name = type_name.rpartition(".")
        inside = self.all[parent].atomic
        atomic = inside or (home.startswith("torch.nn.modules.") and home not in _OPEN)
        self.all.append(ModuleCall(path, name, parent, depth, 1, atomic, facts))
        return number

    def where(self) -> str:
        """The innermost call under way and what it received, for an error."""
        if not self.stack:
            return "the network"
        last = self.stack[-1]
        call = self.all[last.number]
        received = (
            " and ".join("×".join(map(str, shape)) or "a scalar" for shape in last.received) or "no tensor"
        )
        place = f"layer {call.path!r} ({call.type})" if call.path else f"the network ({call.type})"
        return f"{place} received {received}"

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Follow every module call."""

        def before(module: nn.Module, given: Any) -> None:
            self.enter(module, given)

        def after(module: nn.Module, given: Any, result: Any) -> None:
            self.leave(module, result)

        hooks = (
            module_hooks.register_module_forward_pre_hook(before),
            module_hooks.register_module_forward_hook(after),
        )
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()
