"""A receptive field in the numbers one reads: size, jump, start and centre per axis, for a layer and for
a unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from weakref import ReferenceType, ref

import numpy as np

from striate.arithmetic.receptive.axis import NOTHING, Axis, Bounds, Step
from striate.arithmetic.receptive.field import Field, extents
from striate.plain_values import ToJson, picked

Number = int | float


@dataclass(frozen=True, slots=True)
class ChannelGroup:
    """Channels first to last that see alike, and what they see from the middle unit."""

    first: int
    last: int
    size: tuple[int, ...]
    start: tuple[int | None, ...]

    def to_json(self) -> dict[str, object]:
        """The fields by name."""
        return {"channels": [self.first, self.last], "size": list(self.size), "start": list(self.start)}


@dataclass(frozen=True, slots=True)
class ReceptiveField(ToJson):
    """What a unit of a layer sees along each axis of the input, time first.

    `size` is that of the widest unit, as though the input went on beyond its edges; `start` and `center` are
    those of unit 0, which may lie outside of the input; `jump` is how far the next unit's field lies (None
    where units do not go along that axis, or not evenly). `clipped_size` and `clipped_start` are inside
    the input. `open_known` says where the unclipped field exists: beside a global operation it is the
    clipped one.
    """

    in_json = """axes size jump start center clipped_size clipped_start same_for_all_units=even
        unclipped=open_known status"""

    axes: tuple[str, ...]
    size: tuple[int, ...]
    jump: tuple[Number | None, ...]
    start: tuple[int | None, ...]
    center: tuple[float | None, ...]
    clipped_size: tuple[int, ...]
    clipped_start: tuple[int | None, ...]
    even: tuple[bool, ...]
    open_known: tuple[bool, ...]
    status: str
    because: str = ""
    channels: tuple[ChannelGroup, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Lists over the axes, time first."""
        more = {name: value for name, value in picked(self, "because channels").items() if value}
        return picked(self, self.in_json) | more


def grid(field: Field) -> list[int]:
    """The tensor's dimensions along which its units are counted, in order."""
    return sorted(
        {dim for axis in field.axes for dim in axis.steps if field.shape[dim] > 1 or _lone(axis, dim)}
    )


def _lone(axis: Axis, dim: int) -> bool:
    """Whether this is the only dimension that follows the axis."""
    return set(axis.steps) == {dim}


def followed(field: Field, position: int) -> int | None:
    """The dimension along which units go along input axis number `position`; None if none does."""
    steps = field.axes[position].steps
    return max(steps, key=lambda dim: (field.shape[dim], -dim), default=None)


def summarise(field: Field, names: Sequence[str]) -> ReceptiveField:
    """The numbers of a field. `names` are those of the input's axes that count."""
    units = grid(field)
    numbers = [_axis_numbers(field, position, units) for position in range(len(field.axes))]
    return ReceptiveField(
        axes=tuple(names),
        size=tuple(n.size for n in numbers),
        jump=tuple(n.jump for n in numbers),
        start=tuple(n.start for n in numbers),
        center=tuple(n.center for n in numbers),
        clipped_size=tuple(n.clipped_size for n in numbers),
        clipped_start=tuple(n.clipped_start for n in numbers),
        even=tuple(n.even for n in numbers),
        open_known=tuple(axis.open is not None for axis in field.axes),
        status=field.status.word,
        because=field.reason,
        channels=channel_groups(field, units),
    )


class _Numbers(NamedTuple):
    """What `ReceptiveField` holds, for one axis."""

    size: int
    jump: Number | None
    start: int | None
    center: float | None
    clipped_size: int
    clipped_start: int | None
    even: bool


def _axis_numbers(field: Field, position: int, units: Sequence[int]) -> _Numbers:
    axis = field.axes[position]
    clipped = _per_unit(axis.seen, units)
    opened = clipped if axis.open is None else _per_unit(axis.open, units)
    inside = _extent(clipped)
    size, own, even = inside if opened is clipped else _extent(opened)
    first = _first(opened)
    return _Numbers(
        size=size,
        jump=_jump(field, position),
        start=first,
        center=None if first is None else first + (own - 1) / 2,
        clipped_size=inside.widest,
        clipped_start=_first(clipped),
        even=even,
    )


