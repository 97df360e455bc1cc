"""One number of a network, worked out: what it is made of, what follows it, and where it looks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from striate.arithmetic.receptive.unit_field import UnitField
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
from striate.tracing.layer_record import LayerRecord, Recorded


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
    record: LayerRecord, filter: int | None, at: Sequence[int] | None, sample: int = 0
) -> tuple[int, ...]:
    """The index in the output that is asked for; what is not said is where the output is largest.

    Raises ArgumentError with the valid range.
    """
    kind, shape = kind_of(record), tuple(record.output.shape)
    axis, batch = kind.channel_axis, kind.sample_axis
    sizes = [size for dim, size in enumerate(shape) if dim not in (batch, axis)]
    if filter is not None:
        expect_index(record.title, "filter" if len(shape) > 2 else "unit", [filter], [shape[axis]])
    if at is not None:
        expect_index(record.title, "position", at, sizes)
    maps = np.moveaxis(as_array(record.output), (batch, axis), (0, 1))[sample]  # (C, *sizes)
    chosen = int(np.argmax(maps.reshape(len(maps), -1).max(axis=1))) if filter is None else filter
    position = np.unravel_index(int(np.argmax(maps[chosen])), maps.shape[1:]) if at is None else at
    index = [int(spot) for spot in position]
    for where, what in sorted(((batch, sample), (axis, chosen))):
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
