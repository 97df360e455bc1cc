"""The search for a learning rate: what it suggests of known curves, and of a network."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from small_runs import TINY
from striate.errors import ArgumentError
from striate.training.find_learning_rate import OWN, find_learning_rate
from striate.training.rate_search import draw_rates, flown_apart, smoothed, steepest


@given(st.floats(-4.5, -1.5), st.floats(0.1, 5.0), st.integers(0, 9))
@settings(max_examples=30, deadline=None)
def test_the_steepest_place_of_a_curve_that_is_known(place: float, height: float, seed: int) -> None:
    """A loss that falls as a logistic function has its steepest place in the middle of the fall."""
    rates = np.geomspace(1e-6, 1, 100)
    noise = 0.005 * height * np.random.default_rng(seed).standard_normal(100)
    losses = 1 + height / (1 + np.exp(4 * (np.log10(rates) - place))) + noise
    found = steepest(rates.tolist(), smoothed(losses.tolist()))
    assert found is not None
    assert abs(np.log10(found) - place) < 0.25


def test_a_loss_that_does_not_fall_suggests_nothing() -> None:
    assert steepest([1e-3, 1e-2, 1e-1], np.array([1.0, 1.0, 3.0])) is None


@pytest.mark.parametrize(
    ("losses", "apart"),
    [([2.0], False), ([2, 1, 1, 2, 2], False), ([1, 1, 1, 9, 9, 9], True), ([1.0, float("nan")], True)],
)
def test_when_a_loss_has_flown_apart(losses: list[float], apart: bool) -> None:
    assert flown_apart(losses) is apart


def test_a_network_and_nothing_is_kept(
    small_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told: list[tuple[int, int]] = []
    found = find_learning_rate(
        small_set,
        steps=40,
        lowest=1e-5,
        options=TINY,
        batch_size=32,
        number_format="fp32",
        progress=lambda done, of: told.append((done, of)),
    )
    assert list(tmp_path.iterdir()) == []
    assert found.suggested is not None
    assert 1e-4 < found.suggested < found.lowest
    assert found.points[0].loss == pytest.approx(np.log(10), abs=0.5)  # ten classes, nothing learnt
    assert told == [(step, 40) for step in range(1, len(found.points) + 1)]
    assert "learning rates of" in found.to_html().lower()
    draw_rates(found, tmp_path / "rates.png")
    with Image.open(tmp_path / "rates.png") as picture:
        assert picture.format == "PNG"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"lowest": 0.0}, "rates rise from lowest, above 0, to highest; got 0 and 1"),
        ({"lowest": 2.0}, "rates rise from lowest, above 0, to highest; got 2 and 1"),
        ({"steps": 9}, "a search takes 10 to 10,000 steps; got 9"),
        ({"steps": 10**9}, "a search takes 10 to 10,000 steps; got 1,000,000,000"),
        *(
            ({name: 1}, f"find-rate tries each rate for one step, without an average: leave {name} out")
            for name in sorted(OWN)
        ),
    ],
)
def test_what_cannot_be_searched(asked: dict[str, float], said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        find_learning_rate("digits", **asked)  # type: ignore[arg-type]
    assert str(caught.value) == said
