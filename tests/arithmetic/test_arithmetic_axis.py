"""Arrays of first and last positions: how they are made, put together and carried on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seen_witness import drawn
from striate.arithmetic.receptive.axis import (
    NOTHING,
    Axis,
    Step,
    carry_on,
    common_step,
    empty_where,
    fill_ends,
    goes_on,
    hull,
    pad_with_nothing,
    reduce_over,
    sees_nothing,
    shrink,
    source,
    stretch,
)

lengths, small = st.integers(1, 9), st.integers(0, 4)


def bounds(first: list[int], last: list[int]) -> np.ndarray:
    return np.array([first, [-position for position in last]])


@drawn
@given(lengths, st.integers(0, 3))
def test_the_input_sees_itself(length: int, dim: int) -> None:
    axis = source(length, dim, 4)
    assert axis.seen.shape == (2, *(length if place == dim else 1 for place in range(4)))
    assert axis.seen[0].reshape(-1).tolist() == (-axis.seen[1]).reshape(-1).tolist() == list(range(length))
    assert axis.steps == {dim: Step(1, 1)}
    assert not sees_nothing(axis.seen)


@drawn
@given(lengths, small, small, st.integers(1, 3), st.integers(1, 3))
def test_carrying_on_is_what_a_longer_input_gives(
    length: int, before: int, after: int, period: int, shift: int
) -> None:
    """An array that goes by its step, cut short and carried on, is the long one again."""
    places = np.arange(-before, length + after)
    first = places // period * shift + places % period
    whole = np.stack([first, -first - 2])
    short = whole[:, before : before + length]
    longer = carry_on(short, 0, before, after, Step(period, shift))
    if before + after and (length < period or (length == 1 and period > 1)):
        assert longer is None
    else:
        np.testing.assert_array_equal(longer, whole)
    irregular = carry_on(short, 0, before, after, Step(period, shift, False))
    assert (irregular is None) == bool(before + after)


@drawn
@given(lengths, st.integers(-3, 4), st.integers(-3, 4))
def test_padding_with_nothing_cuts_where_it_is_negative(length: int, before: int, after: int) -> None:
    first = source(length, 0, 1).seen
    if length + before + after < 1 or -before > length or -after > length:
        return
    padded = pad_with_nothing(first, 0, before, after)
    expected = [i if 0 <= i < length else NOTHING for i in range(-before, length + after)]
    assert padded[0].tolist() == expected
    assert empty_where(padded).tolist() == [position == NOTHING for position in expected]


def test_stretching_and_shrinking_undo_each_other() -> None:
    one = np.array([[[3]], [[-5]]])
    long = stretch(stretch(one, 0, 4), 1, 2)
    assert long.shape == (2, 4, 2)
    assert np.array_equal(shrink(shrink(long, 0), 1), one)
    unlike = source(4, 0, 1).seen
    assert shrink(unlike, 0) is unlike


@drawn
@given(st.data(), st.integers(1, 4), st.integers(1, 4))
def test_a_hull_is_the_least_first_and_the_greatest_last(
    data: st.DataObject, rows: int, columns: int
) -> None:
    def drawn_bounds(shape: tuple[int, int]) -> np.ndarray:
        count = shape[0] * shape[1]
        first = np.array(data.draw(st.lists(st.integers(-9, 9), min_size=count, max_size=count))).reshape(
            shape
        )
        return np.stack([first, -(first + data.draw(st.integers(0, 5)))])

    shapes = [(rows, columns), (rows, 1), (1, columns)]
    parts = [drawn_bounds(shape) for shape in shapes]
    found = hull([Axis(part, part, {}) for part in parts], shapes)
    whole = [np.broadcast_to(part, (2, rows, columns)) for part in parts]
    np.testing.assert_array_equal(found.seen[0], np.min([part[0] for part in whole], axis=0))
    np.testing.assert_array_equal(-found.seen[1], np.max([-part[1] for part in whole], axis=0))
    reduced = reduce_over(found, (0, 1))
    assert reduced.seen.reshape(-1).tolist() == [found.seen[0].min(), found.seen[1].min()]
    assert reduced.steps == {}


def test_what_sees_nothing_is_neutral_in_a_hull() -> None:
    blank = np.full((2, 3), NOTHING)
    known = source(3, 0, 1)
    joined = hull([Axis(blank, blank, {}), known], [(3,), (3,)])
    assert np.array_equal(joined.seen, known.seen)
    assert joined.steps == known.steps
    nothing = hull([Axis(blank, blank, {}), Axis(blank, None, {})], [(3,), (3,)])
    assert sees_nothing(nothing.seen)


@pytest.mark.parametrize(
    ("steps", "common"),
    [
        ([Step(1, 2), Step(1, 2)], Step(1, 2)),
        ([Step(1, 2), Step(2, 4)], Step(2, 4)),
        ([Step(2, 3), Step(3, 4)], Step(1, 0, False)),  # 9 against 8 in six
        ([Step(1, 1), None], Step(1, 1, False)),
        ([Step(1, 1), Step(1, 1, False)], Step(1, 1, False)),
    ],
)
def test_steps_of_a_hull(steps: list[Step | None], common: Step) -> None:
    assert common_step(steps) == common


def test_going_on_is_checked_as_far_as_the_length_shows_it() -> None:
    assert goes_on(bounds([0, 2, 4, 6], [1, 3, 5, 7]), 0, Step(1, 2))
    assert not goes_on(bounds([0, 2, 4, 7], [1, 3, 5, 8]), 0, Step(1, 2))
    assert not goes_on(bounds([0], [1]), 0, Step(1, 2))
    assert goes_on(bounds([0, 0, 3, 3], [0, 0, 3, 3]), 0, Step(2, 3))


def test_zeros_at_the_ends_are_filled_as_though_the_run_went_on() -> None:
    run = bounds([NOTHING, 1, 2, NOTHING, NOTHING], [-NOTHING, 3, 4, -NOTHING, -NOTHING])
    filled = fill_ends(run, 0, Step(1, 1))
    assert filled[0].tolist() == [0, 1, 2, 3, 4]
    assert (-filled[1]).tolist() == [2, 3, 4, 5, 6]
    hole = bounds([0, NOTHING, 2], [0, -NOTHING, 2])
    assert np.array_equal(fill_ends(hole, 0, Step(1, 1)), hole)  # zeros between are no padding
    assert np.array_equal(fill_ends(run, 0, Step(1, 1, False)), run)
    short = bounds([NOTHING, 1, NOTHING], [-NOTHING, 1, -NOTHING])
    assert np.array_equal(fill_ends(short, 0, Step(2, 2)), short)  # shorter than a period
