"""One number of a network, worked out: what it is made of, what follows it, where in the input it looks.

Its receptive field is traced in the live network. A trace costs as much as a small network itself, and every
number of one network is found in the same one; so it is kept as long as the network is, and made anew where
anything about the network or its input changes.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from torch import Size, Tensor, nn

from striate.arithmetic.described import ModuleCall, Recording
from striate.arithmetic.receptive.field import Field
from striate.arithmetic.receptive.receptive_field import Moment, fields_and_moments
from striate.arithmetic.receptive.unit_field import UnitField, field_at
from striate.errors import ArgumentError, NetworkError
from striate.explaining.checking import Check, as_array, compare, rounding
from striate.explaining.kinds.catalogue import BY_KEY, kind_of
from striate.explaining.kinds.kind import Detail
from striate.explaining.picture import Picture
from striate.explaining.texts import Texts
from striate.numbers import by, number
from striate.pages import Block, Paragraph, Section
from striate.pages.maths import sub
from striate.plain_values import ToJson
from striate.tracing import trace
from striate.tracing.layer_record import LayerRecord, Recorded

Traced = tuple[Recording, dict[Moment, Field | None]]
"""What a network does on inputs of one shape, and the field of what each call of a module returned."""
_kept: WeakKeyDictionary[nn.Module, tuple[Hashable, Traced]] = WeakKeyDictionary()


def traced(network: nn.Module, inputs: Tensor) -> Traced:
    """The trace of a network on inputs like these; the last one of each network is kept.

    Not that of a network that looks at values, which may do something else on other inputs.
    """
    state = (tuple(inputs.shape), inputs.dtype, tuple(_state(network)))
    kept = _kept.get(network)
    if kept is None or kept[0] != state:
        recording = trace(network, [inputs])
        ended = [_returned(call) for call in recording.calls if call.facts.get("returns")]
        kept = state, (recording, fields_and_moments(recording, ended)[1])
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
        return fields.get(_returned(call)) if call is not None and call.facts.get("returns") else None


def _returned(call: ModuleCall) -> Moment:
    """When a call ended, and what it returned."""
    return call.facts["ends"], call.facts["returns"][0]


def rectangle(field: UnitField | None) -> tuple[int, int, int, int] | None:
    """Top, left, bottom, right of a receptive field in the picture; None where it has no such."""
    if field is None or len(field.clipped) < 2:
        return None
    rows, columns = field.clipped[-2:]
    return None if rows is None or columns is None else (rows[0], columns[0], rows[1], columns[1])


@dataclass(frozen=True)
class Unit(ToJson):
    """One output of one layer."""

    layer: str
    type: str
    kind: str
    index: tuple[int, ...]
    """Its place in the whole output: (sample, filter, *position)."""
    output_shape: tuple[int, ...]
    value: float
    detail: Detail
    check: Check
    after: tuple["Unit", ...] = ()
    """The normalisation and activation that follow, at the same place."""
    receptive_field: UnitField | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values; those of the detail beside the others."""
        values = super().to_json()
        detail: dict[str, Any] = values.pop("detail")
        return values | detail

    def section(self, say: Texts, picture: Picture | None) -> Section:
        """The number, what follows it, and where it looks; picture: of the receptive field in the input."""
        own = say.of(BY_KEY[self.kind].texts)
        title = say("unit.title", layer=self.layer, index=by(self.index, ","), kind=own("name"))
        return Section(title, tuple(self._blocks(say, own, picture)))

    def _blocks(self, say: Texts, own: Texts, picture: Picture | None) -> Iterator[Block]:
        yield Paragraph(own("text"))
        yield from self._detail(own)
        difference = f"{self.check.difference:.1e}"
        yield Paragraph(say("unit.checked", value=number(self.value, 7), difference=difference))
        for after in self.after:
            own = say.of(BY_KEY[after.kind].texts)
            yield Paragraph(say("unit.after", layer=after.layer, kind=own("name")))
            yield from after._detail(own)
        if self.receptive_field is not None:
            yield from _field_blocks(self.receptive_field, say, picture)

    def _detail(self, own: Texts) -> Iterator[Block]:
        return self.detail.blocks(sub("y", *map(str, self.index)), own)


def _field_blocks(field: UnitField, say: Texts, picture: Picture | None) -> Iterator[Block]:
    if not field.axes:
        return
    spans = ", ".join(map(_span, field.axes, field.clipped))
    facts = {"spans": spans, "size": by(field.size)}
    whole = field.clipped == field.unclipped
    text = say("unit.receptive_field", **facts) if whole else say("unit.receptive_field_cut", **facts)
    yield Paragraph(text)
    if picture is not None:
        yield picture.figure(say("unit.receptive_field_picture"), text)


