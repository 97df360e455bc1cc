"""Moving elements without mixing them: views, permutations, slices, concatenation.

Every function maps what a tensor's elements see along one input axis to what the result's elements see. The
trace of a following dimension is kept through folding (N·T → one dimension) and unfolding again.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import gcd, prod

import numpy as np

from striate.arithmetic.axis import (
    NOTHING,
    Axis,
    Bounds,
    Step,
    common_step,
    fill_ends,
    goes_on,
    sees_nothing,
    shrink,
    stretch,
)
from striate.arithmetic.windows import strided

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
    for place, dim in enumerate(dims):
        inner = prod(new[later] for later in dims[place + 1 :])
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
    places = [0, *(dim + 1 for dim in order)]
    steps = {new: axis.steps[old] for new, old in enumerate(order) if old in axis.steps}
    opened = None if axis.open is None else axis.open.transpose(places)
    return Axis(axis.seen.transpose(places), opened, steps)


def cut(axis: Axis, dim: int, first: int, last: int, stride: int) -> Axis:
    """The slice first:last:stride along a dimension."""
    steps = strided(axis, dim, stride)
    seen = _cut_bounds(axis.seen, dim, first, last, stride)
    opened = None if axis.open is None else _cut_bounds(axis.open, dim, first, last, stride)
    return Axis(seen, opened, steps)


def _cut_bounds(bounds: Bounds, dim: int, first: int, last: int, stride: int) -> Bounds:
    if bounds.shape[dim + 1] == 1:
        return bounds
    place = [slice(None)] * bounds.ndim
    place[dim + 1] = slice(first, last, stride)
    return bounds[tuple(place)]


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


def take(axis: Axis, dim: int, length: int, places: Sequence[int]) -> Axis:
    """Positions `places` along a dimension, in that order: flips, rolls, reflected padding, index lists."""
    steps = {key: step for key, step in axis.steps.items() if key != dim}
    if dim in axis.steps:
        steps[dim] = _taken_step(axis.steps[dim], places)
    index = np.asarray(places, dtype=np.int64)
    seen = axis.seen if axis.seen.shape[dim + 1] == 1 and length > 1 else axis.seen.take(index, axis=dim + 1)
    opened = axis.open
    if opened is not None and not (opened.shape[dim + 1] == 1 and length > 1):
        opened = opened.take(index, axis=dim + 1)
    return Axis(seen, opened, steps)


def _taken_step(step: Step, places: Sequence[int]) -> Step:
    gaps = {later - sooner for sooner, later in pairwise(places)}
    if len(gaps) != 1:
        return Step(1, 0, False) if len(places) > 1 else step
    gap = gaps.pop()
    repeat = step.period // gcd(step.period, gap) if gap else 1
    return Step(repeat, gap * repeat // step.period * step.shift, step.regular and gap != 0)


def join(parts: Sequence[Axis | None], shapes: Sequence[Shape], dim: int, zeros: Sequence[bool]) -> Axis:
    """Concatenation along `dim`. A part that sees nothing is None; `zeros` says which of those hold zeros.

    Zeros put before or after along a dimension that follows the input are padding, so `open` goes on there.
    """
    template = next(part for part in parts if part is not None)
    known = [part or nothing_like(template) for part in parts]
    live = [part for part in known if not sees_nothing(part.seen)]
    if not live:
        return Axis(nothing_like(template).seen, nothing_like(template).open, {})
    seen = _join_bounds([part.seen for part in known], shapes, dim)
    opens = [part.open for part in known if part.open is not None]
    opened = _join_bounds(opens, shapes, dim) if len(opens) == len(known) else None
    steps = {
        key: common_step([part.steps.get(key) for part in live])
        for key in sorted({key for part in live for key in part.steps})
    }
    if dim not in steps or opened is None:
        return Axis(seen, opened, steps)
    all_blank_are_zero = all(zero for part, zero in zip(parts, zeros, strict=True) if part is None)
    filled = fill_ends(opened, dim, steps[dim]) if all_blank_are_zero else opened
    return Axis(seen, filled, {**steps, dim: settled(filled, dim, steps[dim], len(live) == 1)})


def along(joined: Axis, parts: Sequence[Axis], dim: int) -> Axis:
    """The axis, followed by `dim` too where its parts see the same elsewhere, as windows of a clip do.

    Not where the parts go along the axis themselves: they are then rather like channels.
    """
    first = parts[0].seen
    if len(parts) < 2 or any(step.shift for step in joined.steps.values()) or sees_nothing(first):
        return joined
    if any(part.seen.shape != first.shape for part in parts):
        return joined
    shifts = [int((part.seen - first)[0].flat[0]) for part in parts]
    sign = np.array([1, -1]).reshape(2, *[1] * (first.ndim - 1))
    same = all((part.seen == first + sign * by).all() for part, by in zip(parts, shifts, strict=True))
    if not same or not any(shifts):
        return joined
    gaps = {later - sooner for sooner, later in pairwise(shifts)}
    step = Step(1, gaps.pop() if len(gaps) == 1 else 0, False)
    return Axis(joined.seen, joined.open, {**joined.steps, dim: step})


def settled(bounds: Bounds, dim: int, step: Step, single: bool) -> Step:
    """The step with its regularity checked against the array itself (a single part carries its own)."""
    if not step.regular or sees_nothing(bounds):
        return step
    if goes_on(bounds, dim, step):
        return step
    keeps = single and bounds.shape[dim + 1] <= step.period
    return step if keeps else Step(step.period, step.shift, False)


def nothing_like(axis: Axis, rank: int | None = None) -> Axis:
    """A tensor of the same rank (or of `rank`) that sees nothing."""
    rank = axis.seen.ndim - 1 if rank is None else rank
    blank = np.full([2] + [1] * rank, NOTHING, dtype=np.int64)
    return Axis(blank, blank, {})


def overwrite(
    axis: Axis | None, part: Axis | None, old: Shape, dim: int, places: range, zeros: bool
) -> Axis | None:
    """`axis` after `part` has been written to positions `places` along `dim`; None sees nothing.

    `zeros` says that what sees nothing in the result holds zeros: then it is padding, see `join`.
    """
    if axis is None and part is None:
        return None
    template = axis or part
    assert template is not None
    whole, piece = axis or nothing_like(template), part or nothing_like(template)
    seen = _overwrite_bounds(whole.seen, piece.seen, old, dim, places)
    both = whole.open is not None and piece.open is not None
    opened = _overwrite_bounds(whole.open, piece.open, old, dim, places) if both else None  # type: ignore[arg-type]
    live = [each for each in (whole, piece) if not sees_nothing(each.seen)]
    keys = sorted({key for each in live for key in each.steps})
    steps = {key: common_step([each.steps.get(key) for each in live]) for key in keys}
    if dim not in steps or opened is None:
        return Axis(seen, opened, steps)
    filled = fill_ends(opened, dim, steps[dim]) if zeros else opened
    return Axis(seen, filled, {**steps, dim: settled(filled, dim, steps[dim], len(live) == 1)})


def _overwrite_bounds(whole: Bounds, piece: Bounds, old: Shape, dim: int, places: range) -> Bounds:
    full = stretch(whole, dim, old[dim])
    others = list(np.broadcast_shapes(_at(full.shape, dim, 1), _at(piece.shape, dim, 1)))
    result = np.broadcast_to(full, _at(others, dim, old[dim])).copy()
    place = [slice(None)] * result.ndim
    place[dim + 1] = slice(places.start, places.stop, places.step)
    result[tuple(place)] = piece
    return shrink(result, dim)


def _at(shape: Sequence[int], dim: int, length: int) -> tuple[int, ...]:
    """The shape of a bounds array with dimension `dim` of another length."""
    return (*shape[: dim + 1], length, *shape[dim + 2 :])


def _join_bounds(parts: Sequence[Bounds], shapes: Sequence[Shape], dim: int) -> Bounds:
    first = parts[0]
    alike = all(part.shape[dim + 1] == 1 and np.array_equal(part, first) for part in parts)
    if alike and (len(parts) == 1 or all(shape[dim] != 1 for shape in shapes)):
        return first
    common = np.broadcast_shapes(*(_at(part.shape, dim, 1) for part in parts))
    widened = [
        np.broadcast_to(part, _at(common, dim, shape[dim])) for part, shape in zip(parts, shapes, strict=True)
    ]
    return shrink(np.concatenate(widened, axis=dim + 1), dim)
