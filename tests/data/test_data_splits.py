"""Splits: complete, disjoint, stratified, the same every time."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from striate.data.sources.splits import FOLDER_SHARES, fill_in, shares_of, stratified

COUNTS = st.lists(st.integers(1, 60), min_size=1, max_size=8)
SHARES = st.dictionaries(st.sampled_from(["test", "val"]), st.floats(0.02, 0.45), min_size=1)


def labelled(counts: list[int], seed: int = 0) -> tuple[np.ndarray, list[str]]:
    labels = np.repeat(np.arange(len(counts)), counts)
    np.random.default_rng(seed).shuffle(labels)
    return labels, [f"{row}.png" for row in range(len(labels))]


@given(counts=COUNTS, shares=SHARES, seed=st.integers(0, 99))
@example(counts=[3, 3], shares={"test": 0.4375, "val": 0.375}, seed=0)
@settings(max_examples=100, deadline=None)
def test_complete_disjoint_and_stratified(counts: list[int], shares: dict[str, float], seed: int) -> None:
    labels, names = labelled(counts)
    splits = stratified(labels, names, shares, seed)
    assert sorted(np.concatenate(list(splits.values()))) == list(range(len(labels)))
    last = np.bincount(labels[splits["train"]]) == 1  # which train keeps, whatever the shares
    for split, share in shares.items():
        found, wanted = np.bincount(labels[splits[split]], minlength=len(counts)), np.array(counts) * share
        assert ((np.abs(found - wanted) <= 1.0001) | ((found < wanted) & last)).all()
    assert set(labels[splits["train"]]) == set(labels)


@pytest.mark.parametrize(
    ("count", "train", "val", "test"),
    [
        (1, 1, 0, 0),
        (2, 1, 0, 1),
        (3, 1, 1, 1),
        (4, 2, 1, 1),
        (10, 6, 2, 2),
        (20, 14, 3, 3),
        (100, 70, 15, 15),
    ],
)
def test_small_classes(count: int, train: int, val: int, test: int) -> None:
    splits = stratified(*labelled([count]), FOLDER_SHARES, 0)
    assert [len(splits[split]) for split in ("train", "val", "test")] == [train, val, test]


def test_totals_are_right_over_classes() -> None:
    """MNIST's classes: a twelfth of each is no whole number, a twelfth of all is 5,000."""
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    splits = stratified(*labelled(counts), {"val": 1 / 12}, 0)
    assert {split: len(rows) for split, rows in splits.items()} == {"val": 5000, "train": 55000}


def test_pinned() -> None:
    """These rows must never change: runs compare across versions."""
    labels, names = np.repeat([0, 1], 10), [f"{row}.png" for row in range(20)]
    assert stratified(labels, names, {"test": 0.3}, seed=0)["test"].tolist() == [0, 4, 7, 11, 15, 16]


def test_another_seed_is_another_split() -> None:
    labels, names = labelled([50, 50])
    tests = {tuple(stratified(labels, names, {"test": 0.2}, seed)["test"]) for seed in range(5)}
    assert len(tests) == 5


def test_order_of_rows_does_not_matter() -> None:
    labels, names = labelled([30, 20])
    shuffled = np.random.default_rng(1).permutation(50)
    plain = stratified(labels, names, {"test": 0.2}, 0)["test"]
    other = stratified(labels[shuffled], [names[row] for row in shuffled], {"test": 0.2}, 0)["test"]
    assert {names[row] for row in plain} == {names[shuffled[row]] for row in other}


def test_added_images_leave_the_others_where_they_are() -> None:
    before = stratified(np.zeros(200, int), [f"{row}.png" for row in range(200)], FOLDER_SHARES, 0)
    after = stratified(np.zeros(220, int), [f"{row}.png" for row in range(220)], FOLDER_SHARES, 0)
    moved = set(before["test"]) & set(after["train"])
    assert len(moved) <= 4


def test_fill_in_takes_what_is_missing_from_train() -> None:
    labels, names = labelled([40, 60])
    given_rows = {"train": np.arange(80), "test": np.arange(80, 100)}
    splits, notes = fill_in(given_rows, labels, names, FOLDER_SHARES, seed=3)
    assert list(splits) == ["train", "val", "test"]
    assert splits["test"] is given_rows["test"]
    assert sorted([*splits["train"], *splits["val"]]) == list(range(80))
    assert notes == ("12 for val taken from 80 images of train, class by class (split seed 3)",)


def test_fill_in_says_what_stays_empty() -> None:
    splits, notes = fill_in({"train": np.arange(4)}, np.array([0, 0, 1, 1]), list("abcd"), FOLDER_SHARES, 0)
    assert [len(rows) for rows in splits.values()] == [2, 0, 2]
    assert notes == (
        "split into 2 train, 0 val, 2 test, class by class (split seed 0)",
        "val is empty: its classes are too small to share",
    )


def test_fill_in_leaves_complete_splits_alone() -> None:
    rows = {"val": np.arange(2), "train": np.arange(2, 8), "test": np.arange(8, 10)}
    splits, notes = fill_in(rows, np.zeros(10, int), list("abcdefghij"), FOLDER_SHARES, 0)
    assert {split: rows[split] is splits[split] for split in splits} == {
        "train": True,
        "val": True,
        "test": True,
    }
    assert notes == ()


@pytest.mark.parametrize(
    ("train", "share"), [(0, 0.15), (100, 0.15), (2000, 0.15), (4000, 0.1), (5000, 0.08), (50_000, 0.02)]
)
def test_less_is_held_out_where_a_test_set_is_given(train: int, share: float) -> None:
    rows = {"train": np.arange(train)}
    assert shares_of(rows) == FOLDER_SHARES
    assert shares_of({**rows, "test": np.arange(7)}) == {"test": 0.15, "val": pytest.approx(share)}


def test_what_is_held_out_now_was_held_out_before() -> None:
    """So that a run of before is still scored by images that did not train it."""
    labels, names = np.repeat(np.arange(3), 60), [f"{n}.png" for n in range(180)]
    more = stratified(labels, names, {"val": 0.15}, seed=0)["val"]
    fewer = stratified(labels, names, {"val": 0.05}, seed=0)["val"]
    assert 0 < len(fewer) < len(more)
    assert set(fewer) <= set(more)