def _first(bounds: Bounds) -> int | None:
    """The first position that unit 0 sees."""
    value = int(bounds[0].flat[0])
    return None if value >= NOTHING >> 1 else value


def _per_unit(bounds: Bounds, units: Sequence[int]) -> Bounds:
    """The hull over everything but the dimensions along which units are counted."""
    others = tuple(
        [dim + 1 for dim, length in enumerate(bounds.shape[1:]) if length > 1 and dim not in units]
    )
    hull: Bounds = bounds.min(axis=others) if others else bounds
    return hull


class _Extent(NamedTuple):
    """How much units see along one axis: the widest, unit 0, and whether all see the same."""

    widest: int
    first: int
    even: bool


_SMALL = 1 << 10  # numbers
_BLOCK = 1 << 16  # so many stay near the processor while they are looked at
_LARGE_EXTENTS: dict[int, tuple[ReferenceType[Bounds], _Extent]] = {}


def _extent(bounds: Bounds) -> _Extent:
    """Worked out once for what is alike: both axes of a square map, layers that see the whole input, and what
    is passed on as it is."""
    if bounds.size <= _SMALL:
        return _known_extent(bounds.tobytes())
    known = _LARGE_EXTENTS.get(id(bounds))
    if known is None or known[0]() is not bounds:
        number = id(bounds)
        known = ref(bounds, lambda _: _LARGE_EXTENTS.pop(number, None)), _measured(bounds)
        _LARGE_EXTENTS[number] = known
    return known[1]


@lru_cache(maxsize=256)
def _known_extent(packed: bytes) -> _Extent:
    return _measured(np.frombuffer(packed, np.int64).reshape(2, -1))


def _measured(bounds: Bounds) -> _Extent:
    axis = max(range(1, bounds.ndim), key=lambda one: bounds.shape[one])
    step = max(1, _BLOCK * bounds.shape[axis] // max(bounds.size, 1))
    least, most = NOTHING, 0
    for at in range(0, bounds.shape[axis], step):
        index = (*[slice(None)] * axis, slice(at, at + step))
        sizes = _sizes(bounds[index])
        least, most = min(least, int(sizes.min())), max(most, int(sizes.max()))
    first = int(_sizes(bounds[(slice(None), *[slice(1)] * (bounds.ndim - 1))]).item())
    return _Extent(most, first, least == most)


def _sizes(bounds: Bounds) -> Bounds:
    """How many positions each unit sees."""
    return np.where(bounds[0] >= NOTHING >> 1, 0, 1 - bounds[1] - bounds[0])


def _jump(field: Field, position: int) -> Number | None:
    dim = followed(field, position)
    if dim is None or any(dim in axis.steps for other, axis in enumerate(field.axes) if other != position):
        return None
    step: Step = field.axes[position].steps[dim]
    if not step.shift:
        return None
    jump = Fraction(step.shift, step.period)
    return int(jump) if jump.denominator == 1 else float(jump)


def channel_groups(field: Field, units: Sequence[int]) -> tuple[ChannelGroup, ...]:
    """Channels that see differently, from the unit in the middle; none where all see alike.

    Args:
        field: what the elements see.
        units: the dimensions along which its units are counted.
    """
    unlike = {
        dim
        for axis in field.axes
        for bounds in (axis.seen, axis.open)
        if bounds is not None
        for dim, length in enumerate(bounds.shape[1:])
        if length > 1 and dim not in units
    }
    if len(unlike) != 1:
        return ()
    channel = unlike.pop()
    middle: list[int | None] = [n // 2 if dim in units else None for dim, n in enumerate(field.shape)]
    rows = []
    for index in range(field.shape[channel]):
        middle[channel] = index
        rows.append(tuple(e and (e[2], e[3]) for e in extents(field, middle)))
    edges = [0, *(i for i in range(1, len(rows)) if rows[i] != rows[i - 1]), len(rows)]
    if len(edges) == 2 or len(edges) > 65:
        return ()
    return tuple(
        ChannelGroup(
            a,
            b - 1,
            tuple(e[1] - e[0] + 1 if e else 0 for e in rows[a]),
            tuple(e[0] if e else None for e in rows[a]),
        )
        for a, b in pairwise(edges)
    )
