"""One number of a network, worked out: the patch, the kernels, every product, the sums, the result."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from striate.derivation import fully_connected_unit
from striate.derivation.shapes import Array
from striate.errors import ArgumentError
from striate.explaining.checking import Check, as_array, compare, rounding
from striate.explaining.layers.details import (
    Detail,
    Moved,
    Normal,
    Point,
    Products,
    Shift,
    average_window,
    bins_window,
    max_window,
    products_of,
)
from striate.explaining.layers.folding import FoldedShift
from striate.explaining.layers.working import POINTWISE, Working, working
from striate.explaining.unit_field import Seen
from striate.tracing.recording import LayerRecord, Recorded


@dataclass(frozen=True)
class Unit:
    """One output of one layer. `index` is its place in the whole output: (sample, filter, *at)."""

    layer: str
    type: str
    kind: str
    index: tuple[int, ...]
    output_shape: tuple[int, ...]
    value: float
    detail: Detail
    check: Check
    after: tuple["Unit", ...] = ()
    """The normalisation and activation that follow, at the same place."""
    seen: Seen | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "layer": self.layer,
            "type": self.type,
            "kind": self.kind,
            "index": list(self.index),
            "output_shape": list(self.output_shape),
            "value": self.value,
            **self.detail.to_json(),
            "check": self.check.to_json(),
            "after": [one.to_json() for one in self.after],
            "receptive_field": None if self.seen is None else self.seen.to_json(),
        }


def channel_axis(record: LayerRecord) -> int:
    """The axis of the output that counts filters: the last of a fully connected layer, else the second."""
    return record.output.dim() - 1 if working(record).kind == "fully_connected" else 1


def choose(
    record: LayerRecord, filter: int | None, at: Sequence[int] | None, sample: int = 0
) -> tuple[int, ...]:
    """The place in the output that is asked for; what is not said is where the output is largest.

    Raises ArgumentError with the valid range.
    """
    shape, axis = tuple(record.output.shape), channel_axis(record)
    places = [size for dim, size in enumerate(shape) if dim not in (0, axis)]
    _expect(
        record, "filter" if len(shape) > 2 else "unit", None if filter is None else [filter], [shape[axis]]
    )
    _expect(record, "position", at, places)
    maps = np.moveaxis(as_array(record.output[sample]), axis - 1, 0)  # (C, *places)
    chosen = int(np.argmax(maps.reshape(len(maps), -1).max(axis=1))) if filter is None else filter
    place = np.unravel_index(int(np.argmax(maps[chosen])), maps.shape[1:]) if at is None else at
    index = [int(spot) for spot in place]
    index.insert(axis - 1, chosen)
    return (sample, *index)


def _expect(record: LayerRecord, what: str, given: Sequence[int] | None, sizes: Sequence[int]) -> None:
    if given is None:
        return
    if len(given) != len(sizes) or any(not 0 <= spot < size for spot, size in zip(given, sizes, strict=True)):
        came = ",".join(map(str, given))
        ranges = " × ".join(f"0–{size - 1}" for size in sizes)
        hint = (
            f"expected {ranges}{_nearest(given, sizes)}"
            if sizes
            else "its outputs have no position: leave it out"
        )
        raise ArgumentError(f"{what} {came} is not in {record.title}: {hint}")


def _nearest(given: Sequence[int], sizes: Sequence[int]) -> str:
    if len(given) != len(sizes):
        return f", {len(sizes)} {'number' if len(sizes) == 1 else 'numbers'}"
    near = (str(min(max(spot, 0), size - 1)) for spot, size in zip(given, sizes, strict=True))
    return f"; the nearest is {','.join(near)}"


def explain_unit(record: LayerRecord, index: Sequence[int]) -> Unit:
    """The number at `index` of a layer's output. Raises NetworkError where torch computed another."""
    how = working(record)
    place = tuple(index)
    detail, terms, size = _DETAILS.get(how.kind, _point)(record, how, place)
    what = f"{record.title}[{', '.join(map(str, place))}]"
    allowed = rounding(record.output, terms, size)
    check = compare(what, detail.value, float(as_array(record.output[place])), allowed)
    shape, kind = tuple(record.output.shape), type(record.layer).__name__
    return Unit(record.title, kind, how.kind, place, shape, detail.value, detail, check)


