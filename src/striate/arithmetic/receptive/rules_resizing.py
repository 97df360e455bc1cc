"""What the outputs of resampling see: adaptive pooling and interpolation."""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor, gcd

from striate.arithmetic.receptive.axis import Step
from striate.arithmetic.receptive.field import Field, each, mixed
from striate.arithmetic.receptive.reading import Fields, Reading, Rule
from striate.arithmetic.receptive.windows import ranges
from striate.sizes import adaptive_windows

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


RESIZING: dict[str, Rule] = {"adaptive_pool": adaptive_pool, "interpolate": interpolate}
