"""What the outputs of one operation see, for operations that mix elements: one rule per kind.

A rule takes a `Reading` (the operation and what its inputs see) and gives what its outputs see: one field
that all outputs of its shape share, or a list of one per output. An operation without a rule is at most as
wide as all that its inputs see, and is then called a bound: see `receptive_field`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from striate.arithmetic.described import MAY_BE_ZERO, Fill, Role
from striate.arithmetic.receptive import field as fields
from striate.arithmetic.receptive.axis import Axis
from striate.arithmetic.receptive.field import (
    Field,
    Fields,
    Reading,
    Rule,
    Shape,
    blend,
    each,
    in_groups,
    mixed,
    whole,
)
from striate.arithmetic.receptive.reshaping import insert
from striate.arithmetic.receptive.rules_in_order import attention, cumulative, recurrent
from striate.arithmetic.receptive.windows import Window, slide, slide_back


def elementwise(reading: Reading) -> Fields:
    """The same position of every input. A constant that may hold zeros or −∞ can switch positions off."""
    result = blend(reading.inputs, reading.out)
    if result is None:
        return None
    role = reading.geometry.get("role", "plain")
    if role == "multiply" and _switched_off(reading):
        return None
    constants = [
        info.fill
        for info, field in zip(reading.infos, reading.inputs, strict=True)
        if field is None and info.role is not Role.PARAMETER
    ]
    if role == "multiply" and not MAY_BE_ZERO.isdisjoint(constants):
        return _as_masked(result, reading)
    if role == "choose" and reading.inputs[reading.geometry["mask"]] is None:
        return result.as_bound(f"{reading.operation.name} under a constant mask")
    if role == "add" and Fill.UNKNOWN in constants:
        return replace(result, masked=True)
    return result


def _switched_off(reading: Reading) -> bool:
    """Whether a product has a factor that is zero everywhere."""
    return "mul" in reading.operation.name and any(
        field is None and info.fill is Fill.ZERO
        for info, field in zip(reading.infos, reading.inputs, strict=True)
    )


def _as_masked(result: Field, reading: Reading) -> Field:
    return result.as_bound(f"{reading.operation.name} by a constant that may be zero")


def _has_zeros(reading: Reading, position: int) -> bool:
    """Whether a factor is a constant, or a masked parameter, that may be zero in places."""
    info = reading.infos[position]
    return reading.inputs[position] is None and info.role is not Role.ACTIVATION and info.fill in MAY_BE_ZERO


def convolution(reading: Reading) -> Fields:
    """Windows along the spatial axes, all channels of a group."""
    g = reading.geometry
    channels = reading.out[1]
    result = blend([in_groups(reading.field, 1, g["groups"], channels), *_wholes(reading, 1)], _mid(reading))
    assert result is not None
    seen = _windows(result, reading.out, g, slide_back if g.get("transposed") else slide)
    return _as_masked(seen, reading) if _has_zeros(reading, 1) else seen


def _mid(reading: Reading) -> Shape:
    """Input positions, output channels."""
    return (reading.field.shape[0], reading.out[1], *reading.field.shape[2:])


def _wholes(reading: Reading, first: int) -> list[Field | None]:
    """What computed weights see, which every output then sees too."""
    inputs = [field for field in reading.inputs[first:] if field is not None]
    if not inputs:
        return []
    shape = tuple(1 for _ in reading.out)
    return [whole(inputs, shape)]


def _windows(
    field: Field, out: Shape, geometry: Mapping[str, Any], move: Callable[[Axis, int, int, int, Window], Axis]
) -> Field:
    result = field
    first = len(out) - len(geometry["kernel"])
    for position, kernel in enumerate(geometry["kernel"]):
        window = Window(
            kernel,
            geometry["stride"][position],
            geometry["padding"][position],
            geometry["dilation"][position],
        )
        result = _along(result, first + position, out[first + position], window, move)
    return result


def _along(
    field: Field, dim: int, out: int, window: Window, move: Callable[[Axis, int, int, int, Window], Axis]
) -> Field:
    shape = (*field.shape[:dim], out, *field.shape[dim + 1 :])
    return each(field, shape, lambda axis: move(axis, dim, field.shape[dim], out, window))


def pool(reading: Reading) -> Fields:
    """Windows, each channel for itself; `ceil_mode` is in the output's shape."""
    return _windows(reading.field, reading.out, reading.geometry, slide)


