"""Where in the input a number of a layer looks: its receptive field, traced in the live network."""

from functools import cached_property

from torch import Tensor, nn

from striate.arithmetic.described import Recording
from striate.arithmetic.receptive.field import Field
from striate.arithmetic.receptive.receptive_field import receptive_fields
from striate.arithmetic.receptive.summary import UnitField, field_at
from striate.tracing import trace
from striate.tracing.recording import LayerRecord


class ReceptiveFields:
    """The receptive fields of a network on inputs like these, worked out when they are first asked for."""

    def __init__(self, network: nn.Module, inputs: Tensor) -> None:
        self.network, self.inputs = network, inputs

    def of(self, record: LayerRecord, index: tuple[int, ...]) -> UnitField | None:
        """What the number at `index` of a layer's output sees; None where that is not known."""
        field = self._field_of(record)
        if field is None or len(field.shape) != len(index):
            return None
        names = [name for name in self._described.axes if name not in "NC"]
        return field_at(field, names, index, index)

    @cached_property
    def _described(self) -> Recording:
        return trace(self.network, [self.inputs])

    @cached_property
    def _fields(self) -> list[list[Field | None]]:
        """Of every output of every operation."""
        return receptive_fields(self._described)

    def _field_of(self, record: LayerRecord) -> Field | None:
        """The field of what a module's call returned, at the time when it returned."""
        calls = (one for one in self._described.calls if (one.path, one.number) == (record.name, record.call))
        call = next(calls, None)
        if call is None or not call.facts.get("returns"):
            return None
        returned, found = call.facts["returns"][0], None
        ran = list(zip(self._described.operations, self._fields, strict=True))[: call.facts["ends"]]
        for operation, outputs in ran:
            for slot, field in zip(operation.outputs, outputs, strict=False):
                found = field if slot == returned else found
        return found


def rectangle(field: UnitField | None) -> tuple[int, int, int, int] | None:
    """Top, left, bottom, right of a receptive field in the picture; None where it has no such."""
    if field is None or len(field.clipped) < 2:
        return None
    rows, columns = field.clipped[-2:]
    return None if rows is None or columns is None else (rows[0], columns[0], rows[1], columns[1])
