"""Where in the input a number of a layer looks: its receptive field, traced in the live network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from striate.arithmetic.described import Recording
from striate.arithmetic.receptive.field import Field, extents
from striate.arithmetic.receptive.receptive_field import receptive_fields
from striate.tracing import trace
from striate.tracing.recording import LayerRecord


@dataclass(frozen=True)
class Seen:
    """First and last position along each axis of the input, inside it and as though it went on."""

    axes: tuple[str, ...]
    inside: tuple[tuple[int, int] | None, ...]
    whole: tuple[tuple[int, int] | None, ...]
    status: str

    @property
    def size(self) -> tuple[int, ...]:
        """Positions along each axis, as though the input went on beyond its edges."""
        return tuple(0 if pair is None else pair[1] - pair[0] + 1 for pair in self.whole)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "axes": list(self.axes),
            "inside": [pair and list(pair) for pair in self.inside],
            "unclipped": [pair and list(pair) for pair in self.whole],
            "size": list(self.size),
            "status": self.status,
        }


class Fields:
    """The receptive fields of a network on inputs like these, worked out when they are first asked for."""

    def __init__(self, network: nn.Module, inputs: Tensor) -> None:
        self.network, self.inputs = network, inputs
        self._found: tuple[Recording, list[list[Field | None]]] | None = None

    def of(self, record: LayerRecord, index: Sequence[int]) -> Seen | None:
        """What the number at `index` of a layer's output sees; None where that is not known."""
        if self._found is None:
            described = trace(self.network, [self.inputs])
            self._found = described, receptive_fields(described)
        described, fields = self._found
        field = _field_of(described, fields, record)
        if field is None or len(field.shape) != len(index):
            return None
        found = extents(field, list(index))
        return Seen(
            tuple(name for name in described.axes if name not in "NC"),
            tuple(one and one[:2] for one in found),
            tuple(one and one[2:] for one in found),
            field.status.word,
        )


def _field_of(described: Recording, fields: list[list[Field | None]], record: LayerRecord) -> Field | None:
    """The field of what a module's call returned, at the time when it returned."""
    same = (
        i for i, one in enumerate(described.calls) if (one.path, one.number) == (record.name, record.call)
    )
    number = next(same, None)
    if number is None:
        return None
    facts = described.calls[number].facts
    if not facts.get("returns"):
        return None
    slot, found = facts["returns"][0], None
    for operation, outputs in list(zip(described.operations, fields, strict=True))[: facts["ends"]]:
        if slot in operation.outputs:
            found = (
                outputs[operation.outputs.index(slot)]
                if operation.outputs.index(slot) < len(outputs)
                else None
            )
    return found