def _span(axis: str, span: tuple[int, int] | None) -> str:
    """Where along an axis.

    >>> _span("H", (4, 4)), _span("W", (0, 3)), _span("T", None)
    ('H 4', 'W 0–3', 'T –')
    """
    if span is None:
        return f"{axis} –"
    return f"{axis} {span[0]}" if span[0] == span[1] else f"{axis} {span[0]}–{span[1]}"


def choose(
    record: LayerRecord,
    filter: int | None,
    at: Sequence[int] | None,
    sample: int | None = None,
    frames: int = 1,
) -> tuple[int, ...]:
    """The index in the output that is asked for; what is not said is where the output is largest.

    sample: the row of the batch; None: one of the first `frames`, those of the first input, with which `at`
    may begin. Raises ArgumentError with the valid range.
    """
    kind, shape = kind_of(record), tuple(record.output.shape)
    axis, batch = kind.channel_axis, kind.sample_axis
    sizes = [size for dim, size in enumerate(shape) if dim not in (batch, axis)]
    if filter is not None:
        expect_index(record.title, "filter" if len(shape) > 2 else "unit", [filter], [shape[axis]])
    if at is not None:
        with_frame = frames > 1 and len(at) != len(sizes)
        expect_index(record.title, "position", at, [frames, *sizes] if with_frame else sizes)
        sample, at = (at[0], at[1:]) if with_frame else (sample, at)
    rows = range(frames) if sample is None else [sample]
    maps = np.moveaxis(as_array(record.output), (axis, batch), (0, 1))[:, rows]  # (C, rows, *sizes)
    chosen = int(np.argmax(maps.reshape(len(maps), -1).max(axis=1))) if filter is None else filter
    own = maps[chosen] if at is None else maps[chosen][(slice(None), *at)]
    row, *spots = map(int, np.unravel_index(int(np.argmax(own)), own.shape))
    index = spots if at is None else list(at)
    for where, what in sorted(((batch, rows[row]), (axis, chosen))):
        index.insert(where, what)
    return tuple(index)


def expect_index(
    title: str, what: str, index: Sequence[int], sizes: Sequence[int], names: Sequence[str] = ()
) -> None:
    """Raises ArgumentError, with the range and the nearest index, for one that does not lie within the sizes.

    title: of the layer. names: of the axes, where they have some.
    """
    as_many = len(index) == len(sizes)
    if as_many and all(0 <= i < size for i, size in zip(index, sizes, strict=True)):
        return
    ranges = [f"0–{size - 1}" for size in sizes]
    named = ", ".join(f"{name} {span}" for name, span in zip(names, ranges, strict=False))
    hint = f"expected {named or ' × '.join(ranges)}"
    if as_many:
        near = (min(max(i, 0), size - 1) for i, size in zip(index, sizes, strict=True))
        hint += f"; the nearest is {by(near, ',')}"
    elif not names:
        hint += f", {len(sizes)} {'number' if len(sizes) == 1 else 'numbers'}"
    if not sizes:
        hint = "its outputs have no position: leave it out"
    raise ArgumentError(f"{what} {by(index, ',')} is not in {title}: {hint}")


def explain_unit(record: LayerRecord, index: Sequence[int]) -> Unit:
    """The number at `index` of a layer's output. Raises NetworkError where torch computed another."""
    kind, at = kind_of(record), tuple(index)
    detail = kind.detail(at)
    allowed = rounding(record.output, *detail.summed)
    what = f"{record.title}[{', '.join(map(str, at))}]"
    check = compare(what, detail.value, float(as_array(record.output[at])), allowed)
    shape = tuple(record.output.shape)
    return Unit(record.title, type(record.layer).__name__, kind.key, at, shape, detail.value, detail, check)


def with_followers(unit: Unit, recorded: Recorded) -> Unit:
    """The unit with the layers that follow it at the same place: a normalisation, an activation."""
    record, found = recorded.named(unit.layer), []
    while followers := [one for one in recorded.after(record) if _same_place(one, record)]:
        record = followers[0]
        found.append(explain_unit(record, unit.index))
    return replace(unit, after=tuple(found))


def _same_place(record: LayerRecord, before: LayerRecord) -> bool:
    """Whether a layer works on each number by itself; one that cannot be worked out ends the chain."""
    try:
        return kind_of(record).same_place and record.output.shape == before.output.shape
    except NetworkError:
        return False