def with_followers(unit: Unit, recorded: Recorded) -> Unit:
    """The unit with the layers that follow it at the same place: a normalisation, an activation."""
    record, found = recorded.named(unit.layer), []
    while followers := [one for one in recorded.after(record) if _same_place(one, record)]:
        record = followers[0]
        found.append(explain_unit(record, unit.index))
    return replace(unit, after=tuple(found))


def _same_place(record: LayerRecord, before: LayerRecord) -> bool:
    try:
        return working(record).kind in POINTWISE and record.output.shape == before.output.shape
    except Exception:  # a layer that cannot be worked out ends the chain
        return False


Worked = tuple[Detail, int, float]
"""The detail, the number of terms in its sum, and the sum of their sizes."""


def _convolution(record: LayerRecord, how: Working, index: tuple[int, ...]) -> Worked:
    detail = products_of(how, as_array(record.input), index)
    return detail, detail.products.size + 1, float(np.abs(detail.products).sum() + abs(detail.bias))


def _fully_connected(record: LayerRecord, how: Working, index: tuple[int, ...]) -> Worked:
    row = as_array(record.input)[index[:-1]][None]  # (1, in)
    unit = fully_connected_unit(row, how.arguments["weight"], how.arguments.get("bias"), (0, index[-1]))
    detail = Products.of(unit, {"inputs": row.shape[1]})
    return detail, detail.products.size + 1, float(np.abs(detail.products).sum() + abs(detail.bias))


def _max_pool(record: LayerRecord, how: Working, index: tuple[int, ...]) -> Worked:
    detail = max_window(how, as_array(record.input), index)
    return detail, 0, 0.0


def _average_pool(record: LayerRecord, how: Working, index: tuple[int, ...]) -> Worked:
    window = average_window if how.kind == "average_pool" else bins_window
    detail = window(how, as_array(record.input), index)
    return detail, detail.values.size, float(np.nansum(np.abs(detail.values)) / (detail.divisor or 1))


def _batch_norm(record: LayerRecord, how: Working, index: tuple[int, ...]) -> Worked:
    x, channel = as_array(record.input), index[1]
    y, saved = how.operation.forward(x, **how.arguments)

    def at(values: Array | None, default: float) -> float:
        return default if values is None else float(values[channel])

    weight, bias = at(saved.weight, 1.0), at(how.arguments.get("bias"), 0.0)
    mean, scale = float(saved.mean[channel]), float(saved.scale[channel])
    detail = Normal(
        float(y[index]), float(x[index]), mean, float(saved.variance[channel]), how.operation.epsilon,
        weight, bias, float(saved.normal[index]), not saved.constant,
    )  # fmt: skip
    size = (abs(detail.input) + abs(mean)) * scale * abs(weight) + abs(bias)
    batch = 0 if saved.constant else x.size // x.shape[1]
    return detail, batch, size


def _flatten(record: LayerRecord, how: Working, index: tuple[int, ...]) -> Worked:
    shape = tuple(record.input.shape)
    source = (index[0], *(int(one) for one in np.unravel_index(index[1], shape[1:])))
    return Moved(float(as_array(record.input)[source]), source, shape), 0, 0.0


def _temporal_shift(record: LayerRecord, how: Working, index: tuple[int, ...]) -> Worked:
    x = as_array(record.input)
    value = float(how.operation.forward(x)[0][index])
    folded = isinstance(how.operation, FoldedShift)
    frames, frame = (
        (how.operation.frames, index[0] % how.operation.frames) if folded else (x.shape[2], index[2])
    )
    source = how.operation.source_frames(x.shape[1], frames)
    return Shift(value, source, index[1], frame), 0, 0.0


def _point(record: LayerRecord, how: Working, index: tuple[int, ...]) -> Worked:
    x = as_array(record.input[index])
    value = float(how.operation.forward(np.asarray(x))[0])
    return Point(value, float(x)), 4, abs(value) + abs(float(x))


_DETAILS = {
    "convolution": _convolution,
    "pointwise": _convolution,
    "fully_connected": _fully_connected,
    "max_pool": _max_pool,
    "average_pool": _average_pool,
    "adaptive_pool": _average_pool,
    "batch_norm": _batch_norm,
    "flatten": _flatten,
    "temporal_shift": _temporal_shift,
}
