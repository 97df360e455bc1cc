"""Windows that slide along one dimension: convolution, pooling, transposed convolution, resampling.

Each function takes what the elements of a tensor see along one input axis and gives what the outputs see.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import gcd
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.arithmetic.receptive.axis import (
    NOTHING,
    Axis,
    Bounds,
    Step,
    carry_on,
    pad_with_nothing,
    shrink,
    stretch,
)


class Window(NamedTuple):
    """Geometry along one dimension: output i reads inputs i·stride − before + u·dilation, u < kernel."""

    kernel: int
    stride: int = 1
    before: int = 0
    dilation: int = 1

    @property
    def span(self) -> int:
        """Positions from the first to the last tap."""
        return (self.kernel - 1) * self.dilation + 1


def slide(axis: Axis, dim: int, length: int, out: int, window: Window) -> Axis:
    """What the outputs of a sliding window see; `length` inputs and `out` outputs along `dim`."""
    after = max((out - 1) * window.stride + window.span - length - window.before, 0)
    seen = _slide_seen(axis.seen, dim, length, out, window, after)
    opened = _slide_open(axis, dim, length, out, window, after)
    return Axis(seen, opened, strided(axis, dim, window.stride))


def strided(axis: Axis, dim: int, stride: int) -> dict[int, Step]:
    """The steps after keeping every `stride`-th position along `dim`."""
    steps = dict(axis.steps)
    if dim in steps:
        period, shift, regular = steps[dim]
        common = gcd(period, stride)
        steps[dim] = Step(period // common, shift * (stride // common), regular)
    return steps


def _slide_seen(seen: Bounds, dim: int, length: int, out: int, window: Window, after: int) -> Bounds:
    if seen.shape[dim + 1] == 1 and length != 1:
        if _all_touch(length, out, window):
            return seen
        seen = stretch(seen, dim, length)
    if window.kernel == 1 and window.stride == 1 and window.before == 0 and out == length:
        return seen
    padded = pad_with_nothing(seen, dim, window.before, after) if window.before or after else seen
    return _smallest(padded, dim, out, window)


@lru_cache(maxsize=1024)
def _all_touch(length: int, out: int, window: Window) -> bool:
    """Whether every window has at least one tap inside the input."""
    first = np.arange(out)[:, None] * window.stride - window.before
    taps = first + np.arange(window.kernel) * window.dilation
    return bool(((taps >= 0) & (taps < length)).any(axis=1).all())


def _slide_open(axis: Axis, dim: int, length: int, out: int, window: Window, after: int) -> Bounds | None:
    if axis.open is None:
        return None
    step = axis.steps.get(dim)
    if step is None:  # standing still along this dimension, or unlike without following (channels)
        return (
            _slide_seen(axis.open, dim, length, out, window, after)
            if axis.open.shape[dim + 1] > 1
            else axis.open
        )
    evenly = step.regular and step.period == 1 and step.shift >= 0
    if evenly and axis.open[0].max() < NOTHING >> 1:
        return axis.open.take([0], axis=dim + 1) + _ramp(axis.open.ndim, dim, out, window, step.shift)
    longer = carry_on(stretch(axis.open, dim, length), dim, window.before, after, step)
    return None if longer is None else _smallest(longer, dim, out, window)


@lru_cache(maxsize=64)
def _ramp(rank: int, dim: int, out: int, window: Window, shift: int) -> Bounds:
    """How much further than element 0 the windows see that begin at their first tap and end at their last.

    Of an array that goes on by `shift` from element to element, everywhere.
    """
    first = (np.arange(out) * window.stride - window.before) * shift
    shape = [2] + [1] * (rank - 1)
    shape[dim + 1] = out
    return np.stack([first, -(first + (window.span - 1) * shift)]).reshape(shape)


def _smallest(padded: Bounds, dim: int, out: int, window: Window) -> Bounds:
    """The minimum over the taps of every window."""
    reach = (out - 1) * window.stride + 1
    index = [slice(None)] * padded.ndim
    result: Bounds | None = None
    for tap in range(window.kernel):
        start = tap * window.dilation
        index[dim + 1] = slice(start, start + reach, window.stride)
        values = padded[tuple(index)]
        result = values if result is None else np.minimum(result, values)
    assert result is not None
    return result


def slide_back(axis: Axis, dim: int, length: int, out: int, window: Window) -> Axis:
    """A transposed window: input i reaches outputs i·stride − before + u·dilation."""
    lead = window.dilation * (window.kernel - 1)
    extra = lead // window.stride + 2  # inputs beyond the ends that can reach an output
    reach = out + window.before  # positions of the undilated output, from −before
    beyond = max(-(-(reach - length * window.stride) // window.stride), 0) + extra
    step = axis.steps.get(dim)
    steps = dict(axis.steps)
    if step is not None:
        steps[dim] = Step(step.period * window.stride, step.shift, step.regular)
    seen = pad_with_nothing(stretch(axis.seen, dim, length), dim, extra, beyond)
    opened = axis.open
    if opened is not None:
        full = stretch(opened, dim, length)
        opened = carry_on(full, dim, extra, beyond, step) if step else _repeat_ends(full, dim, extra, beyond)
    seen = _spread(seen, dim, extra, out, window)
    opened = None if opened is None else _spread(opened, dim, extra, out, window)
    if step is None:
        return Axis(shrink(seen, dim), None if opened is None else shrink(opened, dim), steps)
    return Axis(seen, opened, steps)


def _repeat_ends(bounds: Bounds, dim: int, before: int, after: int) -> Bounds:
    length = bounds.shape[dim + 1]
    return bounds.take(np.clip(np.arange(-before, length + after), 0, length - 1), axis=dim + 1)


def _spread(bounds: Bounds, dim: int, extra: int, out: int, window: Window) -> Bounds:
    """Every output's minimum over the taps that reach it. Element `extra` is input 0."""
    outputs = np.arange(out)
    shape = list(bounds.shape)
    shape[dim + 1] = out
    result = np.full(shape, NOTHING, dtype=np.int64)
    for tap in range(window.kernel):
        source = outputs + window.before - tap * window.dilation
        hits = outputs[source % window.stride == 0]
        chosen: list[slice | NDArray[np.int64]] = [slice(None)] * bounds.ndim
        chosen[dim + 1] = hits
        values = bounds.take(source[hits] // window.stride + extra, axis=dim + 1)
        result[tuple(chosen)] = np.minimum(result[tuple(chosen)], values)
    return result


def ranges(axis: Axis, dim: int, length: int, spans: Sequence[tuple[int, int]], step: Step | None) -> Axis:
    """Output i sees inputs spans[i] = (first, last), which may lie outside of the input.

    `step` is what the spans themselves do: `period` outputs further they lie `shift` inputs further.
    """
    before = max(-min(first for first, _ in spans), 0)
    after = max(max(last for _, last in spans) - length + 1, 0)
    old = axis.steps.get(dim)
    steps = {key: value for key, value in axis.steps.items() if key != dim}
    if old is not None:
        steps[dim] = composed(old, step)
    seen = axis.seen
    if seen.shape[dim + 1] > 1 or length == 1:
        inside = [(max(first, 0), min(last, length - 1)) for first, last in spans]
        seen = shrink(_over(seen, dim, inside, 0), dim) if dim not in steps else _over(seen, dim, inside, 0)
    opened = axis.open
    if opened is not None and (opened.shape[dim + 1] > 1 or old is not None):
        full = stretch(opened, dim, length)
        longer = carry_on(full, dim, before, after, old) if old else _repeat_ends(full, dim, before, after)
        opened = None if longer is None else _over(longer, dim, spans, before)
    return Axis(seen, opened, steps)


def composed(inner: Step, outer: Step | None) -> Step:
    """The step of reading an array of step `inner` at positions that go by `outer`."""
    if outer is None:
        return Step(1, 0, False)
    repeat = inner.period // gcd(inner.period, outer.shift) if outer.shift else 1
    shift = outer.shift * repeat // inner.period * inner.shift if outer.shift else 0
    return Step(outer.period * repeat, shift, inner.regular and outer.regular)


def _over(bounds: Bounds, dim: int, spans: Sequence[tuple[int, int]], offset: int) -> Bounds:
    pieces = []
    for first, last in spans:
        index = [slice(None)] * bounds.ndim
        index[dim + 1] = slice(first + offset, last + offset + 1)
        pieces.append(bounds[tuple(index)].min(axis=dim + 1, keepdims=True))
    return np.concatenate(pieces, axis=dim + 1)
