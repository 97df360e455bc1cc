"""What the outputs of one operation see, for operations that only move elements: one rule per kind."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from striate.arithmetic import axis as one
from striate.arithmetic import reshaping
from striate.arithmetic.axis import Axis
from striate.arithmetic.described import Fill, Operation
from striate.arithmetic.field import Field, Shape, blend, each, without
from striate.arithmetic.rules import Fields, Reading, Rule
from striate.arithmetic.windows import Window, strided


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
    return _cut(reading.field, reading.geometry["dim"], reading.geometry["places"])


def _cut(field: Field, dim: int, places: range) -> Field:
    shape = (*field.shape[:dim], len(places), *field.shape[dim + 1 :])
    return each(field, shape, lambda axis: reshaping.cut(axis, dim, places.start, places.stop, places.step))


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
    return [_cut(reading.field, dim, places) for places in pieces(reading)]


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
    return blend(reading.given[:1], reading.out)


def repeat(reading: Reading) -> Fields:
    """The tensor laid `times` times after itself along each dimension."""
    result = blend(
        reading.given[:1], (1,) * (len(reading.out) - len(reading.field.shape)) + reading.field.shape
    )
    assert result is not None
    for dim, times in enumerate(reading.geometry["times"]):
        if times != 1:
            result = _take(result, dim, list(range(result.shape[dim])) * times)
    return result


def take(reading: Reading) -> Fields:
    """Known positions along a dimension, in any order."""
    return _take(reading.field, reading.geometry["dim"], reading.geometry["places"])


def takes(reading: Reading) -> Fields:
    """Known positions along several dimensions: flips and rolls."""
    result = reading.field
    for dim, places in reading.geometry["places"].items():
        result = _take(result, dim, places)
    return result


def _take(field: Field, dim: int, places: Sequence[int]) -> Field:
    shape = (*field.shape[:dim], len(places), *field.shape[dim + 1 :])
    length = field.shape[dim]
    return each(field, shape, lambda axis: reshaping.take(axis, dim, length, places))


def join(reading: Reading) -> Fields:
    """Concatenation."""
    known = next((field for field in reading.given if field is not None), None)
    if known is None:
        return None
    dim = reading.geometry["dim"]
    zeros = [info.fill is Fill.ZERO for info in reading.infos]
    parts = [field for field in reading.given if field is not None]
    shapes = [info.shape for info in reading.infos]
    axes = tuple(
        reshaping.join(
            [None if field is None else field.axes[place] for field in reading.given], shapes, dim, zeros
        )
        for place in range(len(known.axes))
    )
    sure = max(parts, key=lambda field: field.status)
    return Field(reading.out, axes, sure.status, sure.reason, any(field.masked for field in parts))


def stack(reading: Reading) -> Fields:
    """Tensors side by side along a new dimension, which follows an axis where they go along it."""
    dim = reading.geometry["dim"]
    given = []
    for field in reading.given:
        shape = () if field is None else (*field.shape[:dim], 1, *field.shape[dim:])
        given.append(field and each(field, shape, lambda axis: reshaping.insert(axis, dim)))
    infos = [replace(i, shape=(*i.shape[:dim], 1, *i.shape[dim:])) for i in reading.infos]
    joined = join(replace(reading, given=given, infos=infos))
    if not isinstance(joined, Field) or None in given:
        return joined
    parts = [[field.axes[place] for field in given if field] for place in range(len(joined.axes))]
    axes = (reshaping.along(one, of, dim) for one, of in zip(joined.axes, parts, strict=True))
    return replace(joined, axes=tuple(axes))


def pad(reading: Reading) -> Fields:
    """Padding: constants see nothing, reflected and repeated positions see what they copy."""
    result = reading.field
    for dim, (before, after) in reading.geometry["amounts"].items():
        result = _padded(result, dim, before, after, reading.geometry["mode"])
    return result


def _padded(field: Field, dim: int, before: int, after: int, mode: str) -> Field:
    length = field.shape[dim]
    shape = (*field.shape[:dim], length + before + after, *field.shape[dim + 1 :])
    places = _copied(mode, length, before, after)
    return each(field, shape, lambda axis: _pad_axis(axis, dim, length, before, after, places))


def _copied(mode: str, length: int, before: int, after: int) -> list[int] | None:
    wanted = range(-before, length + after)
    if mode == "replicate":
        return [min(max(place, 0), length - 1) for place in wanted]
    if mode == "reflect":
        last = length - 1
        return [last - abs(last - abs(place)) for place in wanted]
    return None


def _pad_axis(axis: Axis, dim: int, length: int, before: int, after: int, places: list[int] | None) -> Axis:
    if places is None:
        seen = one.pad_with_nothing(one.stretch(axis.seen, dim, length), dim, before, after)
    else:
        seen = one.stretch(axis.seen, dim, length).take(places, axis=dim + 1)
    step, opened = axis.steps.get(dim), axis.open
    if opened is not None and step is not None:
        full = one.stretch(opened, dim, length)
        longer = one.carry_on(full, dim, max(before, 0), max(after, 0), step)
        opened = None if longer is None else _crop(longer, dim, before, after)
    elif opened is not None and opened.shape[dim + 1] > 1:
        opened = one.pad_with_nothing(opened, dim, before, after)
    return Axis(seen, opened, axis.steps)


def _crop(bounds: one.Bounds, dim: int, before: int, after: int) -> one.Bounds:
    return one.pad_with_nothing(bounds, dim, min(before, 0), min(after, 0))


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


def unfold(reading: Reading) -> Fields:
    """`Tensor.unfold`: windows along a dimension, their positions in a new last dimension."""
    g = reading.geometry
    return _windows_of(reading.field, g["dim"], reading.out[g["dim"]], Window(g["size"], g["step"]))


def _windows_of(field: Field, dim: int, out: int, window: Window) -> Field:
    """Dimension `dim` becomes `out` windows; position u of each stands in a new last dimension."""
    places = [i * window.stride + u * window.dilation for i in range(out) for u in range(window.kernel)]
    shape = (*field.shape[:dim], out, *field.shape[dim + 1 :], window.kernel)
    return each(field, shape, lambda axis: _axis_windows(axis, dim, field.shape[dim], places, out, window))


def _axis_windows(axis: Axis, dim: int, length: int, places: list[int], out: int, window: Window) -> Axis:
    def apart(bounds: one.Bounds) -> one.Bounds:
        if bounds.shape[dim + 1] == 1:
            return bounds[..., None]
        taken = bounds.take(places, axis=dim + 1)
        shape = (*taken.shape[: dim + 1], out, window.kernel, *taken.shape[dim + 2 :])
        moved: one.Bounds = np.moveaxis(taken.reshape(shape), dim + 2, -1)
        return moved

    del length
    steps = strided(axis, dim, window.stride)
    if dim in axis.steps:
        inner = strided(axis, dim, window.dilation)[dim]
        steps[axis.seen.ndim - 1] = inner
    return Axis(apart(axis.seen), None if axis.open is None else apart(axis.open), steps)


def im2col(reading: Reading) -> Fields:
    """Every window of an image as a column: (N, C, H, W) → (N, C·kh·kw, windows)."""
    g, field = reading.geometry, reading.field
    padding = {dim: (p, p) for dim, p in zip((2, 3), g["padding"], strict=True)}
    work = Operation("pad", reading.operation.name, (), (), {"amounts": padding, "mode": "constant"})
    padded = pad(replace(reading, operation=work))
    assert isinstance(padded, Field)
    result, outs = padded, []
    for place, dim in enumerate((2, 3)):
        window = Window(g["kernel"][place], g["stride"][place], 0, g["dilation"][place])
        outs.append((padded.shape[dim] - window.span) // window.stride + 1)
        result = _windows_of(result, dim, outs[-1], window)
    order = [0, 1, 4, 5, 2, 3]
    turned = tuple(result.shape[dim] for dim in order)
    del field
    return each(
        result,
        reading.out,
        lambda axis: reshaping.reshape(reshaping.permute(axis, order), turned, reading.out),
    )


MOVING: dict[str, Rule] = {
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
