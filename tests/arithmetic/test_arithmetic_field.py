"""Fields of whole tensors: put together, mixed, reduced, and read at single elements."""

import numpy as np
import pytest

from striate.arithmetic.described import Operation, Role, Status, TensorInfo
from striate.arithmetic.receptive import field as fields
from striate.arithmetic.receptive.axis import NOTHING
from striate.arithmetic.receptive.field import (
    Field,
    Reading,
    blend,
    extents,
    in_groups,
    mixed,
    of_input,
    whole,
)

INPUT = of_input((1, 4, 5, 6), (2, 3))


def first(field: Field, axis: int = 0) -> np.ndarray:
    return np.broadcast_to(field.axes[axis].seen, (2, *field.shape))[0]


def test_the_input_sees_itself_along_each_axis() -> None:
    assert extents(INPUT, (0, 1, 3, 2)) == [(3, 3, 3, 3), (2, 2, 2, 2)]
    assert extents(INPUT, (None, None, None, 2)) == [(0, 4, 0, 4), (2, 2, 2, 2)]


def test_mixing_keeps_the_shape_and_reducing_does_not() -> None:
    rows = mixed(INPUT, (2,))
    assert rows.shape == INPUT.shape
    assert extents(rows, (0, 0, 3, 2)) == [(0, 4, 0, 4), (2, 2, 2, 2)]
    assert fields.reduced(INPUT, (2, 3), True, (1, 4, 1, 1)).shape == (1, 4, 1, 1)
    gone = fields.reduced(INPUT, (1, 2), False, (1, 6))
    assert gone.shape == (1, 6)
    assert extents(gone, (0, 4)) == [(0, 4, 0, 4), (4, 4, 4, 4)]


def test_a_blend_broadcasts_as_torch_does() -> None:
    row = fields.reduced(INPUT, (2,), True, (1, 4, 1, 6))
    both = blend([INPUT, row], (1, 4, 5, 6))
    assert both is not None
    assert first(both).max() == 0
    alone = blend([fields.reduced(row, (0, 1, 2), False, (6,))], (2, 6))
    assert alone is not None
    assert alone.shape == (2, 6)
    assert first(alone, 1).tolist() == [list(range(6))] * 2
    assert blend([None, None], (3,)) is None
    assert blend([None, INPUT], INPUT.shape) is INPUT


def test_the_least_sure_part_makes_the_whole_as_unsure() -> None:
    unsure = INPUT.as_bound("aten.sort")
    both = blend([INPUT, unsure], INPUT.shape)
    assert both is not None
    assert (both.status, both.reason) == (Status.BOUND, "aten.sort")
    assert unsure.as_bound("another") is unsure
    everything = whole([unsure, None], (2, 2))
    assert everything is not None
    assert (everything.shape, everything.status) == ((2, 2), Status.BOUND)
    assert extents(everything, (0, 0)) == [(0, 4, 0, 4), (0, 5, 0, 5)]
    assert whole([None], (2,)) is None


def test_groups_see_their_own_channels() -> None:
    late = fields.each(INPUT, INPUT.shape, lambda axis: axis)
    shift = np.arange(4).reshape(1, 4, 1, 1)
    axis = late.axes[0]
    moved = np.stack([axis.seen[0] + shift, axis.seen[1] - shift])
    unlike = Field(INPUT.shape, (fields.Axis(moved, None, axis.steps), late.axes[1]))
    grouped = in_groups(unlike, 1, 2, 6)
    assert grouped.shape == (1, 6, 5, 6)
    assert first(grouped)[0, :, 0, 0].tolist() == [0, 0, 0, 2, 2, 2]
    assert (-np.broadcast_to(grouped.axes[0].seen, (2, *grouped.shape))[1])[0, :, 0, 0].tolist() == [
        1,
        1,
        1,
        3,
        3,
        3,
    ]
    assert in_groups(INPUT, 1, 2, 6).axes[0].seen.shape == INPUT.axes[0].seen.shape  # all alike: no rows more


def test_nothing_is_seen_where_nothing_is() -> None:
    blank = fields.nothing(INPUT, (2, 3))
    assert extents(blank, (1, 1)) == [None, None]
    assert (first(blank) == NOTHING).all()


def test_a_field_without_an_open_one_is_given_as_inside_the_input() -> None:
    closed = Field((3,), (fields.Axis(np.array([[0, 1, 2], [0, -1, -2]]), None, {}),))
    assert extents(closed, (2,)) == [(2, 2, 2, 2)]


def test_a_reading_has_what_a_rule_asks_for() -> None:
    info = TensorInfo((1, 4, 5, 6), 4, Role.ACTIVATION)
    reading = Reading(Operation("alias", "aten.clone", (0,), (1,), {"a": 1}), [INPUT], [info], [info])
    assert (reading.geometry, reading.out, reading.field) == ({"a": 1}, info.shape, INPUT)
    with pytest.raises(AssertionError):
        _ = Reading(reading.operation, [None], [info], [info]).field
