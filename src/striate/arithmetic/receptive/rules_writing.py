"""Writing into a view: what was written is put back into the tensor that the view shows.

Temporal shift by slice assignment is written so. Each function takes the operation that made the view,
what the tensor behind it saw before, what was written to the view, which of its outputs the view was, and
whether what sees nothing there holds zeros.
"""

from collections.abc import Callable
from math import prod

from striate.arithmetic.receptive import joining, reshaping
from striate.arithmetic.receptive.field import Field, Reading, Shape, each, nothing
from striate.arithmetic.receptive.rules_moving import pieces

Undo = Callable[[Reading, Field | None, Field | None, int, bool], Field | None]


def _put(
    whole: Field | None, part: Field | None, shape: Shape, dim: int, positions: range, zeros: bool
) -> Field | None:
    known = whole or part
    if known is None:
        return None
    axes = []
    for position in range(len(known.axes)):
        old = None if whole is None else whole.axes[position]
        new = None if part is None else part.axes[position]
        axis = joining.overwrite(old, new, shape, dim, positions, zeros)
        assert axis is not None
        axes.append(axis)
    sure = max((field for field in (whole, part) if field), key=lambda field: field.status)
    return Field(shape, tuple(axes), sure.status, sure.reason, sure.masked)


def _undo_cut(
    reading: Reading, whole: Field | None, part: Field | None, index: int, zeros: bool
) -> Field | None:
    positions = reading.geometry["positions"]
    return _put(whole, part, reading.infos[0].shape, reading.geometry["dim"], positions, zeros)


def _undo_split(
    reading: Reading, whole: Field | None, part: Field | None, index: int, zeros: bool
) -> Field | None:
    positions = pieces(reading)[index]
    return _put(whole, part, reading.infos[0].shape, reading.geometry["dim"], positions, zeros)


def _undo_select(
    reading: Reading, whole: Field | None, part: Field | None, index: int, zeros: bool
) -> Field | None:
    dim = reading.geometry["dim"]
    position = reading.geometry.get("index", index)
    shape = reading.infos[0].shape
    lengths = (*shape[:dim], 1, *shape[dim + 1 :])
    again = part and each(part, lengths, lambda axis: reshaping.insert(axis, dim))
    return _put(whole, again, shape, dim, range(position, position + 1), zeros)


def _undo_reshape(
    reading: Reading, whole: Field | None, part: Field | None, index: int, zeros: bool
) -> Field | None:
    shape = reading.infos[0].shape
    if part is None:
        return None if whole is None else nothing(whole, shape)
    assert prod(shape) == prod(part.shape)
    return each(part, shape, lambda axis: reshaping.reshape(axis, part.shape, shape))


def _undo_permute(
    reading: Reading, whole: Field | None, part: Field | None, index: int, zeros: bool
) -> Field | None:
    if part is None:
        return None
    order = reading.geometry["order"]
    back = sorted(range(len(order)), key=order.__getitem__)
    return each(part, reading.infos[0].shape, lambda axis: reshaping.permute(axis, back))


UNDO: dict[str, Undo] = {
    "cut": _undo_cut,
    "split": _undo_split,
    "select": _undo_select,
    "unbind": _undo_select,
    "reshape": _undo_reshape,
    "unsqueeze": _undo_reshape,
    "squeeze": _undo_reshape,
    "alias": _undo_reshape,
    "permute": _undo_permute,
}
