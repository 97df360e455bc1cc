"""Temperature scaling against logits that were scaled on purpose, and against a search without cleverness."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from striate.evaluating.metrics import (
    SPREAD,
    calibration_error,
    fit_temperature,
    log_probabilities,
    probabilities,
)


def calibrated(images: int = 4000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits (images, 5) and labels drawn from the very distribution that they stand for."""
    random = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(images, 5, generator=random, dtype=torch.float64)
    labels = torch.multinomial(logits.softmax(1), 1, generator=random)[:, 0]
    return logits.numpy(), labels.numpy()


@pytest.mark.parametrize("wrong_by", [0.2, 0.5, 1.0, 2.5, 8.0])
def test_finds_the_factor_that_logits_were_scaled_by(wrong_by: float) -> None:
    logits, labels = calibrated()
    temperature = fit_temperature(logits * wrong_by, labels)
    assert temperature == pytest.approx(wrong_by, rel=0.06)
    mended = probabilities(logits * wrong_by, temperature)
    assert calibration_error(mended, labels) < 0.03
    assert (mended.argmax(1) == logits.argmax(1)).all()


def test_few_images_leave_it_near_one_and_more_move_it() -> None:
    """Ten right answers are no proof of certainty. The same share of right ones, ever more of them."""
    found = []
    for images in (0, 1, 10, 100, 1000, 100_000):
        logits = np.tile([[1.0, 0.0, 0.0]], (images, 1))
        found.append(fit_temperature(logits, np.zeros(images, int)))
    assert found[0] == 1
    assert found == sorted(found, reverse=True)
    confidence = [probabilities(np.array([[1.0, 0.0, 0.0]]), temperature)[0, 0] for temperature in found]
    assert confidence[1:4] == pytest.approx([0.60, 0.854, 0.987], abs=0.01)
    assert confidence[-1] < 1 - 1e-6


@given(st.integers(1, 60), st.integers(2, 6), st.floats(0.1, 30), st.integers(0, 10**6))
def test_against_every_temperature_tried(images: int, classes: int, scale: float, seed: int) -> None:
    """Also where all are right or all wrong: nothing rests at a bound, nothing tried is more probable."""
    random = np.random.default_rng(seed)
    logits, labels = scale * random.normal(size=(images, classes)), random.integers(0, classes, images)

    def surprises(log_temperatures: np.ndarray) -> np.ndarray:
        scaled = torch.from_numpy(logits / np.exp(log_temperatures)[:, None, None])
        own = scaled.log_softmax(2)[:, range(images), labels]
        return -own.sum(1).numpy() + log_temperatures**2 / (2 * SPREAD**2)

    fitted = math.log(fit_temperature(logits, labels))
    tried = np.linspace(-5, 5, 401)
    assert surprises(np.array([fitted]))[0] <= surprises(tried).min() + 1e-3


@pytest.mark.parametrize("label", [0, 1])
def test_all_right_and_all_wrong_stay_finite(label: int) -> None:
    logits = np.tile([[1.0, 0.0, 0.0]], (50, 1))
    temperature = fit_temperature(logits, np.full(50, label))
    assert (0.2 < temperature < 0.6) if label == 0 else (1.5 < temperature < 5)


@given(st.integers(1, 20), st.integers(1, 8), st.floats(0.05, 20), st.integers(0, 10**6))
def test_probabilities_are_those_of_torch(images: int, classes: int, temperature: float, seed: int) -> None:
    logits = 50 * np.random.default_rng(seed).normal(size=(images, classes)).astype(np.float32)
    expected = (torch.from_numpy(logits).double() / temperature).log_softmax(1).numpy()
    assert np.allclose(log_probabilities(logits, temperature), expected, rtol=1e-12, atol=1e-12)
    assert np.allclose(probabilities(logits, temperature), np.exp(expected))
    assert np.allclose(probabilities(logits, temperature).sum(1), 1)


def test_the_logits_are_left_as_they_were() -> None:
    logits = np.array([[1.0, 2.0]])
    probabilities(logits, 3.0)
    assert logits.tolist() == [[1.0, 2.0]]