def matmul(reading: Reading) -> Fields:
    """Row i of the left with column j of the right, over all of the shared dimension; a bias is added."""
    left, right = reading.inputs[0], reading.inputs[1]
    flat_left, flat_right = len(reading.infos[0].shape) == 1, len(reading.infos[1].shape) == 1
    parts: list[Field | None] = []
    if left is not None:
        seen = mixed(left, (len(left.shape) - 1,))
        parts.append(_matched(seen, reading.out, -1, drop=flat_left, absent=flat_right))
    if right is not None:
        seen = mixed(right, (max(len(right.shape) - 2, 0),))
        parts.append(_matched(seen, reading.out, -2, drop=flat_right, absent=flat_left))
    result = blend([*parts, *reading.inputs[2:]], reading.out)
    masked = result is not None and (_has_zeros(reading, 0) or _has_zeros(reading, 1))
    return _as_masked(result, reading) if result is not None and masked else result


def _matched(field: Field, out: Shape, gone: int, drop: bool, absent: bool) -> Field | None:
    """A reduced factor laid beside the product: its reduced dimension stands for the other factor's own."""
    dim = 0 if drop else len(field.shape) + gone
    lengths = tuple(1 if position == dim else length for position, length in enumerate(field.shape))
    result = fields.reduced(replace(field, shape=lengths), (dim,), True, lengths)
    if drop or absent:
        result = fields.reduced(result, (dim,), False, lengths[:dim] + lengths[dim + 1 :])
    return result if len(result.shape) <= len(out) else whole([result], out)


def mix(reading: Reading) -> Fields:
    """Softmax, layer norm, FFT: all along `dims`; the other inputs position by position."""
    field = mixed(reading.field, reading.geometry["dims"])
    if field.masked and reading.geometry.get("softmax"):
        field = replace(field, masked=False).as_bound("softmax under a mask")
    if not reading.geometry.get("sure", True):
        field = field.as_bound(reading.operation.name)
    return replace(field, shape=reading.out)


def sample(reading: Reading) -> Fields:
    """Read anywhere in each channel, at positions that are read at this one's."""
    data, grid = reading.inputs[:2]
    spatial = range(2, len(reading.out))
    read = data and fields.reduced(data, spatial, True, (*data.shape[:2], *(1 for _ in spatial)))
    asked = grid and fields.reduced(grid, (len(grid.shape) - 1,), False, grid.shape[:-1])
    placed = asked and each(asked, (asked.shape[0], 1, *asked.shape[1:]), lambda axis: insert(axis, 1))
    result = blend([read, placed], reading.out)
    return result and (result if data is None else result.as_bound(reading.operation.name))


def reduce(reading: Reading) -> Fields:
    """Mean, sum, maximum, norm over `dims`."""
    g = reading.geometry
    return fields.reduced(reading.field, g["dims"], g["keep"], reading.out)


def batch_norm(reading: Reading) -> Fields:
    """As at inference. Without running statistics the batch's own are used then too: all of its positions."""
    if not reading.geometry["batch_statistics"]:
        return reading.field
    dims = [dim for dim in range(len(reading.out)) if dim != 1]
    return mixed(reading.field, dims if not reading.geometry.get("instance") else dims[1:])


def group_norm(reading: Reading) -> Fields:
    """All positions of all channels of the group."""
    field = mixed(reading.field, range(2, len(reading.out)))
    return in_groups(field, 1, reading.geometry["groups"], reading.out[1])


def lookup(reading: Reading) -> Fields:
    """Embedding: an index picks a row of weights."""
    index = reading.inputs[1]
    if index is None or reading.inputs[0] is not None:
        return anything(reading)
    axes = tuple(_with_last(axis) for axis in index.axes)
    return replace(index, shape=reading.out, axes=axes)


def _with_last(axis: Axis) -> Axis:
    opened = None if axis.open is None else axis.open[..., None]
    return Axis(axis.seen[..., None], opened, axis.steps)


def anything(reading: Reading) -> Fields:
    """The rule of last resort: at most all that the inputs see."""
    bound = [whole(reading.inputs, info.shape) for info in reading.outs]
    return [field and field.as_bound(reading.operation.name) for field in bound]


MIXING: dict[str, Rule] = {
    "elementwise": elementwise,
    "activation": elementwise,
    "copy": lambda reading: blend(reading.inputs[-1:], reading.out),
    "convolution": convolution,
    "pool": pool,
    "matmul": matmul,
    "mix": mix,
    "sample": sample,
    "reduce": reduce,
    "batch_norm": batch_norm,
    "group_norm": group_norm,
    "cumulative": cumulative,
    "recurrent": recurrent,
    "attention": attention,
    "lookup": lookup,
    "opaque": anything,
}
