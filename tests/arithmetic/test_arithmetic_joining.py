"""Concatenation and writing into slices of one axis, against arrays put together element by element."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seen_witness import drawn
from striate.arithmetic.receptive.axis import NOTHING, Axis, Step, pad_with_nothing, sees_nothing, source
from striate.arithmetic.receptive.joining import along, join, nothing_like, overwrite, settled


def cut(axis: Axis, first: int, last: int) -> Axis:
    opened = None if axis.open is None else axis.open[:, first:last]
    return Axis(axis.seen[:, first:last], opened, axis.steps)


INPUT = source(8, 0, 1)


@drawn
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(1, 8), st.booleans()), min_size=1, max_size=4))
def test_joined_positions_are_those_of_the_parts(pieces: list[tuple[int, int, bool]]) -> None:
    parts = [None if blank else cut(INPUT, first, max(first + 1, last)) for first, last, blank in pieces]
    lengths = [2 if part is None else part.seen.shape[1] for part in parts]
    if all(part is None for part in parts):
        return
    joined = join(parts, [(length,) for length in lengths], 0, [True] * len(parts))
    expected = [[NOTHING] * 2 if part is None else part.seen[0].tolist() for part in parts]
    found = np.broadcast_to(joined.seen, (2, sum(lengths)))
    assert found[0].tolist() == [position for part in expected for position in part]


def test_zeros_before_and_after_are_padding_and_the_field_goes_on() -> None:
    joined = join([None, INPUT, None], [(2,), (8,), (1,)], 0, [True, True, True])
    assert joined.open is not None
    assert joined.open[0].tolist() == list(range(-2, 9))
    assert joined.steps == {0: Step(1, 1)}
    ones = join([None, INPUT], [(2,), (8,)], 0, [False, True])
    assert ones.open is not None
    assert ones.open[0].tolist() == [NOTHING, NOTHING, *range(8)]
    assert ones.steps == {0: Step(1, 1, False)}


def test_a_clip_cut_and_joined_again_in_order_is_regular_and_out_of_order_is_not() -> None:
    pieces, shapes = [cut(INPUT, 0, 3), cut(INPUT, 3, 8)], [(3,), (5,)]
    assert join(pieces, shapes, 0, [False, False]).steps == {0: Step(1, 1)}
    assert join(pieces[::-1], shapes[::-1], 0, [False, False]).steps == {0: Step(1, 1, False)}


def test_of_nothing_comes_nothing() -> None:
    blank = nothing_like(INPUT)
    assert sees_nothing(join([blank, None], [(8,), (2,)], 0, [True, True]).seen)
    assert nothing_like(INPUT, 3).seen.shape == (2, 1, 1, 1)
    assert overwrite(None, None, (8,), 0, range(2), True) is None


@drawn
@given(st.integers(0, 7), st.integers(1, 8), st.integers(1, 2), st.integers(0, 3), st.booleans())
def test_what_is_overwritten_is_what_was_written(
    first: int, last: int, step: int, by: int, into_zeros: bool
) -> None:
    positions = range(first, max(first + 1, last), step)
    start = min(by, 8 - len(positions))
    part = cut(INPUT, start, start + len(positions))
    written = overwrite(None if into_zeros else INPUT, part, (8,), 0, positions, into_zeros)
    assert written is not None
    expected = [NOTHING] * 8 if into_zeros else list(range(8))
    for position, source_position in zip(positions, range(start, 8), strict=False):
        expected[position] = source_position
    assert np.broadcast_to(written.seen, (2, 8))[0].tolist() == expected
    erased = overwrite(INPUT, None, (8,), 0, positions, True)
    assert erased is not None
    blank = np.broadcast_to(erased.seen, (2, 8))[0] == NOTHING
    assert blank.nonzero()[0].tolist() == list(positions)


def test_a_shift_written_into_zeros_goes_on_beyond_the_ends() -> None:
    shifted = overwrite(None, cut(INPUT, 1, 8), (8,), 0, range(7), True)
    assert shifted is not None
    assert shifted.open is not None
    assert shifted.open[0].tolist() == list(range(1, 9))
    assert shifted.steps == {0: Step(1, 1)}


def test_windows_of_a_clip_side_by_side_follow_time_and_channels_do_not() -> None:
    still = Axis(np.array([[0], [-2]]), None, {})
    later = Axis(np.array([[3], [-5]]), None, {})
    joined = Axis(np.array([[0, 3], [-2, -5]]), None, {})
    assert along(joined, [still, later], 0).steps == {0: Step(1, 3, False)}
    assert along(joined, [still], 0) is joined
    assert along(joined, [still, still], 0) is joined
    moving = Axis(INPUT.seen, None, {0: Step(1, 1)})
    assert along(moving, [moving, moving], 1) is moving


@pytest.mark.parametrize(
    ("step", "single", "expected"),
    [(Step(1, 1), False, Step(1, 1)), (Step(1, 2), False, Step(1, 2, False)), (Step(9, 2), True, Step(9, 2))],
)
def test_a_step_is_checked_against_the_array(step: Step, single: bool, expected: Step) -> None:
    assert settled(INPUT.seen, 0, step, single) == expected
    blank = pad_with_nothing(INPUT.seen, 0, -8, 3)
    assert settled(blank, 0, step, single) == step
