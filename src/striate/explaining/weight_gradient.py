"""The gradient of one weight as its sum of terms, and as one entry of a matrix product."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from torch import Tensor

from striate.derivation import Term, Terms
from striate.derivation.shapes import Array
from striate.errors import NetworkError
from striate.explaining.checking import Check, as_array, compare, rounding
from striate.explaining.kinds.catalogue import kind_of
from striate.explaining.kinds.kind import KernelKind
from striate.explaining.picture import Picture
from striate.explaining.texts import Texts
from striate.explaining.unit import expect_index
from striate.explaining.update import Update
from striate.numbers import by, number
from striate.pages import Block, Formula, Grid, Paragraph, Section, Table
from striate.pages.document import Maths, partial, planes_of, power, row, sub, sum_of
from striate.tracing.recording import LayerRecord, Recorded

LARGEST = 8
"""Terms that are named."""
SIDE, SAMPLES = 8, 4
"""Terms of a map up to this side, and of so many samples, are shown in numbers; larger ones as a picture."""


@dataclass(frozen=True)
class Use:
    """The terms from one call of a layer that uses the weight."""

    layer: str
    terms: Terms

    def to_json(self) -> dict[str, Any]:
        """Plain values; the terms in full."""
        return {
            "layer": self.layer,
            "upstream": self.terms.upstream.tolist(),
            "input": self.terms.seen.tolist(),
            "terms": self.terms.values.tolist(),
            "total": self.terms.total,
            "per_sample": self.terms.per_sample.tolist(),
        }

    def blocks(self, say: Texts) -> Iterator[Block]:
        """δ × input = terms, place by place: in numbers where they are few, otherwise as a picture."""
        terms = self.terms
        if terms.values.ndim != 3:
            return
        samples = range(min(SAMPLES, len(terms.values)))
        if max(terms.values.shape[1:]) > SIDE:
            caption = say("gradient.picture", layer=self.layer)
            tiles = tuple(terms.values[:SAMPLES])
            picture = Picture("terms", tiles, tuple(map(str, samples)), signed=True)
            yield picture.figure(caption, caption)
            return
        names = (say("grid.upstream"), say("grid.input"), say("grid.terms"))
        for sample in samples:
            matrices = (terms.upstream[sample], terms.seen[sample], terms.values[sample])
            yield Grid(say("gradient.all", layer=self.layer, sample=sample), names, matrices, ("×", "="))


@dataclass(frozen=True)
class Entry:
    """The same number in dW = δ · Uᵀ: row and column, and the shapes of the matrices."""

    row: int
    column: int
    delta_shape: tuple[int, int]
    patches_shape: tuple[int, int]
    value: float


@dataclass(frozen=True)
class WeightGradient:
    """∂L/∂w of one weight. `index` is (filter, channel within its group, *kernel position)."""

    layer: str
    kind: str
    index: tuple[int, ...]
    shape: tuple[int, ...]
    formula: Maths
    """∂L/∂w as a sum, for any weight."""
    uses: tuple[Use, ...]
    total: float
    entry: Entry
    kernel: Array
    """The gradient of all weights of this kernel: (*kernel)."""
    checks: tuple[Check, ...]
    update: Update | None = None

    @property
    def count(self) -> int:
        """Number of terms."""
        return sum(use.terms.values.size for use in self.uses)

    def largest(self, count: int = LARGEST) -> list[tuple[str, Term]]:
        """The terms of largest size over all uses: (layer, term)."""
        named = [(use.layer, term) for use in self.uses for term in use.terms.largest(count)]
        return sorted(named, key=lambda pair: -abs(pair[1].value))[:count]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "layer": self.layer,
            "weight": list(self.index),
            "weight_shape": list(self.shape),
            "count": self.count,
            "total": self.total,
            "largest": [{"layer": layer, **term._asdict()} for layer, term in self.largest()],
            "uses": [use.to_json() for use in self.uses],
            "matrix_entry": dict(vars(self.entry)),
            "kernel": self.kernel.tolist(),
            "checks": [one.to_json() for one in self.checks],
            "update": None if self.update is None else self.update.to_json(),
        }

    def sections(self, say: Texts) -> Iterator[Section]:
        """The sum of terms and the same number in the matrix product; then the update."""
        title = say("gradient.title", layer=self.layer, index=by(self.index, ","))
        yield Section(title, tuple(self._blocks(say)))
        if self.update is not None:
            yield self.update.section(self.index, say)

    def _blocks(self, say: Texts) -> Iterator[Block]:
        yield Paragraph(say("gradient.text", count=f"{self.count:,}"))
        yield Formula(row(partial("L", "w"), "=", self.formula))
        yield from self._largest(say)
        for use in self.uses:
            yield from use.blocks(say)
        yield from self._samples(say)
        yield Formula(row(partial("L", "W"), "=", "δ", "·", power("U", "T")))
        shapes = {"delta": by(self.entry.delta_shape), "patches": by(self.entry.patches_shape)}
        place = {"row": self.entry.row, "column": self.entry.column, "value": number(self.entry.value, 6)}
        yield Paragraph(say("gradient.matrix", **shapes, **place))
        if self.kernel.ndim:
            key = "gradient.kernel_frame" if self.kernel.ndim == 3 else "gradient.kernel"
            for frame, matrices in enumerate(planes_of(self.kernel)):
                yield Grid(say(key, frame=frame), (say("grid.gradient"),), matrices)

    def _largest(self, say: Texts) -> Iterator[Block]:
        """The largest terms, and the sum of the others."""
        largest = self.largest()
        heads = say.heads(
            "layer", "sample", "output_position", "input_position", "upstream", "input_value", "term"
        )
        caption = say("gradient.largest", shown=len(largest), count=f"{self.count:,}")
        yield Table.of_rows(caption, heads, tuple(_cells(layer, term) for layer, term in largest))
        four = [term.value for _, term in largest[:4]]
        rest = self.total - sum(four)
        weight = sub("w", *map(str, self.index))
        yield Formula(row(partial("L", weight), "=", sum_of([*four, rest]), "=", number(self.total, 6)))
        others = f"{self.count - len(four):,}"
        yield Paragraph(say("gradient.rest", shown=len(four), rest=others, sum=number(rest, 5)))

    def _samples(self, say: Texts) -> Iterator[Block]:
        """The part of each sample, where there are several, and of each call of a shared layer."""
        rows = tuple(
            (use.layer, str(sample), number(float(value), 6))
            for use in self.uses
            for sample, value in enumerate(use.terms.per_sample)
        )
        if len(rows) > 1:
            yield Table.of_rows(say("gradient.samples"), say.heads("layer", "sample", "sum"), rows)


def _cells(layer: str, term: Term) -> tuple[str, ...]:
    """A term as a row of a table."""
    places = (by(place, ",") or "–" for place in (term.output_position, term.input_position))
    numbers = (number(value, 5) for value in (term.upstream, term.seen, term.value))
    return (layer, str(term.sample), *places, *numbers)


def explain_gradient(recorded: Recorded, record: LayerRecord, index: Sequence[int]) -> WeightGradient:
    """The gradient of weight `index` of a layer, over every call that uses it, compared with autograd's."""
    kind = kind_of(record)
    if not isinstance(kind, KernelKind):
        own = ((one.title, one.parameters.get("weight")) for one in recorded.layers if one.whole)
        others = [title for title, weight in own if weight is not None and weight.dim() > 1]
        raise NetworkError(
            f"{record.title} is a {type(record.layer).__name__}: it has no kernel whose gradient could be "
            f"taken apart; name a layer that has one: {', '.join(others) or 'this network has none'}"
        )
    shape, chosen = tuple(record.parameters["weight"].shape), tuple(index)
    names = ("filter", "channel") if len(shape) > 2 else ("output", "input")
    along = [*names, *("frame", "row", "column")[5 - len(shape) :]]
    expect_index(record.title, "weight", chosen, shape, along)
    sharing = [one for one, _ in recorded.sharing(record, "weight") if one.upstream is not None]
    if not sharing:
        raise NetworkError(f"{record.title} has no part in the loss: no gradient reaches it")
    calls = [call for call in map(kind_of, sharing) if isinstance(call, KernelKind)]
    uses = tuple(Use(call.record.title, call.weight_terms(chosen)) for call in calls)
    entry, (kernel, sizes) = _entry(calls, uses, shape), _kernel(calls, chosen, shape)
    theirs = gradient_by_torch(recorded, record)
    total = sum(use.terms.total for use in uses)
    size = sum(float(np.abs(use.terms.values).sum()) for use in uses)
    count = sum(use.terms.values.size for use in uses)
    what, one_weight = f"∂L/∂{record.name}.weight", float(as_array(theirs[chosen]))
    sums, whole = rounding(theirs, count, size), rounding(theirs, count, sizes)
    checks = (
        compare(f"{what}{list(chosen)}", total, one_weight, sums),
        compare(f"{what}{list(chosen)} as an entry of δ·Uᵀ", entry.value, one_weight, sums),
        compare(f"{what}, the whole kernel", kernel, as_array(theirs[chosen[:2]]), whole),
    )
    return WeightGradient(
        record.title, kind.key, chosen, shape, kind.gradient_formula, uses, total, entry, kernel, checks
    )


