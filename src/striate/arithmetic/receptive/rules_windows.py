"""What outputs see of padding, of windows written out and of resampling: one rule per kind."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor, gcd

import numpy as np

from striate.arithmetic.described import Operation
from striate.arithmetic.receptive import reshaping
from striate.arithmetic.receptive.axis import Axis, Bounds, Step, carry_on, pad_with_nothing, stretch
from striate.arithmetic.receptive.field import Field, Fields, Reading, Rule, each, mixed
from striate.arithmetic.receptive.windows import Window, ranges, strided
from striate.sizes import adaptive_windows, window_count


def pad(reading: Reading) -> Fields:
    """Padding: constants see nothing, reflected and repeated positions see what they copy."""
    result = reading.field
    for dim, (before, after) in reading.geometry["amounts"].items():
        result = _padded(result, dim, before, after, reading.geometry["mode"])
    return result


def _padded(field: Field, dim: int, before: int, after: int, mode: str) -> Field:
    length = field.shape[dim]
    shape = (*field.shape[:dim], length + before + after, *field.shape[dim + 1 :])
    positions = _copied(mode, length, before, after)
    return each(field, shape, lambda axis: _pad_axis(axis, dim, length, before, after, positions))


def _copied(mode: str, length: int, before: int, after: int) -> list[int] | None:
    wanted = range(-before, length + after)
    if mode == "replicate":
        return [min(max(position, 0), length - 1) for position in wanted]
    if mode == "reflect":
        last = length - 1
        return [last - abs(last - abs(position)) for position in wanted]
    return None


def _pad_axis(
    axis: Axis, dim: int, length: int, before: int, after: int, positions: list[int] | None
) -> Axis:
    if positions is None:
        seen = pad_with_nothing(stretch(axis.seen, dim, length), dim, before, after)
    else:
        seen = stretch(axis.seen, dim, length).take(positions, axis=dim + 1)
    step, opened = axis.steps.get(dim), axis.open
    if opened is not None and step is not None:
        full = stretch(opened, dim, length)
        longer = carry_on(full, dim, max(before, 0), max(after, 0), step)
        opened = None if longer is None else _crop(longer, dim, before, after)
    elif opened is not None and opened.shape[dim + 1] > 1:
        opened = pad_with_nothing(opened, dim, before, after)
    return Axis(seen, opened, axis.steps)


def _crop(bounds: Bounds, dim: int, before: int, after: int) -> Bounds:
    return pad_with_nothing(bounds, dim, min(before, 0), min(after, 0))


def unfold(reading: Reading) -> Fields:
    """`Tensor.unfold`: windows along a dimension, their positions in a new last dimension."""
    g = reading.geometry
    return _windows_of(reading.field, g["dim"], reading.out[g["dim"]], Window(g["size"], g["step"]))


def _windows_of(field: Field, dim: int, out: int, window: Window) -> Field:
    """Dimension `dim` becomes `out` windows; position u of each stands in a new last dimension."""
    positions = [i * window.stride + u * window.dilation for i in range(out) for u in range(window.kernel)]
    shape = (*field.shape[:dim], out, *field.shape[dim + 1 :], window.kernel)
    return each(field, shape, lambda axis: _axis_windows(axis, dim, field.shape[dim], positions, out, window))


def _axis_windows(axis: Axis, dim: int, length: int, positions: list[int], out: int, window: Window) -> Axis:
    def apart(bounds: Bounds) -> Bounds:
        if bounds.shape[dim + 1] == 1:
            return bounds[..., None]
        taken = bounds.take(positions, axis=dim + 1)
        shape = (*taken.shape[: dim + 1], out, window.kernel, *taken.shape[dim + 2 :])
        moved: Bounds = np.moveaxis(taken.reshape(shape), dim + 2, -1)
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
    for position, dim in enumerate((2, 3)):
        window = Window(g["kernel"][position], g["stride"][position], 0, g["dilation"][position])
        outs.append(window_count(padded.shape[dim], window.kernel, window.stride, 0, window.dilation))
        result = _windows_of(result, dim, outs[-1], window)
    order = [0, 1, 4, 5, 2, 3]
    turned = tuple(result.shape[dim] for dim in order)
    del field
    return each(
        result,
        reading.out,
        lambda axis: reshaping.reshape(reshaping.permute(axis, order), turned, reading.out),
    )


def fold(reading: Reading) -> Fields:
    """Columns added up where they lie in an image: (N, C·kh·kw, windows) → (N, C, H, W)."""
    targets, (*_, rows, columns) = reading.geometry["targets"], reading.field.shape
    *lead, height, width = reading.out
    count = targets.shape[0]
    apart = (*reading.field.shape[:-2], rows // count, count, columns)
    placed = (*lead, height * width)

    def change(axis: Axis) -> Axis:
        opened = reshaping.reshape(axis, reading.field.shape, apart)
        return reshaping.reshape(reshaping.scatter(opened, targets, height * width), placed, reading.out)

    return each(reading.field, reading.out, change)


Spans = Sequence[tuple[int, int]]


def adaptive_pool(reading: Reading) -> Fields:
    """Windows that share the input out among so many outputs."""
    result = reading.field
    for dim in reading.geometry["dims"]:
        length, out = result.shape[dim], reading.out[dim]
        if out == 1 and length > 1:
            shape = (*result.shape[:dim], 1, *result.shape[dim + 1 :])
            result = each(mixed(result, (dim,)), shape, lambda axis: axis)
        elif out != length:
            common = gcd(length, out)
            spans = [(window.start, window.stop - 1) for window in adaptive_windows(length, out)]
            result = _resized(result, dim, spans, Step(out // common, length // common))
    return result


def _resized(field: Field, dim: int, spans: Spans, step: Step | None) -> Field:
    shape = (*field.shape[:dim], len(spans), *field.shape[dim + 1 :])
    length = field.shape[dim]
    return each(field, shape, lambda axis: ranges(axis, dim, length, spans, step))


def interpolate(reading: Reading) -> Fields:
    """Nearest, linear and cubic resampling; weights that are zero do not count as seen."""
    g, result = reading.geometry, reading.field
    for dim, factor in zip(g["dims"], g["scales"], strict=True):
        length, out = result.shape[dim], reading.out[dim]
        scale = _scale(length, out, factor, g["align"], g["mode"])
        spans = [_taps(g["mode"], scale, i, g["align"]) for i in range(out)]
        step = Step(scale.denominator, scale.numerator) if scale else None
        result = _resized(result, dim, spans, step)
    return result.as_bound(reading.operation.name) if g.get("antialias") else result


def _scale(length: int, out: int, factor: float | None, align: bool, mode: str) -> Fraction:
    """Input positions per output position, as PyTorch computes it from the sizes or from the factor."""
    if align and mode not in ("nearest", "nearest-exact"):
        return Fraction(length - 1, out - 1) if out > 1 else Fraction(0)
    if factor is not None and factor > 0:
        return 1 / Fraction(factor).limit_denominator(1 << 16)
    return Fraction(length, out)


def _taps(mode: str, scale: Fraction, i: int, align: bool) -> tuple[int, int]:
    """First and last input with a weight, before clamping to the input."""
    if mode == "nearest":
        return (floor(i * scale),) * 2
    if mode == "nearest-exact":
        return (floor((i + Fraction(1, 2)) * scale),) * 2
    position = i * scale if align else (i + Fraction(1, 2)) * scale - Fraction(1, 2)
    if position.denominator == 1:
        return (int(position),) * 2
    return (
        (floor(position), ceil(position)) if mode == "linear" else (floor(position) - 1, ceil(position) + 1)
    )


RESIZING: dict[str, Rule] = {"adaptive_pool": adaptive_pool, "interpolate": interpolate, "fold": fold}
