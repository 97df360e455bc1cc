"""What a network did, written down without a tensor: numbered tensors and the operations between them.

The operations stand in the order in which they ran, and that order is their meaning: a tensor may be a
view of another one, and an operation may write into its input, as in the program that was watched.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from math import prod
from types import MappingProxyType
from typing import Any, NamedTuple

# How sure a number is: exact, an upper bound, or unknown, and then because of which operation.


class Status(IntEnum):
    """Ordered from sure to unsure, so that the status of a sum is the largest of its parts'."""

    EXACT = 0
    BOUND = 1
    UNKNOWN = 2

    @property
    def word(self) -> str:
        """`exact`, `bound` or `unknown`: as it stands in JSON."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and its status; `reason` names the operation when it is not exact.

    A sum with an unknown part keeps the known part in `value` and is itself unknown: it is a partial sum.
    """

    value: int
    status: Status = Status.EXACT
    reason: str = ""

    def __add__(self, other: "Figure") -> "Figure":
        worse = max(self, other, key=lambda figure: figure.status)
        return Figure(self.value + other.value, worse.status, worse.reason)

    def to_json(self) -> dict[str, object]:
        """`value` and `status`; `because` too where the value is not exact."""
        known = {"value": self.value, "status": self.status.word}
        return known if self.status is Status.EXACT else {**known, "because": self.reason}


ZERO = Figure(0)


def total(figures: Iterable[Figure]) -> Figure:
    """The sum of figures, as unsure as its least sure part; names every operation that is not exact."""
    parts = [figure for figure in figures if figure is not ZERO]
    if len(parts) < 2:
        return parts[0] if parts else ZERO
    status = max((part.status for part in parts), default=Status.EXACT)
    reasons = dict.fromkeys(part.reason for part in parts if part.reason)
    return Figure(sum(part.value for part in parts), status, ", ".join(reasons))


MOVING = frozenset({
    "alias", "reshape", "permute", "cut", "select", "unbind", "split", "unsqueeze", "squeeze", "expand",
    "repeat", "take", "takes", "join", "stack", "pad", "pixel_shuffle", "pixel_unshuffle",
    "channel_shuffle", "unfold", "im2col", "moved",
})  # fmt: skip
"""Kinds whose results are elements of the input at other positions, and zeros."""

UNCOMPUTED = MOVING | {"copy", "fill", "source", "lookup", "escape"}
"""Kinds that do no arithmetic: those, and what copies, makes or looks up values."""


class Role(Enum):
    """Where a tensor came from."""

    INPUT = "input"
    PARAMETER = "parameter"
    BUFFER = "buffer"
    CONSTANT = "constant"  # made by the program itself, the same whatever the input is
    ACTIVATION = "activation"
    FOREIGN = "foreign"  # came from outside of what was watched, e.g. back from NumPy


class Fill(Enum):
    """What is known about the values of a tensor that does not depend on the input."""

    ZERO = "zero"
    NONZERO = "nonzero"  # finite, and nowhere zero
    FINITE = "finite"  # finite, some zero
    GENERIC = "generic"  # a parameter: any value, so never counted on being zero
    UNKNOWN = "unknown"


MAY_BE_ZERO = frozenset({Fill.ZERO, Fill.FINITE, Fill.UNKNOWN})


class TensorInfo(NamedTuple):
    """One tensor: its shape, the bytes of an element, its role, and the names it has in the network."""

    shape: tuple[int, ...]
    itemsize: int
    role: Role
    fill: Fill = Fill.UNKNOWN
    names: tuple[str, ...] = ()
    trainable: bool = False
    storage: int = -1  # tensors with the same number share memory

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)


class Operation(NamedTuple):
    """One operation that ran: what it is, what it read, what it wrote, and its geometry.

    `kind` is the meaning ("convolution"), `name` what it was called where it ran ("aten.convolution"),
    which is what a status names. `inputs` and `outputs` are tensor numbers. `view` says that output 0
    shares memory with input 0; `writes` that the operation wrote into existing tensors (its outputs are
    among those numbers).
    """

    kind: str
    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    geometry: Mapping[str, Any] = MappingProxyType({})
    view: bool = False
    writes: bool = False
    call: int = 0  # which module call it ran in


class ModuleCall(NamedTuple):
    """One call of one module: its path in the network, its class, which call of that module it is.

    `atomic` modules (those of torch.nn) are one row of a table, whatever operations they run.
    """

    path: str
    type: str
    parent: int
    depth: int
    number: int = 1
    atomic: bool = False
    facts: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ParameterInfo:
    """A parameter of the network under its first name; `aliases` are further names of the same tensor."""

    name: str
    shape: tuple[int, ...]
    itemsize: int
    trainable: bool
    aliases: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class Recording:
    """What a network did on one input. `axes` says what each axis of the main input is, e.g. ("N", "C", "H",
    "W"); there may be others beside it.
    """

    tensors: tuple[TensorInfo, ...]
    operations: tuple[Operation, ...]
    calls: tuple[ModuleCall, ...]
    parameters: tuple[ParameterInfo, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    axes: tuple[str, ...]
    batch: int = 1
    notes: tuple[str, ...] = ()
    seconds: tuple[float, ...] = ()  # per operation, where it was timed
    backward_seconds: tuple[float, ...] = ()  # of the way back, per operation of the way there
    main: int = 0  # the position of the main input among the inputs
    input_names: tuple[str, ...] = ()
    input_axes: tuple[tuple[str, ...], ...] = ()

    def axes_of(self, position: int) -> tuple[str, ...]:
        """The axes of an input, by its position among the inputs."""
        return self.axes if position == self.main else self.input_axes[position]
