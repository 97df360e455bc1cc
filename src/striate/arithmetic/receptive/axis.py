"""What every element of a tensor sees along one axis of the input, as arrays of first and last positions.

For each element two numbers are kept, the first position seen and the last one negated, so that the hull of
several ways is one minimum. The arrays broadcast: a dimension of length 1 stands for all positions alike,
so a whole feature map costs one row of numbers per axis, and channels that differ cost as many rows as
they differ.

Two such arrays are kept. `seen` is the truth inside the input: positions in padding are not seen. `open`
is the same as though the input went on for ever in all directions: the field that textbooks compute,
unclipped.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import lcm
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Bounds = NDArray[np.int64]  # (2, *dims): first position, −last position

NOTHING = 1 << 40  # first = NOTHING, −last = NOTHING: an element that sees nothing, neutral in a minimum
_HALF = NOTHING >> 1
_LARGE = 1 << 16  # numbers: looking takes less than making as many


class Step(NamedTuple):
    """`period` elements further along a dimension, everything seen lies `shift` input positions further.

    `regular` says that this holds everywhere, so that the array can be continued past its ends.
    """

    period: int
    shift: int
    regular: bool = True


class Axis(NamedTuple):
    """See the top of the file. `steps` has an entry for each dimension of the tensor that follows this
    axis.
    """

    seen: Bounds
    open: Bounds | None
    steps: Mapping[int, Step]


def source(length: int, dim: int, rank: int) -> Axis:
    """The input itself: position i along `dim` sees position i."""
    shape = [2] + [1] * rank
    shape[dim + 1] = length
    positions = np.arange(length, dtype=np.int64)
    bounds = np.stack([positions, -positions]).reshape(shape)
    return Axis(bounds, bounds, {dim: Step(1, 1)})


def sees_nothing(bounds: Bounds) -> bool:
    """True when no element sees anything along this axis."""
    return bool(bounds[0].min() >= _HALF)


def empty_where(bounds: Bounds) -> NDArray[np.bool_]:
    """For each element, whether it sees nothing."""
    blank: NDArray[np.bool_] = bounds[0] >= _HALF
    return blank


def reduce_over(axis: Axis, dims: Iterable[int]) -> Axis:
    """The hull over dimensions, which stay with length 1 and no longer follow the axis."""
    gone = set(dims)
    steps = {dim: step for dim, step in axis.steps.items() if dim not in gone}
    positions = tuple(dim + 1 for dim in gone)
    if all(axis.seen.shape[position] == 1 for position in positions):
        same_open = axis.open is None or all(axis.open.shape[position] == 1 for position in positions)
        if same_open:
            return axis if len(steps) == len(axis.steps) else Axis(axis.seen, axis.open, steps)
    seen = axis.seen.min(axis=positions, keepdims=True)
    opened = None if axis.open is None else axis.open.min(axis=positions, keepdims=True)
    return Axis(seen, opened, steps)


def hull(parts: Sequence[Axis], shapes: Sequence[tuple[int, ...]]) -> Axis:
    """The hull of broadcast tensors, element by element. `shapes` are the tensors' shapes, all of one
    rank.
    """
    if len(parts) == 1:
        return parts[0]
    out = tuple(max(lengths) if 0 not in lengths else 0 for lengths in zip(*shapes, strict=True))
    alive = [
        (part, shape) for part, shape in zip(parts, shapes, strict=True) if not sees_nothing(part.seen)
    ] or [(parts[0], shapes[0])]
    seen = alive[0][0].seen
    opened = alive[0][0].open
    for part, _ in alive[1:]:
        seen = _least(seen, part.seen)
        opened = None if opened is None or part.open is None else _least(opened, part.open)
    return Axis(seen, opened, _common_steps(alive, out))


def _least(one: Bounds, two: Bounds) -> Bounds:
    """The smaller of each pair; the first array itself where it is large and nothing changes it."""
    if one.size > max(_LARGE, two.size) and bool((one <= two).all()):
        return one
    return np.minimum(one, two)


def _common_steps(alive: Sequence[tuple[Axis, tuple[int, ...]]], out: tuple[int, ...]) -> dict[int, Step]:
    """Steps along which all parts go together; a part that stands still makes the hull irregular."""
    dims = {dim for part, shape in alive for dim in part.steps if shape[dim] == out[dim]}
    return {
        dim: common_step([part.steps.get(dim) if shape[dim] == out[dim] else None for part, shape in alive])
        for dim in sorted(dims)
    }


def common_step(steps: Sequence[Step | None]) -> Step:
    """One step for a hull of arrays with these steps. Rates that differ leave none: `Step(1, 0, False)`."""
    moving = [step for step in steps if step is not None]
    period = lcm(*(step.period for step in moving))
    shifts = {step.shift * (period // step.period) for step in moving}
    if len(shifts) > 1:
        return Step(1, 0, False)
    regular = len(moving) == len(steps) and all(step.regular for step in moving)
    return Step(period, shifts.pop(), regular)


def carry_on(bounds: Bounds, dim: int, before: int, after: int, step: Step) -> Bounds | None:
    """The array continued past its ends by its step; None where it cannot be known how it goes on."""
    length = bounds.shape[dim + 1]
    if not before and not after:
        return bounds
    if not step.regular or length < step.period or (length == 1 and step.period > 1):
        return None
    positions, turns = _continuation(length, before, after, step.period)
    shape = [1] * bounds.ndim
    shape[dim + 1] = len(positions)
    shift = (turns * step.shift).reshape(shape)
    taken = bounds.take(positions, axis=dim + 1)
    moved: Bounds = taken + np.concatenate([shift, -shift])
    return moved


@lru_cache(maxsize=64)
def _continuation(length: int, before: int, after: int, period: int) -> tuple[Bounds, Bounds]:
    """For positions −before … length + after: which element stands for it, and how many periods away."""
    wanted = np.arange(-before, length + after)
    inside = (wanted >= 0) & (wanted < length)
    anchor = np.where(wanted < 0, 0, length - period)
    positions = np.where(inside, wanted, anchor + (wanted - anchor) % period)
    turns = np.where(inside, 0, (wanted - anchor) // period)
    return positions, turns


def pad_with_nothing(bounds: Bounds, dim: int, before: int, after: int) -> Bounds:
    """The array with elements that see nothing added at both ends (dropped where negative)."""
    length = bounds.shape[dim + 1]
    shape = list(bounds.shape)
    shape[dim + 1] = length + before + after
    padded = np.full(shape, NOTHING, dtype=np.int64)
    here = [slice(None)] * bounds.ndim
    there = list(here)
    there[dim + 1] = slice(max(before, 0), length + before + min(after, 0))
    here[dim + 1] = slice(max(-before, 0), length - max(-after, 0))
    padded[tuple(there)] = bounds[tuple(here)]
    return padded


def stretch(bounds: Bounds, dim: int, length: int) -> Bounds:
    """The array with dimension `dim` written out in full."""
    if bounds.shape[dim + 1] == length:
        return bounds
    return bounds.repeat(length, axis=dim + 1)


def shrink(bounds: Bounds, dim: int) -> Bounds:
    """The array with dimension `dim` of length 1 where all its positions are alike."""
    if bounds.shape[dim + 1] == 1:
        return bounds
    first = bounds.take([0], axis=dim + 1)
    return first if bool((bounds == first).all()) else bounds


def goes_on(bounds: Bounds, dim: int, step: Step) -> bool:
    """Whether the array keeps to its step, as far as its length shows it."""
    length = bounds.shape[dim + 1]
    if length <= step.period:
        return False
    later = bounds.take(range(step.period, length), axis=dim + 1)
    sooner = bounds.take(range(length - step.period), axis=dim + 1)
    shift = np.array([step.shift, -step.shift]).reshape([2] + [1] * (bounds.ndim - 1))
    same = (later - sooner == shift) | (empty_where(later) & empty_where(sooner))
    return bool(same.all())


def fill_ends(bounds: Bounds, dim: int, step: Step) -> Bounds:
    """Elements that see nothing before and after a run, as continued from it: zeros written there are
    padding.
    """
    lanes = np.moveaxis(bounds, dim + 1, -1)
    blank = empty_where(lanes)
    if not blank.any() or not step.regular:
        return bounds
    length = lanes.shape[-1]
    first = np.argmax(~blank, axis=-1)[..., None]
    last = length - 1 - np.argmax(~blank[..., ::-1], axis=-1)[..., None]
    here = np.broadcast_to(np.arange(length), blank.shape)
    anchor = np.where(here < first, first, last - step.period + 1)
    outside = blank & ((here < first) | (here > last)) & (last - first + 1 >= step.period)
    outside &= ~blank.all(axis=-1, keepdims=True)
    source = np.where(outside, anchor + (here - anchor) % step.period, here)
    turns = np.where(outside, (here - anchor) // step.period, 0) * step.shift
    filled = np.take_along_axis(lanes, np.stack([source, source]), axis=-1) + np.stack([turns, -turns])
    return np.moveaxis(filled, -1, dim + 1)
