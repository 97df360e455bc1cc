"""Moving elements without mixing them: views, permutations, slices.

Every function maps what a tensor's elements see along one input axis to what the result's elements see. The
trace of a following dimension is kept through folding (N·T → one dimension) and unfolding again.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import gcd, prod

import numpy as np
from numpy.typing import NDArray

from striate.arithmetic.receptive.axis import (
    NOTHING,
    Axis,
    Bounds,
    Step,
    shrink,
    stretch,
)
from striate.arithmetic.receptive.joining import nothing_like
from striate.arithmetic.receptive.windows import strided

Shape = tuple[int, ...]


def reshape(axis: Axis, old: Shape, new: Shape) -> Axis:
    """A view of another shape, elements in the same order."""
    if old == new:
        return axis
    if 0 in old:
        return nothing_like(axis, len(new))
    groups = list(matched(old, new))
    seen = _reshape_bounds(axis.seen, groups, axis.steps, old, new)
    opened = None if axis.open is None else _reshape_bounds(axis.open, groups, axis.steps, old, new)
    steps: dict[int, Step] = {}
    for before, after in groups:
        steps.update(_group_steps(axis.steps, before, after, old, new))
    return Axis(seen, opened, steps)


def matched(old: Shape, new: Shape) -> Iterator[tuple[range, range]]:
    """The smallest runs of dimensions of two shapes that hold the same elements, side by side.

    A dimension of length 1 goes with what stands after it: folding (…, 1, r) is a fold of a single position.

    >>> [(list(a), list(b)) for a, b in matched((2, 8, 3, 5), (16, 3, 5))]
    [([0, 1], [0]), ([2], [1]), ([3], [2])]
    """
    i = j = 0
    while i < len(old) or j < len(new):
        start_i, start_j = i, j
        left = right = 1
        if i < len(old):
            left, i = old[i], i + 1
        if j < len(new):
            right, j = new[j], j + 1
        while left != right:
            if (left < right and i < len(old)) or j >= len(new):
                left, i = left * old[i], i + 1
            else:
                right, j = right * new[j], j + 1
        yield range(start_i, i), range(start_j, j)


def _reshape_bounds(
    bounds: Bounds, groups: Sequence[tuple[range, range]], steps: Mapping[int, Step], old: Shape, new: Shape
) -> Bounds:
    full = bounds
    target: list[int] = [2]
    written_out = []
    for before, after in groups:
        if all(bounds.shape[dim + 1] == 1 for dim in before):
            target += [1] * len(after)
            continue
        for dim in before:
            full = stretch(full, dim, old[dim])
        target += [new[dim] for dim in after]
        written_out += list(after) if len(after) > 1 else []
    result = full.reshape(target)
    for dim in written_out:
        result = shrink(result, dim)
    return result


def _group_steps(
    steps: Mapping[int, Step], before: range, after: range, old: Shape, new: Shape
) -> dict[int, Step]:
    """How the new dimensions of one run follow, from how the old ones did."""
    following = [dim for dim in before if dim in steps]
    if not following:
        return {}
    old_long = [dim for dim in before if old[dim] > 1 or dim in steps]
    new_long = [dim for dim in after if new[dim] > 1] or list(after)[-1:]
    if not new_long:
        return {}
    if len(old_long) == 1 and following[0] == old_long[0]:
        return _split_steps(steps[old_long[0]], new_long, new)
    if len(new_long) == 1:
        return {new_long[0]: _merged_step(steps, old_long, old)}
    return {dim: Step(1, 0, False) for dim in new_long}


def _split_steps(step: Step, dims: Sequence[int], new: Shape) -> dict[int, Step]:
    """One following dimension written as several: an outer index goes by all that lies inside it."""
    result = {}
    for position, dim in enumerate(dims):
        inner = prod(new[later] for later in dims[position + 1 :])
        common = gcd(step.period, inner)
        result[dim] = Step(step.period // common, step.shift * (inner // common), step.regular)
    return result


def _merged_step(steps: Mapping[int, Step], dims: Sequence[int], old: Shape) -> Step:
    """Several dimensions folded into one: it goes on regularly only where the outermost one follows."""
    outer = dims[0]
    if outer not in steps:
        return Step(1, 0, False)
    inner = prod(old[dim] for dim in dims[1:])
    step = steps[outer]
    return Step(step.period * inner, step.shift, step.regular)


def permute(axis: Axis, order: Sequence[int]) -> Axis:
    """Dimensions in another order: new dimension i is old dimension order[i]."""
    positions = [0, *(dim + 1 for dim in order)]
    steps = {new: axis.steps[old] for new, old in enumerate(order) if old in axis.steps}
    opened = None if axis.open is None else axis.open.transpose(positions)
    return Axis(axis.seen.transpose(positions), opened, steps)


def cut(axis: Axis, dim: int, first: int, last: int, stride: int) -> Axis:
    """The slice first:last:stride along a dimension."""
    steps = strided(axis, dim, stride)
    seen = _cut_bounds(axis.seen, dim, first, last, stride)
    opened = None if axis.open is None else _cut_bounds(axis.open, dim, first, last, stride)
    return Axis(seen, opened, steps)


def _cut_bounds(bounds: Bounds, dim: int, first: int, last: int, stride: int) -> Bounds:
    if bounds.shape[dim + 1] == 1:
        return bounds
    index = [slice(None)] * bounds.ndim
    index[dim + 1] = slice(first, last, stride)
    return bounds[tuple(index)]


def drop(axis: Axis, dim: int) -> Axis:
    """A dimension of length 1 taken away."""
    opened = None if axis.open is None else axis.open.squeeze(dim + 1)
    steps = {key - (key > dim): step for key, step in axis.steps.items() if key != dim}
    return Axis(axis.seen.squeeze(dim + 1), opened, steps)


def insert(axis: Axis, dim: int) -> Axis:
    """A dimension of length 1 put in before dimension `dim`."""
    opened = None if axis.open is None else np.expand_dims(axis.open, dim + 1)
    steps = {key + (key >= dim): step for key, step in axis.steps.items()}
    return Axis(np.expand_dims(axis.seen, dim + 1), opened, steps)


def take(axis: Axis, dim: int, length: int, positions: Sequence[int]) -> Axis:
    """Some positions along a dimension, in that order: flips, rolls, reflected padding, index lists."""
    steps = {key: step for key, step in axis.steps.items() if key != dim}
    if dim in axis.steps:
        steps[dim] = _taken_step(axis.steps[dim], positions)
    index = np.asarray(positions, dtype=np.int64)
    seen = axis.seen if axis.seen.shape[dim + 1] == 1 and length > 1 else axis.seen.take(index, axis=dim + 1)
    opened = axis.open
    if opened is not None and not (opened.shape[dim + 1] == 1 and length > 1):
        opened = opened.take(index, axis=dim + 1)
    return Axis(seen, opened, steps)


def _taken_step(step: Step, positions: Sequence[int]) -> Step:
    gaps = {later - sooner for sooner, later in pairwise(positions)}
    if len(gaps) != 1:
        return Step(1, 0, False) if len(positions) > 1 else step
    gap = gaps.pop()
    repeat = step.period // gcd(step.period, gap) if gap else 1
    return Step(repeat, gap * repeat // step.period * step.shift, step.regular and gap != 0)


def gather(axis: Axis, old: Shape, sources: NDArray[np.int64]) -> Axis:
    """Every element of the result is the one of the old tensor whose number stands there; −1 sees nothing."""
    coordinates = np.unravel_index(np.maximum(sources, 0), old)
    blank = sources < 0

    def taken(bounds: Bounds) -> Bounds:
        wanted = [at if bounds.shape[dim + 1] > 1 else 0 for dim, at in enumerate(coordinates)]
        found = bounds[(slice(None), *wanted)]
        lone = found.reshape(2, *([1] * sources.ndim)) if found.ndim == 1 else found
        result = np.where(blank, NOTHING, lone) if blank.any() else lone
        for dim in range(sources.ndim):
            result = shrink(result, dim)
        return result

    steps = {}
    for dim in range(sources.ndim):
        for follows in axis.steps:
            gaps = np.unique(np.diff(coordinates[follows], axis=dim))
            if gaps.any():
                steps[dim] = _gathered_step(axis.steps[follows], gaps, bool(blank.any()))
    return Axis(taken(axis.seen), None if axis.open is None else taken(axis.open), steps)


def _gathered_step(step: Step, gaps: NDArray[np.int64], cut: bool) -> Step:
    if len(gaps) > 1 or cut:
        return Step(1, 0, False)
    return _taken_step(step, [0, int(gaps[0])])


def put_back(whole: Axis, part: Axis, shape: Shape, sources: NDArray[np.int64]) -> Axis:
    """The old tensor, of this shape, after `part` was written to its elements of these numbers."""

    def put(before: Bounds, written: Bounds) -> Bounds:
        flat = np.broadcast_to(before, (2, *shape)).copy().reshape(2, -1)
        flat[:, sources.ravel()] = np.broadcast_to(written, (2, *sources.shape)).reshape(2, -1)
        result = flat.reshape(2, *shape)
        for dim in range(len(shape)):
            result = shrink(result, dim)
        return result

    known = whole.open is not None and part.open is not None
    following = {dim: Step(1, 0, False) for dim in whole.steps}
    return Axis(put(whole.seen, part.seen), put(whole.open, part.open) if known else None, following)  # type: ignore[arg-type]


def scatter(axis: Axis, targets: NDArray[np.int64], count: int) -> Axis:
    """The last two dimensions laid into one of `count` places; what comes to the same one is added up.

    targets: for each of their elements its place; −1 falls outside.
    """
    inside = targets >= 0

    def laid(bounds: Bounds) -> Bounds:
        full = np.broadcast_to(bounds, (*bounds.shape[:-2], *targets.shape))
        result = np.full((*bounds.shape[:-2], count), NOTHING, dtype=np.int64)
        np.minimum.at(result, (..., targets[inside]), full[..., inside])  # type: ignore[arg-type]
        return shrink(result, result.ndim - 2)

    last = axis.seen.ndim - 2
    steps = {dim: step for dim, step in axis.steps.items() if dim < last - 1}
    if last in axis.steps or last - 1 in axis.steps:
        steps[last - 1] = Step(1, 0, False)
    return Axis(laid(axis.seen), None if axis.open is None else laid(axis.open), steps)
