"""Watching a network run: every ATen operation, the tensors between them, the module call each ran in.

Two ways to run it. Without memory: every real tensor is stood in for by one that has a shape and no
values; only what does not depend on the input is computed (positions, masks), so that code may look at it.
With values: for code that looks at values of the input; then everything runs as it is. In both, writes
into the network's own tensors go to stand-ins.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

from striate.arithmetic.described import Fill, Role
from striate.tracing.arguments import base_name, bind, is_view, written
from striate.tracing.describing import ROLES, SOURCES
from striate.tracing.shortcuts import META, outcome

_SMALL = 1 << 16  # elements of network tensors that are computed with as they are, e.g. tables of positions
_EXAMINED = 1 << 20  # elements of a constant that are looked at for zeros
_LARGE = 1e3  # a constant beyond this may be an attention mask

_ZEROS = frozenset({"zeros", "zeros_like", "new_zeros", "zero_"})
_ONES = frozenset({"ones", "ones_like", "new_ones"})
_SENSITIVE = frozenset({*ROLES, "cat", "stack", "copy"})  # where a constant's values matter to what is seen


class ValuesWantedError(Exception):
    """The network's code looks at values, so it cannot run on tensors without memory."""


@dataclass(slots=True)
class Ran:
    """One operation as it ran. Tensors in `named` are those without memory, or real ones when run with
    values.
    """

    func: OpOverload | None
    kind: str
    named: dict[str, Any]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    call: int
    seconds: float = 0.0
    geometry: Mapping[str, Any] | None = None


