"""What the outputs of one operation see, for operations that only move elements: one rule per kind."""

from collections.abc import Sequence
from dataclasses import replace

from striate.arithmetic.described import Fill
from striate.arithmetic.receptive import joining, reshaping
from striate.arithmetic.receptive.field import Field, Fields, Reading, Rule, Shape, blend, each, without
from striate.arithmetic.receptive.rules_windows import im2col, pad, unfold


def alias(reading: Reading) -> Fields:
    """The same elements."""
    return replace(reading.field, shape=reading.out)


def reshape(reading: Reading) -> Fields:
    """Another shape, the same order."""
    old = reading.field.shape
    return each(reading.field, reading.out, lambda axis: reshaping.reshape(axis, old, reading.out))


def permute(reading: Reading) -> Fields:
    """Dimensions in another order."""
    order = reading.geometry["order"]
    return each(reading.field, reading.out, lambda axis: reshaping.permute(axis, order))


def cut(reading: Reading) -> Fields:
    """A slice along a dimension."""
    return _cut(reading.field, reading.geometry["dim"], reading.geometry["positions"])


def _cut(field: Field, dim: int, positions: range) -> Field:
    shape = (*field.shape[:dim], len(positions), *field.shape[dim + 1 :])
    return each(
        field, shape, lambda axis: reshaping.cut(axis, dim, positions.start, positions.stop, positions.step)
    )


def select(reading: Reading) -> Fields:
    """One position along a dimension, which is gone."""
    return _select(reading.field, reading.geometry["dim"], reading.geometry["index"])


def _select(field: Field, dim: int, index: int) -> Field:
    piece = _cut(field, dim, range(index, index + 1))
    shape = (*field.shape[:dim], *field.shape[dim + 1 :])
    return each(piece, shape, lambda axis: reshaping.drop(axis, dim))


def unbind(reading: Reading) -> Fields:
    """Every position along a dimension as a tensor of its own."""
    dim = reading.geometry["dim"]
    return [_select(reading.field, dim, index) for index in range(len(reading.outs))]


def split(reading: Reading) -> Fields:
    """Pieces along a dimension, one after another."""
    dim = reading.geometry["dim"]
    return [_cut(reading.field, dim, positions) for positions in pieces(reading)]


def pieces(reading: Reading) -> list[range]:
    """Where the pieces of a split lie."""
    dim, start, result = reading.geometry["dim"], 0, []
    for info in reading.outs:
        result.append(range(start, start + info.shape[dim]))
        start += info.shape[dim]
    return result


def unsqueeze(reading: Reading) -> Fields:
    """A dimension of length 1 put in."""
    dim = reading.geometry["dim"]
    return each(reading.field, reading.out, lambda axis: reshaping.insert(axis, dim))


def squeeze(reading: Reading) -> Fields:
    """Dimensions of length 1 taken away."""
    result = reading.field
    for dim in sorted(reading.geometry["dims"], reverse=True):
        result = without(result, dim)
    return result


def expand(reading: Reading) -> Fields:
    """Dimensions of length 1 repeated, new ones in front."""
    return blend(reading.inputs[:1], reading.out)


def repeat(reading: Reading) -> Fields:
    """The tensor laid `times` times after itself along each dimension."""
    result = blend(
        reading.inputs[:1], (1,) * (len(reading.out) - len(reading.field.shape)) + reading.field.shape
    )
    assert result is not None
    for dim, times in enumerate(reading.geometry["times"]):
        if times != 1:
            result = _take(result, dim, list(range(result.shape[dim])) * times)
    return result


def take(reading: Reading) -> Fields:
    """Known positions along a dimension, in any order."""
    return _take(reading.field, reading.geometry["dim"], reading.geometry["positions"])


def takes(reading: Reading) -> Fields:
    """Known positions along several dimensions: flips and rolls."""
    result = reading.field
    for dim, positions in reading.geometry["positions"].items():
        result = _take(result, dim, positions)
    return result


def _take(field: Field, dim: int, positions: Sequence[int]) -> Field:
    shape = (*field.shape[:dim], len(positions), *field.shape[dim + 1 :])
    length = field.shape[dim]
    return each(field, shape, lambda axis: reshaping.take(axis, dim, length, positions))


