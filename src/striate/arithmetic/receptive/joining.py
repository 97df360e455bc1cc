"""Putting elements together without mixing them: concatenation, stacks, writing into a slice.

As in `reshaping`, every function is about one axis of the input.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from striate.arithmetic.receptive.axis import (
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

Shape = tuple[int, ...]


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
    all_blank_are_zero = all(zero for part, zero in zip(parts, zeros, strict=True) if part is None)
    return _put_together(seen, opened, live, dim, all_blank_are_zero)


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
    axis: Axis | None, part: Axis | None, old: Shape, dim: int, positions: range, zeros: bool
) -> Axis | None:
    """`axis` after `part` has been written to some positions along `dim`; None sees nothing.

    `zeros` says that what sees nothing in the result holds zeros: then it is padding, see `join`.
    """
    if axis is None and part is None:
        return None
    template = axis or part
    assert template is not None
    whole, piece = axis or nothing_like(template), part or nothing_like(template)
    seen = _overwrite_bounds(whole.seen, piece.seen, old, dim, positions)
    both = whole.open is not None and piece.open is not None
    opened = _overwrite_bounds(whole.open, piece.open, old, dim, positions) if both else None  # type: ignore[arg-type]
    live = [each for each in (whole, piece) if not sees_nothing(each.seen)]
    return _put_together(seen, opened, live, dim, zeros)


def _put_together(seen: Bounds, opened: Bounds | None, live: Sequence[Axis], dim: int, zeros: bool) -> Axis:
    """The axis of these bounds, which are made along `dim` of the axes `live` and of what sees nothing."""
    keys = sorted({key for part in live for key in part.steps})
    steps = {key: common_step([part.steps.get(key) for part in live]) for key in keys}
    if dim not in steps or opened is None:
        return Axis(seen, opened, steps)
    filled = fill_ends(opened, dim, steps[dim]) if zeros else opened
    return Axis(seen, filled, {**steps, dim: settled(filled, dim, steps[dim], len(live) == 1)})


def _overwrite_bounds(whole: Bounds, piece: Bounds, old: Shape, dim: int, positions: range) -> Bounds:
    full = stretch(whole, dim, old[dim])
    index: list[slice] = [slice(None)] * full.ndim
    index[dim + 1] = slice(positions.start, positions.stop, positions.step)
    before = full[tuple(index)]
    if np.broadcast_shapes(before.shape, piece.shape) == before.shape and (before == piece).all():
        return whole  # a sum written back to where it came from sees no more than before
    others = list(np.broadcast_shapes(_at(full.shape, dim, 1), _at(piece.shape, dim, 1)))
    result = np.broadcast_to(full, _at(others, dim, old[dim])).copy()
    result[tuple(index)] = piece
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