class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Records what runs inside of it. `known` gives the role and names of the network's own tensors by id."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Asked by PyTorch: False keeps it from importing its compiler (2 s) for our sake."""
        return False

    def __init__(self, known: Mapping[int, tuple[Role, tuple[str, ...]]], with_values: bool) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.known = known
        self.with_values = with_values
        self.ran: list[Ran] = []
        self.slots: dict[int, int] = {}
        self.kept: list[Tensor] = []  # so that no id is used twice
        self.born: list[bool] = []
        self.roles: list[Role] = []
        self.fills: dict[int, Fill] = {}  # of constants, as they are now
        self.used: dict[int, Fill] = {}  # as they were in all their uses
        self.stand_ins: dict[int, Tensor] = {}
        self.written_to: set[int] = set()
        self.dependent: set[int] = set()  # memory that holds anything computed from the input
        self.escaped = False
        self.instance_norm = False
        self.silent = 0
        self.call = 0

    # --- tensors by number

    def slot(self, tensor: Tensor, role: Role | None = None) -> int:
        """The number of a tensor, a new one if it has not been met."""
        number = self.slots.get(id(tensor))
        if number is None:
            number = len(self.kept)
            self.slots[id(tensor)] = number
            self.kept.append(tensor)
            self.born.append(role is Role.ACTIVATION)
            self.roles.append(role or self.role_of(tensor))
            if self.roles[number] is Role.PARAMETER:
                self.fills[number] = Fill.GENERIC
        return number

    def role_of(self, tensor: Tensor) -> Role:
        """What a tensor that was there before is."""
        known = self.known.get(id(tensor))
        if known is not None:
            return known[0]
        return Role.FOREIGN if self.escaped else Role.CONSTANT

    def feed(self, tensor: Tensor) -> None:
        """Make a tensor an input."""
        self.slot(tensor, Role.INPUT)
        self.dependent.add(memory(tensor))

    # --- running

    def __torch_dispatch__(
        self, func: OpOverload, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if self.silent:
            return func(*args, **kwargs)
        given = list(tensors_in(args)) + list(tensors_in(kwargs.values()))
        inputs = tuple(self.slot(tensor) for tensor in given)
        writes = written(func)
        name = base_name(func)
        if name in ("_local_scalar_dense", "is_nonzero", "nonzero", "equal"):
            self.look(given, inputs)
        replace = self.stand_in_for(func, given, writes)
        run_args, run_kwargs = (
            (args, kwargs) if replace is None else (swap(args, replace), swap(kwargs, replace))
        )
        started = perf_counter()
        result = (
            func(*run_args, **run_kwargs)
            if self.with_values
            else self.without_memory(func, run_args, run_kwargs)
        )
        seconds = perf_counter() - started
        if writes:
            result = self.own(func, args, kwargs, writes, result)
        self.note(func, name, args, kwargs, inputs, result, seconds, given)
        return result

    def without_memory(self, func: OpOverload, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Run on shapes alone; a device that is asked for is not gone to."""
        if any(tensor.device.type == "meta" for tensor in tensors_in((*args, *kwargs.values()))):
            if kwargs.get("device") is not None:
                kwargs = {**kwargs, "device": META}
            return outcome(func, args, kwargs)
        return func(*args, **kwargs)

    def look(self, given: Sequence[Tensor], inputs: Sequence[int]) -> None:
        """Code reads a value. Of the input: only possible with values, and from there on it may be
        anywhere.
        """
        touched = [tensor for tensor in given if memory(tensor) in self.dependent]
        if not touched:
            return
        if not self.with_values:
            raise ValuesWantedError
        self.escaped = True
        self.ran.append(Ran(None, "escape", {}, tuple(inputs), (), self.call))

    def stand_in_for(
        self, func: OpOverload, given: Sequence[Tensor], writes: Sequence[str]
    ) -> Callable[[Tensor], Tensor] | None:
        """How to replace tensors for this run: None for not at all."""
        if self.with_values:
            if writes:
                self.protect(given[:1])
            return self.protected if self.stand_ins else None
        if all(tensor.device.type == "meta" for tensor in given):
            return None
        bodiless = any(t.device.type == "meta" or memory(t) in self.written_to for t in given)
        own = [t for t in given if not self.born[self.slots[id(t)]]]
        large = sum(t.numel() for t in own) > _SMALL and not is_view(func)
        mine = bool(writes) and any(not self.born[self.slots[id(t)]] for t in given[:1])
        if not (bodiless or large or mine):
            return None
        if writes:
            self.written_to.update(memory(t) for t in given[:1])
        return self.bodiless

    def protect(self, targets: Iterable[Tensor]) -> None:
        """A copy of a network's own tensor that is about to be written to."""
        for target in targets:
            if not self.born[self.slots[id(target)]] and id(target) not in self.stand_ins:
                self.stand_ins[id(target)] = target.detach().clone()

    def protected(self, tensor: Tensor) -> Tensor:
        """The tensor, or the copy that is written to in its place."""
        return self.stand_ins.get(id(tensor), tensor)

    def bodiless(self, tensor: Tensor) -> Tensor:
        """The tensor without its memory."""
        if tensor.device.type == "meta":
            return tensor
        known = self.stand_ins.get(id(tensor))
        if known is None:
            known = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=META)
            self.stand_ins[id(tensor)] = known
        return known

    def own(
        self,
        func: OpOverload,
        args: Sequence[Any],
        kwargs: dict[str, Any],
        writes: Sequence[str],
        result: Any,
    ) -> Any:
        """What a writing operation returns: the very tensors it was given."""
        named = bind(func, args, kwargs)
        targets = [named[name] for name in writes if isinstance(named[name], Tensor)]
        if isinstance(result, Tensor) and targets:
            return targets[0]
        return result

    # --- writing down

    def note(
        self,
        func: OpOverload,
        name: str,
        args: Sequence[Any],
        kwargs: dict[str, Any],
        inputs: tuple[int, ...],
        result: Any,
        seconds: float,
        given: Sequence[Tensor],
    ) -> None:
        """Write one operation down."""
        results = list(tensors_in((result,)))
        outputs = tuple(self.slot(tensor, Role.ACTIVATION) for tensor in results)
        depends = name not in SOURCES and any(memory(tensor) in self.dependent for tensor in given)
        if depends:
            self.dependent.update(memory(tensor) for tensor in results)
        elif written(func) and given:
            self.forget(given[0])
        elif is_view(func) and inputs and inputs[0] in self.fills:
            self.fills.update(dict.fromkeys(outputs, self.fills[inputs[0]]))
        elif any(self.fills.get(number) is Fill.GENERIC for number in inputs):
            self.fills.update(dict.fromkeys(outputs, Fill.GENERIC))
        if depends and name.rstrip("_") in _SENSITIVE:
            for tensor, number in zip(given, inputs, strict=True):
                if memory(tensor) not in self.dependent:
                    self.examine(tensor, number)
        if (not given and outputs) or name in ("zeros_like", "new_zeros", "ones_like", "new_ones"):
            self.create(name, args, outputs[0])
        geometry = {"instance": True} if self.instance_norm else None
        named = bind(func, args, kwargs)
        if name in ("index", "index_select") and any(
            memory(tensor) in self.dependent for tensor in given[1:]
        ):
            named = swap(named, lambda tensor: torch.empty(tensor.shape, dtype=tensor.dtype, device=META))
        self.ran.append(Ran(func, "", named, inputs, outputs, self.call, seconds, geometry))

    def create(self, name: str, args: Sequence[Any], number: int) -> None:
        """What is known of the values of a new constant."""
        if name in _ZEROS:
            self.fills[number] = Fill.ZERO
        elif name in _ONES:
            self.fills[number] = Fill.NONZERO
        elif name == "full" and len(args) > 1 and not isinstance(args[1], Tensor):
            self.fills[number] = (
                Fill.ZERO if args[1] == 0 else Fill.UNKNOWN if abs(args[1]) > _LARGE else Fill.NONZERO
            )

    def forget(self, target: Tensor) -> None:
        """A constant is written to: what was known of the values in its memory is known no more."""
        place = memory(target)
        for number, tensor in enumerate(self.kept):
            if self.fills.get(number) not in (None, Fill.GENERIC) and memory(tensor) == place:
                del self.fills[number]
                if tensor.device.type == "meta":
                    self.fills[number] = Fill.UNKNOWN

    def examine(self, tensor: Tensor, number: int) -> None:
        """Look at a constant's values when they are used: may it switch anything off?"""
        if number not in self.fills:
            hidden = tensor.device.type == "meta" or tensor.numel() > _EXAMINED
            self.fills[number] = Fill.UNKNOWN if hidden else _fill_of(tensor)
        self.used[number] = _either(self.used.get(number), self.fills[number])


def _either(before: Fill | None, now: Fill) -> Fill:
    """What is known of a constant that was used with other values before."""
    if before is None or before is now:
        return now
    return Fill.UNKNOWN if Fill.UNKNOWN in (before, now) else Fill.FINITE


def _fill_of(tensor: Tensor) -> Fill:
    values = tensor.detach()
    if values.dtype == torch.bool:
        return Fill.NONZERO if bool(values.all()) else Fill.FINITE
    if not bool(values.any()):
        return Fill.ZERO
    if bool((values.abs() > _LARGE).any()) or not bool(torch.isfinite(values).all()):
        return Fill.UNKNOWN
    return Fill.NONZERO if bool((values != 0).all()) else Fill.FINITE


def memory(tensor: Tensor) -> int:
    """A number that tensors share when they share memory."""
    try:
        return int(tensor.untyped_storage()._cdata)
    except NotImplementedError:  # sparse tensors, tensors under vmap
        return -id(tensor)


def tensors_in(values: Iterable[Any]) -> Iterable[Tensor]:
    """All tensors among arguments, in order; lists one level deep."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from tensors_in(value)


def swap(value: Any, replace: Callable[[Tensor], Tensor]) -> Any:
    """Arguments with every tensor replaced."""
    if isinstance(value, Tensor):
        return replace(value)
    if isinstance(value, (list, tuple)):
        return type(value)(swap(each, replace) for each in value)
    if isinstance(value, dict):
        return {key: swap(each, replace) for key, each in value.items()}
    return value
