"""Running one operation so that the network's own tensors stay as they are, with values or without.

Without: a tensor is stood in for by one that has a shape and no memory, wherever its values cannot matter.
With: only what is written to is stood in for, by a copy. Of calls that mean the same one is run.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload

from striate.tracing.arguments import (
    META,
    base_name,
    bind,
    bodiless,
    is_view,
    memory,
    swap,
    tensors_in,
    written,
)
from striate.tracing.shortcuts import POINTWISE, SHORTCUTS, outcome

_SMALL = 1 << 16  # elements of network tensors that are computed with as they are, e.g. tables of positions


class Alike:
    """Calls of one operation that mean the same, whatever tensors they take."""

    result: Any = None
    """Of shapes alone, once it is known."""
    meaning: Any = None
    """Its description, once it is made."""


class Likenesses:
    """Tells which calls of a run are alike."""

    def __init__(self) -> None:
        self.known: dict[tuple[Any, ...], Alike] = {}

    def of(self, func: OpOverload, args: Sequence[Any], kwargs: dict[str, Any]) -> Alike | None:
        """Those like this call, if its meaning hangs on shapes and numbers alone."""
        if kwargs or not _by_shapes(func):
            return None
        parts: list[Any] = [func]
        for arg in args:
            if isinstance(arg, Tensor):
                parts.append((arg.shape, arg.dtype))
            else:
                parts.append((*arg,) if isinstance(arg, list) else arg)
        key = tuple(parts)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = Alike()
        return found


@cache
def _by_shapes(func: OpOverload) -> bool:
    return base_name(func) in SHORTCUTS or base_name(func) in POINTWISE


class StandIns:
    """The tensors that stand in for others during one run."""

    def __init__(self, with_values: bool, from_outside: Callable[[Tensor], bool]) -> None:
        self.with_values = with_values
        self.from_outside = from_outside  # whether a tensor was there before the run
        self.by_id: dict[int, Tensor] = {}
        self.written_to: set[int] = set()  # memory that has lost its values by a write without memory

    def run(
        self,
        func: OpOverload,
        args: Sequence[Any],
        kwargs: dict[str, Any],
        tensors: Sequence[Tensor],
        alike: Alike | None = None,
    ) -> Any:
        """The result of an operation on `tensors`; `alike`: those that mean the same."""
        if alike is None or self.with_values or not any(map(bodiless, tensors)):
            return self._run(func, args, kwargs, tensors)
        if alike.result is None:
            alike.result = self._run(func, args, kwargs, tensors)
        return swap(alike.result, _like)

    def _run(
        self, func: OpOverload, args: Sequence[Any], kwargs: dict[str, Any], tensors: Sequence[Tensor]
    ) -> Any:
        writes = bool(written(func))
        if self.with_values:
            if writes:
                self._protect(tensors[:1])
            if not self.by_id:
                return func(*args, **kwargs)
            return func(*swap(args, self._protected), **swap(kwargs, self._protected))
        if self._loses_values(func, tensors, writes):
            if writes:
                self.written_to.update(memory(tensor) for tensor in tensors[:1])
            args, kwargs = swap(args, self._bodiless), swap(kwargs, self._bodiless)
        return _without_memory(func, args, kwargs)

    def _loses_values(self, func: OpOverload, tensors: Sequence[Tensor], writes: bool) -> bool:
        """Whether the operation is not to be computed: for lack of values, or since it costs or changes."""
        if all(bodiless(tensor) for tensor in tensors):
            return False
        if any(bodiless(t) or memory(t) in self.written_to for t in tensors):
            return True
        outside = [tensor for tensor in tensors if self.from_outside(tensor)]
        if sum(tensor.numel() for tensor in outside) > _SMALL and not is_view(func):
            return True
        return writes and any(self.from_outside(tensor) for tensor in tensors[:1])

    def _protect(self, targets: Sequence[Tensor]) -> None:
        for target in targets:
            if self.from_outside(target) and id(target) not in self.by_id:
                self.by_id[id(target)] = target.detach().clone()

    def _protected(self, tensor: Tensor) -> Tensor:
        return self.by_id.get(id(tensor), tensor)

    def _bodiless(self, tensor: Tensor) -> Tensor:
        if bodiless(tensor):
            return tensor
        known = self.by_id.get(id(tensor))
        if known is None:
            known = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=META)
            self.by_id[id(tensor)] = known
        return known


def _like(tensor: Tensor) -> Tensor:
    """Another tensor without memory that lies as this one would."""
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=META)


def _without_memory(func: OpOverload, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Run on shapes alone; a device that is asked for is not gone to."""
    if not any(bodiless(tensor) for tensor in tensors_in((*args, *kwargs.values()))):
        return func(*args, **kwargs)
    if kwargs.get("device") is not None:
        kwargs = {**kwargs, "device": META}
    return outcome(func, args, kwargs)


def returned(func: OpOverload, args: Sequence[Any], kwargs: dict[str, Any], result: Any) -> Any:
    """What the operation returns to the network: a write gives the very tensor that it was given."""
    named = bind(func, args, kwargs)
    targets = [named[name] for name in written(func) if isinstance(named[name], Tensor)]
    return targets[0] if isinstance(result, Tensor) and targets else result
