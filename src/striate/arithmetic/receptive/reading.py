"""What a rule takes and gives: an operation with what its inputs see, and what its outputs see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from striate.arithmetic.described import Operation, TensorInfo
from striate.arithmetic.receptive.field import Field, Shape

Fields = Field | None | list[Field | None]


@dataclass(frozen=True, slots=True)
class Reading:
    """One operation with the fields of its inputs (None: does not depend on the input)."""

    operation: Operation
    inputs: Sequence[Field | None]
    infos: Sequence[TensorInfo]
    outs: Sequence[TensorInfo]

    @property
    def geometry(self) -> Mapping[str, Any]:
        """The geometry of the operation."""
        return self.operation.geometry

    @property
    def out(self) -> Shape:
        """The shape of the first output."""
        return self.outs[0].shape

    @property
    def field(self) -> Field:
        """The field of the first input, for rules that only run when there is one."""
        first = self.inputs[0]
        assert first is not None
        return first


Rule = Callable[[Reading], Fields]
