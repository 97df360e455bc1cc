"""Sliding windows along one axis, against windows laid out one by one and the published formula."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seen_witness import drawn
from striate.arithmetic.receptive.axis import NOTHING, Axis, Step, source
from striate.arithmetic.receptive.windows import Window, composed, ranges, slide, slide_back, strided
from striate.sizes import transposed_length, window_count

windows = st.builds(Window, st.integers(1, 4), st.integers(1, 3), st.integers(0, 3), st.integers(1, 2))


def taps(window: Window, output: int) -> list[int]:
    first = output * window.stride - window.before
    return [first + tap * window.dilation for tap in range(window.kernel)]


def count(length: int, window: Window) -> int:
    return window_count(length, window.kernel, window.stride, window.before, window.dilation)


@drawn
@given(st.integers(1, 12), windows)
def test_one_window_sees_its_taps(length: int, window: Window) -> None:
    out = count(length, window)
    assume(out > 0)
    axis = slide(source(length, 0, 1), 0, length, out, window)
    assert axis.open is not None
    for output in range(out):
        places = taps(window, output)
        inside = [place for place in places if 0 <= place < length]
        seen = (inside[0], -inside[-1]) if inside else (NOTHING, NOTHING)
        assert tuple(axis.seen[:, output].tolist()) == seen
        assert tuple(axis.open[:, output].tolist()) == (places[0], -places[-1])


@drawn
@given(st.integers(20, 40), st.lists(windows, min_size=1, max_size=4))
def test_a_chain_of_windows_has_the_published_field(length: int, chain: list[Window]) -> None:
    """r = 1 + Σ (d(k − 1)) Π s, jump = Π s, start = −Σ p Π s (Araujo, Norris and Sim, 2019)."""
    axis, size, jump, start = source(length, 0, 1), 1, 1, 0
    for window in chain:
        out = count(length, window)
        assume(out > 0)
        axis = slide(axis, 0, length, out, window)
        size += (window.span - 1) * jump
        start -= window.before * jump
        jump *= window.stride
        length = out
    if axis.open is None:  # too short to tell how it would go on
        return
    first, last = axis.open[0], -axis.open[1]
    assert first.tolist() == [start + jump * output for output in range(length)]
    assert set((last - first + 1).tolist()) == {size}
    assert axis.steps[0] == Step(1, jump)


@drawn
@given(st.integers(1, 8), windows)
def test_transposed_windows_see_every_input_that_reaches_them(length: int, window: Window) -> None:
    out = transposed_length(length, window.kernel, window.stride, window.before, window.dilation)
    assume(out > 0)
    axis = slide_back(source(length, 0, 1), 0, length, out, window)
    reached: dict[int, list[int]] = {output: [] for output in range(out)}
    for position in range(length):
        for output in taps(window, position):
            if output in reached:
                reached[output].append(position)
    for output, positions in reached.items():
        expected = (min(positions), -max(positions)) if positions else (NOTHING, NOTHING)
        assert tuple(axis.seen[:, output].tolist()) == expected


@drawn
@given(st.integers(2, 9), st.data())
def test_ranges_are_hulls_of_what_they_hold(length: int, data: st.DataObject) -> None:
    starts = data.draw(st.lists(st.integers(0, length - 1), min_size=1, max_size=6))
    spans = [(start, data.draw(st.integers(start, length - 1))) for start in starts]
    axis = ranges(source(length, 0, 1), 0, length, spans, None)
    assert axis.seen.T.tolist() == [[first, -last] for first, last in spans]
    assert axis.steps[0] == Step(1, 0, False)


def test_channels_that_differ_stay_apart_under_a_window_along_another_dimension() -> None:
    shifted = np.stack([source(6, 1, 2).seen[:, 0], source(6, 1, 2).seen[:, 0] + [[1], [-1]]], axis=1)
    axis = slide(Axis(shifted, shifted, {1: Step(1, 1)}), 1, 6, 4, Window(3))
    assert axis.seen[0].tolist() == [[0, 1, 2, 3], [1, 2, 3, 4]]
    assert (-axis.seen[1]).tolist() == [[2, 3, 4, 5], [3, 4, 5, 6]]


@pytest.mark.parametrize(
    ("period", "shift", "stride", "expected"),
    [
        (1, 1, 2, Step(1, 2)),
        (2, 3, 2, Step(1, 3)),
        (2, 3, 4, Step(1, 6)),
        (3, 1, 2, Step(3, 2)),
        (4, 2, 6, Step(2, 6 // 2 * 2)),
    ],
)
def test_keeping_every_so_many_positions(period: int, shift: int, stride: int, expected: Step) -> None:
    axis = Axis(source(12, 0, 1).seen, None, {0: Step(period, shift)})
    assert strided(axis, 0, stride)[0] == expected
    assert strided(axis, 1, stride) == axis.steps  # along another dimension


def test_reading_by_a_step_what_goes_by_a_step() -> None:
    assert composed(Step(1, 2), Step(3, 2)) == Step(3, 4)
    assert composed(Step(2, 3), Step(1, 1)) == Step(2, 3)
    assert composed(Step(2, 3), Step(1, 2)) == Step(1, 3)
    assert composed(Step(1, 1), None) == Step(1, 0, False)
    assert composed(Step(1, 2, False), Step(1, 1)) == Step(1, 2, False)