def join(reading: Reading) -> Fields:
    """Concatenation."""
    known = next((field for field in reading.inputs if field is not None), None)
    if known is None:
        return None
    dim = reading.geometry["dim"]
    zeros = [info.fill is Fill.ZERO for info in reading.infos]
    parts = [field for field in reading.inputs if field is not None]
    shapes = [info.shape for info in reading.infos]
    axes = tuple(
        joining.join(
            [None if field is None else field.axes[position] for field in reading.inputs], shapes, dim, zeros
        )
        for position in range(len(known.axes))
    )
    sure = max(parts, key=lambda field: field.status)
    return Field(reading.out, axes, sure.status, sure.reason, any(field.masked for field in parts))


def stack(reading: Reading) -> Fields:
    """Tensors side by side along a new dimension, which follows an axis where they go along it."""
    dim = reading.geometry["dim"]
    inputs = []
    for field in reading.inputs:
        shape = () if field is None else (*field.shape[:dim], 1, *field.shape[dim:])
        inputs.append(field and each(field, shape, lambda axis: reshaping.insert(axis, dim)))
    infos = [i._replace(shape=(*i.shape[:dim], 1, *i.shape[dim:])) for i in reading.infos]
    joined = join(replace(reading, inputs=inputs, infos=infos))
    if not isinstance(joined, Field) or None in inputs:
        return joined
    parts = [[field.axes[position] for field in inputs if field] for position in range(len(joined.axes))]
    axes = (joining.along(axis, of, dim) for axis, of in zip(joined.axes, parts, strict=True))
    return replace(joined, axes=tuple(axes))


def pixel_shuffle(reading: Reading) -> Fields:
    """Channels dealt out to positions: (C·r², H, W) → (C, H·r, W·r)."""
    (*lead, channels, height, width), r = reading.field.shape, reading.geometry["factor"]
    n, out = len(lead), reading.out
    apart = (*lead, channels // (r * r), r, r, height, width)
    order = [*range(n), n, n + 3, n + 1, n + 4, n + 2]
    return _through(reading.field, apart, order, out)


def pixel_unshuffle(reading: Reading) -> Fields:
    """Positions dealt out to channels: (C, H·r, W·r) → (C·r², H, W)."""
    (*lead, channels, height, width), r = reading.field.shape, reading.geometry["factor"]
    n = len(lead)
    apart = (*lead, channels, height // r, r, width // r, r)
    order = [*range(n), n, n + 2, n + 4, n + 1, n + 3]
    return _through(reading.field, apart, order, reading.out)


def channel_shuffle(reading: Reading) -> Fields:
    """Channels of the groups dealt in turn."""
    (batch, channels, *rest), groups = reading.field.shape, reading.geometry["groups"]
    apart = (batch, groups, channels // groups, *rest)
    order = [0, 2, 1, *range(3, 3 + len(rest))]
    return _through(reading.field, apart, order, reading.out)


def _through(field: Field, apart: Shape, order: Sequence[int], out: Shape) -> Field:
    """A view as `apart`, its dimensions in another order, a view as `out`."""
    turned = tuple(apart[dim] for dim in order)
    return each(
        field,
        out,
        lambda axis: reshaping.reshape(
            reshaping.permute(reshaping.reshape(axis, field.shape, apart), order), turned, out
        ),
    )


def moved(reading: Reading) -> Fields:
    """Known elements, each at a place of its own."""
    sources, old = reading.geometry["sources"], reading.field.shape
    return each(reading.field, reading.out, lambda axis: reshaping.gather(axis, old, sources))


MOVING: dict[str, Rule] = {
    "moved": moved,
    "alias": alias,
    "reshape": reshape,
    "permute": permute,
    "cut": cut,
    "select": select,
    "unbind": unbind,
    "split": split,
    "unsqueeze": unsqueeze,
    "squeeze": squeeze,
    "expand": expand,
    "repeat": repeat,
    "take": take,
    "takes": takes,
    "join": join,
    "stack": stack,
    "pad": pad,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    "channel_shuffle": channel_shuffle,
    "unfold": unfold,
    "im2col": im2col,
}
