"""The tape of one run: every ATen operation, the tensors between them, the module call each ran in.

Two ways to run. Without memory: every real tensor is stood in for by one that has a shape and no values; only
what does not depend on the input is computed (positions, masks), so that code may look at it. With values:
for code that looks at values of the input; then everything runs as it is. In both, writes into the network's
own tensors go to stand-ins.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload

from striate.arithmetic.described import MAY_BE_ZERO, Fill, Role
from striate.tracing.arguments import (
    META,
    base_name,
    bind,
    is_view,
    memory,
    operands,
    reshapes_in_place,
    swap,
    written,
)
from striate.tracing.backward import BackwardTimes
from striate.tracing.constants import MADE_LIKE, Lent
from striate.tracing.describing import PRODUCTS, ROLES, SOURCES
from striate.tracing.met_tensors import MetTensors
from striate.tracing.stand_ins import Alike, Likenesses, StandIns, returned
from striate.tracing.unlisted_weights import packed_weights, packs

_LOOKS = frozenset({"_local_scalar_dense", "is_nonzero", "nonzero", "equal"})  # values leave for Python
_SENSITIVE = frozenset({*ROLES, *PRODUCTS, "cat", "stack", "copy"})  # where a constant's zeros matter
_BLANKING = frozenset({"masked_fill", "where", "constant_pad_nd", "tril", "triu", "diag_embed", "copy"})
_INDEXING = frozenset({"index", "index_select"})


class ValuesWantedError(Exception):
    """The network's code looks at values, so it cannot run on tensors without memory."""


@dataclass(slots=True)
class Ran:
    """One operation as it ran."""

    func: OpOverload | None
    """None for what is written down whole, without the operations that it is made of."""
    kind: str
    """Of what is written down whole; "" where the operation says it."""
    named: dict[str, Any]
    """Its arguments; tensors among them are those without memory, or real ones when run with values."""
    inputs: tuple[int, ...]
    """Numbers of tensors."""
    outputs: tuple[int, ...]
    """Numbers of tensors."""
    call: int
    """The number of the module call it ran in."""
    seconds: float = 0.0
    """As measured, when run with values."""
    geometry: Mapping[str, Any] | None = None
    """What is known beside the arguments."""
    alike: Alike | None = None
    """Those that mean the same."""


