"""The gradient of one weight as its sum of terms, and as one entry of a matrix product."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from striate.derivation import Term, Terms, fully_connected_terms, unfold, weight_terms
from striate.derivation.shapes import Array
from striate.derivation.terms import first_channel
from striate.errors import ArgumentError, NetworkError
from striate.explaining.checking import Check, as_array, compare, rounding
from striate.explaining.layers.working import Working, working
from striate.explaining.updating import Update
from striate.tracing.recording import LayerRecord, Recorded

LARGEST = 8
"""Terms that are named."""


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


def explain_gradient(recorded: Recorded, record: LayerRecord, index: Sequence[int]) -> WeightGradient:
    """The gradient of weight `index` of a layer, over every call that uses it, compared with autograd's."""
    how = working(record)
    if not (how.slides or how.kind == "fully_connected"):
        others = ", ".join(_with_kernels(recorded)) or "this network has none"
        raise NetworkError(
            f"{record.title} is a {type(record.layer).__name__}: it has no kernel whose gradient could be "
            f"taken apart; name a layer that has one: {others}"
        )
    shape, chosen = tuple(record.parameters["weight"].shape), tuple(index)
    _expect(record, chosen, shape)
    uses = tuple(
        _use(one, chosen) for one, _ in recorded.sharing(record, "weight") if one.upstream is not None
    )
    if not uses:
        raise NetworkError(f"{record.title} has no part in the loss: no gradient reaches it")
    total, kernel = sum(use.terms.total for use in uses), _kernel(recorded, record, chosen)
    theirs = recorded.parameter_gradients[f"{record.name}.weight"]
    size = sum(float(np.abs(use.terms.values).sum()) for use in uses)
    count = sum(use.terms.values.size for use in uses)
    what = f"∂L/∂{record.name}.weight{list(chosen)}"
    entry = _entry(uses, record, recorded)
    sums = rounding(theirs, count, size)
    checks = (
        compare(what, total, float(as_array(theirs[chosen])), sums),
        compare(f"{what} as an entry of δ·Uᵀ", entry.value, float(as_array(theirs[chosen])), sums),
        compare(
            f"∂L/∂{record.name}.weight, the whole kernel",
            kernel[0],
            as_array(theirs[chosen[:2]]),
            rounding(theirs, count, kernel[1]),
        ),
    )
    return WeightGradient(record.title, how.kind, chosen, shape, uses, total, entry, kernel[0], checks)


def _with_kernels(recorded: Recorded) -> list[str]:
    own = ((one.title, one.parameters.get("weight")) for one in recorded.layers if one.whole)
    return [title for title, weight in own if weight is not None and weight.dim() > 1]


def _expect(record: LayerRecord, index: tuple[int, ...], shape: tuple[int, ...]) -> None:
    if len(index) == len(shape) and all(0 <= i < n for i, n in zip(index, shape, strict=True)):
        return
    names = ("filter", "channel") if len(shape) > 2 else ("output", "input")
    along = [*names, *("frame", "row", "column")[3 - (len(shape) - 2) :]]
    ranges = ", ".join(f"{name} 0–{size - 1}" for name, size in zip(along, shape, strict=True))
    near = ",".join(str(min(max(i, 0), n - 1)) for i, n in zip(index, shape, strict=False))
    hint = f"; the nearest is {near}" if len(index) == len(shape) else ""
    raise ArgumentError(
        f"weight {','.join(map(str, index))} is not in {record.title}: expected {ranges}{hint}"
    )


def _use(record: LayerRecord, index: tuple[int, ...]) -> Use:
    return Use(record.title, _terms(working(record), record, index))


def _terms(how: Working, record: LayerRecord, index: tuple[int, ...]) -> Terms:
    assert record.upstream is not None
    x, delta = as_array(record.input), as_array(record.upstream)
    if how.slides:
        return weight_terms(how.operation, x, how.arguments["weight"], delta, index)
    return fully_connected_terms(x.reshape(-1, x.shape[-1]), delta.reshape(-1, delta.shape[-1]), index)


def _kernel(recorded: Recorded, record: LayerRecord, index: tuple[int, ...]) -> tuple[Array, Array]:
    """The gradient of every weight of one kernel, and Σ|term| of each."""
    shape = tuple(record.parameters["weight"].shape[2:])
    total, size = np.zeros(shape), np.zeros(shape)
    calls = [one for one, _ in recorded.sharing(record, "weight") if one.upstream is not None]
    for position in product(*map(range, shape)):
        for one in calls:
            terms = _terms(working(one), one, (*index[:2], *position))
            total[position] += terms.total
            size[position] += np.abs(terms.values).sum()
    return total, size


def _entry(uses: Sequence[Use], record: LayerRecord, recorded: Recorded) -> Entry:
    """Σ over calls and samples of row o of δ times column c·K + u of the patches."""
    calls = [one for one, _ in recorded.sharing(record, "weight") if one.upstream is not None]
    first, filters = uses[0].terms, record.parameters["weight"].shape[0]
    value = sum(_row_times_column(one, use.terms) for one, use in zip(calls, uses, strict=True))
    places = sum(use.terms.values.size for use in uses)
    columns = record.parameters["weight"][0].numel()
    return Entry(first.row, first.column, (filters, places), (places, columns), float(value))


def _row_times_column(record: LayerRecord, terms: Terms) -> float:
    how = working(record)
    assert record.upstream is not None
    x, delta = as_array(record.input), as_array(record.upstream)
    if not how.slides:
        return float(
            delta.reshape(-1, delta.shape[-1])[:, terms.row] @ x.reshape(-1, x.shape[-1])[:, terms.column]
        )
    weight = how.arguments["weight"]
    slide = how.operation.slide(x, weight)
    channel, position = divmod(terms.column, int(np.prod(slide.kernel)))
    first = first_channel(weight, how.operation.groups, terms.row) + channel
    patches = unfold(x[:, first : first + 1], slide)[:, position]  # (N, L)
    return float((delta[:, terms.row].reshape(len(x), -1) * patches).sum())
