"""Where in the input a number of a layer looks: its receptive field, traced in the live network.

A trace costs as much as a small network itself, and every number of one network is found in the same one; so
it is kept as long as the network is, and made anew where anything about the network or its input changes.
"""

from collections.abc import Hashable, Iterable
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from torch import Size, Tensor, nn

from striate.arithmetic.described import Recording
from striate.arithmetic.receptive.field import Field
from striate.arithmetic.receptive.receptive_field import receptive_fields
from striate.arithmetic.receptive.unit_field import UnitField, field_at
from striate.tracing import trace
from striate.tracing.layer_record import LayerRecord

Traced = tuple[Recording, list[list[Field | None]]]
"""What a network does on inputs of one shape, and the fields of every output of every operation."""
_kept: WeakKeyDictionary[nn.Module, tuple[Hashable, Traced]] = WeakKeyDictionary()


def traced(network: nn.Module, inputs: Tensor) -> Traced:
    """The trace of a network on inputs like these; the last one of each network is kept.

    Not that of a network that looks at values, which may do something else on other inputs.
    """
    state = (tuple(inputs.shape), inputs.dtype, tuple(_state(network)))
    kept = _kept.get(network)
    if kept is None or kept[0] != state:
        recording = trace(network, [inputs])
        kept = state, (recording, receptive_fields(recording))
        if not recording.notes:
            _kept[network] = kept
    return kept[1]


def _state(network: nn.Module) -> Iterable[Hashable]:
    """All that says what a network does, but for the values of its tensors."""
    for name, module in network.named_modules(remove_duplicate=False):
        yield name, id(module), type(module), _said(vars(module))


def _said(value: Any) -> Hashable:
    if isinstance(value, dict):
        return tuple((str(name), _said(one)) for name, one in value.items())
    if isinstance(value, list | tuple | Size):
        return tuple(map(_said, value))
    if isinstance(value, Tensor):
        return tuple(value.shape), value.dtype
    return value if isinstance(value, int | float | str | None) else id(value)


class ReceptiveFields:
    """The receptive fields of a network on inputs like these, worked out when they are first asked for."""

    def __init__(self, network: nn.Module, inputs: Tensor) -> None:
        self.network, self.inputs = network, inputs

    def of(self, record: LayerRecord, index: tuple[int, ...]) -> UnitField | None:
        """What the number at `index` of a layer's output sees; None where that is not known."""
        field = self._field_of(record)
        if field is None or len(field.shape) != len(index):
            return None
        names = [name for name in self._traced[0].axes if name not in "NC"]
        return field_at(field, names, index, index)

    @cached_property
    def _traced(self) -> Traced:
        return traced(self.network, self.inputs)

    def _field_of(self, record: LayerRecord) -> Field | None:
        """The field of what a module's call returned, at the time when it returned."""
        described, fields = self._traced
        calls = (one for one in described.calls if (one.path, one.number) == (record.name, record.call))
        call = next(calls, None)
        if call is None or not call.facts.get("returns"):
            return None
        returned, found = call.facts["returns"][0], None
        ran = list(zip(described.operations, fields, strict=True))[: call.facts["ends"]]
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