def gradient_by_torch(recorded: Recorded, record: LayerRecord) -> Tensor:
    """∂L/∂weight of a layer, over all calls that use it; of a network that is itself the layer, too."""
    return recorded.parameter_gradients[weight_name(recorded, record)]


def weight_name(recorded: Recorded, record: LayerRecord) -> str:
    """What the network calls a layer's weight; a network that is itself the layer calls it `weight`."""
    name = f"{record.name}.weight"
    return name if name in recorded.parameter_gradients else "weight"


def _kernel(
    calls: Sequence[KernelKind], index: tuple[int, ...], shape: tuple[int, ...]
) -> tuple[Array, Array]:
    """The gradient of every weight of one kernel, and Σ|term| of each."""
    total, size = np.zeros(shape[2:]), np.zeros(shape[2:])
    for position in product(*map(range, shape[2:])):
        for call in calls:
            terms = call.weight_terms((*index[:2], *position))
            total[position] += terms.total
            size[position] += np.abs(terms.values).sum()
    return total, size


def _entry(calls: Sequence[KernelKind], uses: Sequence[Use], shape: tuple[int, ...]) -> Entry:
    """Row o of δ times column c·K + u of the patches, over all calls."""
    value = sum(call.row_times_column(use.terms) for call, use in zip(calls, uses, strict=True))
    places, columns = sum(use.terms.values.size for use in uses), int(np.prod(shape[1:]))
    first = uses[0].terms
    return Entry(first.row, first.column, (shape[0], places), (places, columns), value)
