"""Scores against numbers worked out by hand, and against torch and scikit-learn."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support, top_k_accuracy_score

from striate.errors import RunError
from striate.evaluating.metrics import calibration_error, probabilities, score, top_k

ANIMALS = ("cat", "dog", "owl")
FOUR = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.5, 0.3, 0.2]])
"""Taken for: cat, cat, dog, cat."""


def test_four_images_by_hand() -> None:
    scores = score(FOUR, np.array([0, 1, 1, 0]), ANIMALS)
    assert (scores.images, scores.top1, scores.top5) == (4, 0.75, None)
    assert scores.loss == pytest.approx(-(math.log(0.7) + math.log(0.3) + math.log(0.8) + math.log(0.5)) / 4)
    assert scores.confusion == ((2, 0, 0), (1, 1, 0), (0, 0, 0))
    cat, dog, owl = scores.classes
    assert (cat.name, cat.images, cat.precision, cat.recall) == ("cat", 2, pytest.approx(2 / 3), 1.0)
    assert (dog.precision, dog.recall, dog.f1) == (1.0, 0.5, pytest.approx(2 / 3))
    assert (owl.images, owl.precision, owl.recall, owl.f1) == (0, None, None, None)


def test_a_class_that_is_there_and_never_named() -> None:
    owl = score(FOUR, np.array([0, 1, 1, 2]), ANIMALS).classes[2]
    assert (owl.images, owl.precision, owl.recall, owl.f1) == (1, None, 0.0, 0.0)


def test_a_class_that_is_named_and_never_there() -> None:
    dog = score(FOUR, np.array([0, 0, 0, 0]), ANIMALS).classes[1]
    assert (dog.images, dog.precision, dog.recall) == (0, 0.0, None)


def test_one_image_of_one_class() -> None:
    scores = score(np.array([[0.2, 0.8]]), np.array([1]), ("a", "b"))
    assert (scores.top1, scores.confusion) == (1.0, ((0, 0), (0, 1)))


def test_certain_and_wrong_is_a_finite_loss() -> None:
    scores = score(np.array([[1.0, 0.0]]), np.array([1]), ("a", "b"))
    assert scores.loss == pytest.approx(-math.log(1e-12))


def test_calibration_by_hand() -> None:
    # One bin holds confidences 0.9 and 0.92, one of them right: |1 − 1.82|; another 0.6, right: |1 − 0.6|.
    rows = np.array([[0.9, 0.1], [0.08, 0.92], [0.6, 0.4]])
    assert calibration_error(rows, np.array([0, 0, 0]), bins=10) == pytest.approx((0.82 + 0.4) / 3)
    assert calibration_error(np.eye(3), np.arange(3)) == 0
    assert calibration_error(np.eye(3), np.array([1, 2, 0])) == 1


@st.composite
def predictions(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (N, K) and labels (N,)."""
    images, classes, seed = draw(st.integers(1, 40)), draw(st.integers(2, 12)), draw(st.integers(0, 9999))
    random = np.random.default_rng(seed)
    return random.dirichlet(np.ones(classes), images), random.integers(0, classes, images)


@given(predictions())
def test_against_torch_and_scikit_learn(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    rows, labels = drawn
    numbers = np.arange(rows.shape[1])
    scores = score(rows, labels, tuple(map(str, numbers)))
    loss = F.nll_loss(torch.from_numpy(rows).log(), torch.from_numpy(labels))
    assert scores.loss == pytest.approx(loss.item())
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, rows.argmax(1), labels=numbers, zero_division=0.0
    )
    for k, one in enumerate(scores.classes):
        assert one.images == support[k] == sum(scores.confusion[k])
        assert (one.precision or 0.0) == pytest.approx(precision[k])
        assert (one.recall or 0.0) == pytest.approx(recall[k])
        assert one.f1 is None or one.f1 == pytest.approx(f1[k])
    right = sum(scores.confusion[k][k] for k in numbers)
    assert scores.top1 == pytest.approx(right / len(labels))


@given(predictions(), st.integers(1, 5))
def test_top_k_against_scikit_learn(drawn: tuple[np.ndarray, np.ndarray], k: int) -> None:
    rows, labels = drawn
    k = min(k, rows.shape[1] - 1)
    if rows.shape[1] > 2:  # for two classes scikit-learn wants another shape
        expected = top_k_accuracy_score(labels, rows, k=k, labels=np.arange(rows.shape[1]))
        assert top_k(rows, labels, k) == pytest.approx(expected)
    assert top_k(rows, labels, rows.shape[1]) == 1


@given(predictions())
def test_calibration_written_out(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    rows, labels = drawn
    confidence, right = rows.max(1), rows.argmax(1) == labels
    expected = 0.0
    for low in range(15):
        held = (confidence * 15 >= low) & ((confidence * 15 < low + 1) | (low == 14))
        if held.any():
            expected += held.mean() * abs(right[held].mean() - confidence[held].mean())
    assert calibration_error(rows, labels) == pytest.approx(expected, abs=1e-9)


def test_top5_is_given_from_six_classes_on() -> None:
    rows, labels = np.eye(6)[[0, 1]] + 0.0, np.array([0, 2])
    assert score(rows, labels, tuple("abcdef")).top5 is not None
    assert score(np.eye(5), np.arange(5), tuple("abcde")).top5 is None


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), -float("inf"), 1e308])
def test_scores_that_are_no_numbers_are_refused(broken: float) -> None:
    with pytest.raises(RunError) as raised:
        probabilities(np.array([[0.0, 1.0], [broken, 0.0]]), temperature=0.5)
    assert str(raised.value) == (
        "the network gives scores that are no finite numbers: its weights or its normalisation are damaged, "
        "or its training has diverged; restore it from a copy, or lower the learning rate"
    )
