"""Views and permutations of one axis: what follows the input is followed through folding and unfolding."""

import doctest
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seen_witness import drawn
from striate.arithmetic.receptive import reshaping
from striate.arithmetic.receptive.axis import Axis, Step, source, stretch

shapes = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


@st.composite
def two_shapes(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes of as many elements."""
    old = draw(shapes)
    rest, new = prod(old), []
    while rest > 1 and len(new) < 4:
        new.append(draw(st.sampled_from([d for d in range(1, rest + 1) if rest % d == 0])))
        rest //= new[-1]
    return old, (*new, rest)


def full(axis: Axis, shape: tuple[int, ...]) -> np.ndarray:
    return np.broadcast_to(axis.seen, (2, *shape))


def test_examples_in_the_docstrings() -> None:
    failed, attempted = doctest.testmod(reshaping)
    assert attempted
    assert not failed


@drawn
@given(two_shapes())
def test_runs_of_dimensions_hold_the_same_elements_and_no_smaller_ones_do(
    pair: tuple[tuple[int, ...], tuple[int, ...]],
) -> None:
    old, new = pair
    groups = list(reshaping.matched(old, new))
    assert [dim for before, _ in groups for dim in before] == list(range(len(old)))
    assert [dim for _, after in groups for dim in after] == list(range(len(new)))
    for before, after in groups:
        left = [prod(old[dim] for dim in before[:k]) for k in range(1, len(before) + 1)]
        right = [prod(new[dim] for dim in after[:k]) for k in range(1, len(after) + 1)]
        assert left[-1:] == right[-1:] or {*left[-1:], *right[-1:]} == {1}
        assert not {n for n in left if 1 < n < left[-1]} & set(right)


@drawn
@given(two_shapes(), st.data())
def test_a_reshape_keeps_the_order_of_elements_and_comes_back(
    pair: tuple[tuple[int, ...], tuple[int, ...]], data: st.DataObject
) -> None:
    old, new = pair
    dim = data.draw(st.integers(0, len(old) - 1))
    axis = source(old[dim], dim, len(old))
    there = reshaping.reshape(axis, old, new)
    assert np.array_equal(full(there, new).reshape(2, -1), full(axis, old).reshape(2, -1))
    back = reshaping.reshape(there, new, old)
    assert np.array_equal(full(back, old), full(axis, old))


def test_frames_folded_into_the_batch_are_frames_again() -> None:
    """(1, T, C) → (T, C) → (1, T, C): time goes on as it did. Of two clips only the positions are known."""
    axis = source(8, 1, 3)
    folded = reshaping.reshape(axis, (1, 8, 3), (8, 3))
    assert folded.steps == {0: Step(1, 1)}
    assert reshaping.reshape(folded, (8, 3), (1, 8, 3)).steps[1] == Step(1, 1)
    several = reshaping.reshape(axis, (2, 8, 3), (16, 3))
    assert several.steps == {0: Step(1, 0, False)}
    assert several.seen[0].reshape(-1).tolist() == [*range(8), *range(8)]
    split = reshaping.reshape(axis, (2, 8, 3), (2, 4, 2, 3))
    assert split.steps == {1: Step(1, 2), 2: Step(1, 1)}


@drawn
@given(shapes, st.data())
def test_permuting_and_back(shape: tuple[int, ...], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(shape))))
    dim = data.draw(st.integers(0, len(shape) - 1))
    axis = source(shape[dim], dim, len(shape))
    turned = reshaping.permute(axis, order)
    assert list(turned.steps) == [order.index(dim)]
    back = sorted(range(len(order)), key=order.__getitem__)
    assert np.array_equal(reshaping.permute(turned, back).seen, axis.seen)


@drawn
@given(st.integers(1, 9), st.integers(0, 8), st.integers(1, 3))
def test_cuts_are_slices(length: int, start: int, step: int) -> None:
    start = min(start, length - 1)
    axis = reshaping.cut(source(length, 0, 1), 0, start, length, step)
    assert axis.seen[0].tolist() == list(range(start, length, step))
    assert axis.steps == {0: Step(1, step)}


@pytest.mark.parametrize(
    ("positions", "step"),
    [
        ([5, 4, 3, 2, 1, 0], Step(1, -1)),
        ([0, 2, 4], Step(1, 2)),
        ([0, 0, 0], Step(1, 0, False)),
        ([1, 2, 0], Step(1, 0, False)),
        ([3], Step(1, 1)),
    ],
)
def test_positions_taken_in_any_order(positions: list[int], step: Step) -> None:
    axis = reshaping.take(source(6, 0, 1), 0, 6, positions)
    assert axis.seen[0].tolist() == positions
    assert axis.steps[0] == step


def test_dimensions_put_in_and_taken_away() -> None:
    axis = source(5, 1, 2)
    for dim in range(3):
        again = reshaping.drop(reshaping.insert(axis, dim), dim)
        assert again.steps == axis.steps
        assert np.array_equal(again.seen, axis.seen)
    assert reshaping.insert(axis, 0).steps == {2: Step(1, 1)}
    assert stretch(reshaping.insert(axis, 0).seen, 0, 3).shape == (2, 3, 1, 5)