class Tape(MetTensors):
    """What ran and on which tensors."""

    def __init__(
        self, known: Mapping[int, tuple[Role, tuple[str, ...]]], with_values: bool, has_values: bool = True
    ) -> None:
        """known: role and names of the network's own tensors, by id. has_values: whether these have any."""
        super().__init__(known, with_values, has_values)
        self.ran: list[Ran] = []
        self.lent = Lent(self.silence)
        self.likenesses = Likenesses()
        self.stand_ins = StandIns(with_values, lambda tensor: not self.made.get(memory(tensor), False))
        self.instance_norm = False
        self.silent = 0
        self.took = 0.0  # seconds of what was last run silently
        self.back: BackwardTimes | None = None
        self.call = 0

    def _came_unheard(self) -> None:
        if not self.escaped:
            self.escaped = True
            inputs = tuple(number for number, role in enumerate(self.roles) if role is Role.INPUT)
            self._ran(Ran(None, "escape", {}, inputs, (), self.call))

    def run(self, func: OpOverload, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Run one operation and write it down."""
        if self.back is not None and self.back.under_way:
            return self.back.run(func, args, kwargs)
        if self.silent:
            return func(*args, **kwargs)
        tensors = operands(args, kwargs)
        inputs = tuple([self.number(tensor) for tensor in tensors])
        if packs(func):
            inputs = (*inputs, *self._packed(args))
        if base_name(func) in _LOOKS:
            self.look(tensors)
        if self.lent.before and written(func):
            self.lent.take_back([memory(tensor) for tensor in tensors])
        named = self._named(func, args, kwargs, tensors)
        alike = self.likenesses.of(func, args, kwargs)
        started = perf_counter()
        result = self.stand_ins.run(func, args, kwargs, tensors, alike)
        seconds = perf_counter() - started
        if written(func):
            result = returned(func, args, kwargs, result)
            self._forget_reshaped(func, operands((result,), {}))
        outputs = tuple([self.number(tensor, Role.ACTIVATION) for tensor in operands((result,), {})])
        self._learn(func, args, tensors, inputs, outputs)
        geometry = {"instance": True} if self.instance_norm else None
        self._ran(Ran(func, "", named, inputs, outputs, self.call, seconds, geometry, alike))
        return result

    def _ran(self, ran: Ran) -> None:
        """Write it down, and which nodes of autograd's graph came of it."""
        self.ran.append(ran)
        if self.back is not None:
            self.back.made()

    def _packed(self, args: Sequence[Any]) -> Iterator[int]:
        """The numbers of the weights that are packed in arguments."""
        for name, tensor in packed_weights(args):
            number = self.number(tensor, Role.PARAMETER)
            self.packed[number] = (self.call, name)
            yield number

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Nothing is written down inside the block; `whole` may write it down as one operation."""
        self.silent += 1
        started = perf_counter()
        try:
            yield
        finally:
            self.took = perf_counter() - started
            self.silent -= 1

    def look(self, tensors: Sequence[Tensor]) -> None:
        """Code reads a value. Of the input: only possible with values; from there on it may be anywhere."""
        if self.silent or not self.depends(tensors):
            return
        if not self.with_values:
            raise ValuesWantedError
        self.escaped = True
        inputs = tuple(self.number(tensor) for tensor in tensors)
        self._ran(Ran(None, "escape", {}, inputs, (), self.call))

    def whole(
        self,
        name: str,
        kind: str,
        tensors: Sequence[Tensor],
        results: Sequence[Tensor],
        geometry: dict[str, Any],
    ) -> None:
        """Write down as one operation what has just been run silently."""
        inputs = tuple(self.number(tensor) for tensor in tensors)
        outputs = tuple(self.number(tensor, Role.ACTIVATION) for tensor in results)
        if self.depends(tensors):
            self.dependent.update(memory(tensor) for tensor in results)
            self._examine(tensors)
        self._ran(Ran(None, kind, {"name": name}, inputs, outputs, self.call, self.took, geometry))

    def _learn(
        self,
        func: OpOverload,
        args: Sequence[Any],
        tensors: Sequence[Tensor],
        inputs: Sequence[int],
        outputs: Sequence[int],
    ) -> None:
        """What the operation says of the values of its tensors, and of which depend on the input."""
        name, reshaped = base_name(func), reshapes_in_place(func)
        if name not in SOURCES and self.depends(tensors):
            self.dependent.update(memory(self.tensors[number]) for number in outputs)
            if name.rstrip("_") in _SENSITIVE:
                self._examine(tensors, kernel=tensors[1] if name == "convolution" and not args[6] else None)
        elif written(func) and tensors and not reshaped:
            self.constants.forget(tensors[0], self.tensors)
            if self._blanks(name, tensors):
                self.constants.inherit(self.of_weights.get(memory(tensors[0]), ()), Fill.FINITE)
        elif (is_view(func) or reshaped) and inputs and inputs[0] in self.constants.now:
            self._inherit(outputs, self.constants.now[inputs[0]])
        elif any(self.constants.now.get(number) is Fill.GENERIC for number in inputs):
            self._inherit(outputs, Fill.FINITE if self._blanks(name, tensors) else Fill.GENERIC)
        if (not tensors and outputs) or name in MADE_LIKE:
            self.constants.create(name, args, outputs[0])

    def _blanks(self, name: str, tensors: Sequence[Tensor]) -> bool:
        """Whether an operation may make zeros of parts of a weight, as a mask does."""
        plain = name.rstrip("_")
        if ROLES.get(plain) != "multiply":
            return plain in _BLANKING
        self._examine(tensors)
        fills = (self.constants.now.get(self.number(tensor)) for tensor in tensors)
        return any(fill in MAY_BE_ZERO for fill in fills)

    def _examine(self, tensors: Sequence[Tensor], kernel: Tensor | None = None) -> None:
        """Look at the constants among them; of the kernel of a convolution only the edges matter."""
        for tensor in tensors:
            generic = self.constants.now.get(self.numbers.get(id(tensor), -1)) is Fill.GENERIC
            if not generic and not self.depends([tensor]):
                whole = tensor is kernel and memory(tensor) not in self.stand_ins.written_to
                self.constants.examine(tensor, self.number(tensor), whole)

    def _named(
        self, func: OpOverload, args: Sequence[Any], kwargs: dict[str, Any], tensors: Sequence[Tensor]
    ) -> dict[str, Any]:
        """The arguments by name, as they are before the operation.

        Positions that depend on the input stand without their values; what is reshaped, with its old shape.
        """
        named = bind(func, args, kwargs)
        if reshapes_in_place(func) or (base_name(func) in _INDEXING and self.depends(tensors[1:])):
            named = swap(
                named, lambda t: torch.empty_strided(t.shape, t.stride(), dtype=t.dtype, device=META)
            )
        return named
