"""How many steps, which images in which order, and what rare classes weigh."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.errors import DataError
from striate.training.plan import Plan, class_weights, make_plan
from striate.training.recipe import Recipe


def test_steps_by_hand() -> None:
    plan = make_plan(Recipe(epochs=3, batch_size=32), np.array([50, 50]), "fp32")
    assert (plan.steps_per_epoch, plan.steps, plan.class_weights) == (3, 9, None)


def test_a_set_smaller_than_a_batch() -> None:
    plan = make_plan(Recipe(batch_size=128), np.array([3, 4]), "fp32")
    assert (plan.batch_size, plan.steps_per_epoch) == (7, 1)


def test_minutes_leave_the_epochs_open() -> None:
    plan = make_plan(Recipe(minutes=1, batch_size=10), np.array([50, 50]), "fp32")
    assert (plan.minutes, plan.epochs, plan.steps, plan.steps_per_epoch) == (1, None, None, 10)


def test_an_empty_split() -> None:
    with pytest.raises(DataError, match="the training split is empty: put images or clips into it"):
        make_plan(Recipe(), np.array([0, 0]), "fp32")


@pytest.mark.parametrize(
    ("choice", "counts", "weighted"),
    [("auto", [20, 10], False), ("auto", [21, 10], True), ("on", [10, 10], True), ("off", [90, 1], False)],
)
def test_when_classes_are_weighted(choice, counts, weighted) -> None:  # type: ignore[no-untyped-def]
    plan = make_plan(Recipe(class_weights=choice), np.array(counts), "fp32")
    assert (plan.class_weights is not None) == weighted


@given(st.lists(st.integers(0, 500), min_size=1, max_size=20).filter(any))
def test_weighted_classes_count_the_same(counts: list[int]) -> None:
    held = np.array(counts)
    shares = held * np.array(class_weights(held))
    assert np.allclose(shares[held > 0], shares[held > 0][0])
    assert np.isclose(shares.sum(), held.sum())


@given(images=st.integers(1, 200), batch=st.integers(1, 50), start=st.integers(0, 3), epoch=st.integers(0, 5))
def test_each_epoch_sees_each_image_at_most_once(images: int, batch: int, start: int, epoch: int) -> None:
    plan = Plan(images, min(batch, images), epochs=6, number_format="fp32")
    whole = plan.batches(epoch, 7, slice(None))
    seen = np.concatenate(whole)
    assert len(set(seen.tolist())) == len(seen) == plan.steps_per_epoch * plan.batch_size
    assert all(map(np.array_equal, plan.batches(epoch, 7, slice(None), start), whole[start:]))


def test_the_order_changes_with_epoch_and_seed() -> None:
    plan = Plan(100, 10, epochs=2, number_format="fp32")
    orders = [np.concatenate(plan.batches(e, s, slice(None))).tolist() for e, s in ((0, 0), (1, 0), (0, 1))]
    assert orders[0] != orders[1] != orders[2] != orders[0]


def test_the_plan_comes_back_from_json() -> None:
    plan = make_plan(Recipe(class_weights="on"), np.array([5, 10]), "fp32")
    assert Plan.from_json(plan.to_json()) == plan
