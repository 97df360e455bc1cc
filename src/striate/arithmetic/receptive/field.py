"""What every element of a tensor sees of the input: one `Axis` per input axis, and how sure that is.

At the end, what a rule takes and gives: an operation with the fields of its inputs, and those of its outputs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from striate.arithmetic.described import Operation, Status, TensorInfo
from striate.arithmetic.receptive import joining, reshaping
from striate.arithmetic.receptive.axis import NOTHING, Axis, Bounds, hull, reduce_over, shrink, source

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """What the elements of a tensor of this shape see, over the input's axes, time first.

    `masked` says that a constant may switch single elements off in the softmax to come (an attention mask):
    from there on the field is only a bound.
    """

    shape: Shape
    axes: tuple[Axis, ...]
    status: Status = Status.EXACT
    reason: str = ""
    masked: bool = False

    def as_bound(self, reason: str) -> "Field":
        """The same field, which from here on may be larger than the truth."""
        if self.status >= Status.BOUND:
            return self
        return replace(self, status=Status.BOUND, reason=reason)


def each(field: Field, shape: Shape, change: Callable[[Axis], Axis]) -> Field:
    """A field of shape `shape`, every axis changed alike."""
    axes = tuple([change(axis) for axis in field.axes])
    return Field(shape, axes, field.status, field.reason, field.masked)


def worst(fields: Sequence[Field]) -> Field:
    """The least sure of some fields; its status and reason are those of anything made of them."""
    return max(fields, key=lambda field: field.status)


def blend(fields: Iterable[Field | None], shape: Shape) -> Field | None:
    """Elements made of the elements at the same position of several tensors, broadcast to `shape`."""
    known = [_padded(field, len(shape)) for field in fields if field is not None]
    if not known:
        return None
    if len(known) == 1 and known[0].shape == shape:
        return known[0]
    shapes = [field.shape for field in known]
    axes = [hull(parts, shapes) for parts in zip(*(field.axes for field in known), strict=True)]
    if len(known) == 1:
        axes = [_broadcast(part, known[0].shape, shape) for part in axes]
    sure = worst(known)
    return Field(shape, tuple(axes), sure.status, sure.reason, any(field.masked for field in known))


def _broadcast(axis: Axis, old: Shape, new: Shape) -> Axis:
    """Dimensions of length 1 repeated: they stand still from here on."""
    steps = {dim: step for dim, step in axis.steps.items() if old[dim] == new[dim]}
    return axis if len(steps) == len(axis.steps) else Axis(axis.seen, axis.open, steps)


def _padded(field: Field, rank: int) -> Field:
    """The field with dimensions of length 1 in front, as broadcasting reads it."""
    missing = rank - len(field.shape)
    if missing <= 0:
        return field
    result = field
    for _ in range(missing):
        result = each(result, (1, *result.shape), lambda axis: reshaping.insert(axis, 0))
    return result


def mixed(field: Field, dims: Iterable[int]) -> Field:
    """Every element sees what all elements along `dims` see; the shape stays."""
    gone = tuple(dims)
    return each(field, field.shape, lambda axis: reduce_over(axis, gone))


def reduced(field: Field, dims: Sequence[int], keep: bool, shape: Shape) -> Field:
    """The hull over `dims`, which are kept with length 1 or dropped."""
    lengths = tuple(1 if dim in dims else length for dim, length in enumerate(field.shape))
    result = each(field, lengths, lambda axis: reduce_over(axis, dims))
    if not keep:
        for dim in sorted(dims, reverse=True):
            result = without(result, dim)
    return replace(result, shape=shape)


def without(field: Field, dim: int) -> Field:
    """A dimension of length 1 taken away."""
    shape = field.shape[:dim] + field.shape[dim + 1 :]
    return each(field, shape, lambda axis: reshaping.drop(axis, dim))


def in_groups(field: Field, dim: int, groups: int, out: int) -> Field:
    """`out` channels along `dim`, each of which sees all channels of its own one of `groups` groups."""
    shape = (*field.shape[:dim], out, *field.shape[dim + 1 :])
    return each(field, shape, lambda axis: _axis_in_groups(axis, dim, groups, out))


def _axis_in_groups(axis: Axis, dim: int, groups: int, out: int) -> Axis:
    same = axis.seen.shape[dim + 1] == 1 and (axis.open is None or axis.open.shape[dim + 1] == 1)
    if groups == 1 or same:
        return reduce_over(axis, (dim,))
    opened = None if axis.open is None else _bounds_in_groups(axis.open, dim, groups, out)
    steps = {key: step for key, step in axis.steps.items() if key != dim}
    return Axis(_bounds_in_groups(axis.seen, dim, groups, out), opened, steps)


def _bounds_in_groups(bounds: Bounds, dim: int, groups: int, out: int) -> Bounds:
    position = dim + 1
    if bounds.shape[position] == 1:
        return bounds
    shape = bounds.shape
    split = bounds.reshape(*shape[:position], groups, shape[position] // groups, *shape[position + 1 :])
    return shrink(split.min(axis=position + 1).repeat(out // groups, axis=position), dim)


def whole(fields: Iterable[Field | None], shape: Shape) -> Field | None:
    """Elements of which each sees all that any element of any input sees."""
    known = [field for field in fields if field is not None]
    if not known:
        return None
    flat = []
    for field in known:
        flat.append(reduced(field, range(len(field.shape)), False, ()))
    result = blend(flat, ())
    assert result is not None
    blank = tuple(1 for _ in shape)
    axes = tuple(
        Axis(axis.seen.reshape(2, *blank), None if axis.open is None else axis.open.reshape(2, *blank), {})
        for axis in result.axes
    )
    return replace(result, shape=shape, axes=axes)


def of_input(shape: Shape, dims: Sequence[int]) -> Field:
    """The input itself; `dims` are its dimensions that count as axes, time first."""
    return Field(shape, tuple(source(shape[dim], dim, len(shape)) for dim in dims))


def nothing(field: Field, shape: Shape) -> Field:
    """A field of shape `shape` whose elements see nothing, over the same axes as `field`."""
    blank = tuple(joining.nothing_like(axis, len(shape)) for axis in field.axes)
    return Field(shape, blank)


def extents(field: Field, where: Sequence[int | None]) -> list[tuple[int, int, int, int] | None]:
    """Per axis the first and last position seen, clipped and open, by the elements at `where`.

    `where` has a position per dimension, or None for the hull over it. None: nothing is seen along that axis.
    An open field that does not exist is that inside the input.
    """
    result: list[tuple[int, int, int, int] | None] = []
    for axis in field.axes:
        seen = _at(axis.seen, where)
        opened = seen if axis.open is None else _at(axis.open, where)
        blank = seen[0] >= NOTHING >> 1
        result.append(None if blank else (int(seen[0]), -int(seen[1]), int(opened[0]), -int(opened[1])))
    return result


def _at(bounds: Bounds, where: Sequence[int | None]) -> Bounds:
    index: list[int | slice] = [slice(None)]
    for position, length in zip(where, bounds.shape[1:], strict=True):
        index.append(slice(None) if position is None else (0 if length == 1 else position))
    picked = bounds[tuple(index)]
    smallest: Bounds = picked.reshape(2, -1).min(axis=1)
    return np.asarray(smallest)


Fields = Field | None | list[Field | None]


@dataclass(frozen=True, slots=True)
class Reading:
    """One operation with the fields of its inputs (None: does not depend on the input)."""

    operation: Operation
    inputs: Sequence[Field | None]
    infos: Sequence[TensorInfo]
    outs: Sequence[TensorInfo]

    @property
    def geometry(self) -> Mapping[str, Any]:
        """The geometry of the operation."""
        return self.operation.geometry

    @property
    def out(self) -> Shape:
        """The shape of the first output."""
        return self.outs[0].shape

    @property
    def field(self) -> Field:
        """The field of the first input, for rules that only run when there is one."""
        first = self.inputs[0]
        assert first is not None
        return first


Rule = Callable[[Reading], Fields]
