"""How weights were trained goes into the run that starts from them: as asked, as a run says, as published."""

from pathlib import Path
from typing import Any

import pytest
import torch

from small_runs import Told, small_run
from striate.errors import ArgumentError
from striate.models import build
from striate.runs import read_record
from striate.training.request import NetworkOptions
from striate.training.train import Run

SAID = "pixels are normalised as the weights were trained:"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Of a network like the one that is trained, from nowhere that is known."""
    path = tmp_path / "strange.pth"
    torch.save(build("plain", classes=10, channels=1, size=8, widths=(4, 8), hidden=(16,)).state_dict(), path)
    return path


def started(out: Path, **changes: Any) -> tuple[dict[str, Any], list[str]]:
    """The normalisation in the record of a training, and what it said."""
    told = Told()
    run: Run = small_run(out, reporter=told, epochs=1, recipe=None, **changes)
    return read_record(run.path)["data"]["normalisation"], told.lines


def test_a_strange_file_names_its_own(tmp_path: Path, weights: Path) -> None:
    found, lines = started(tmp_path / "run", weights=weights, weights_mean=[104], weights_std=[1.5])
    assert found == {"mean": [104.0], "std": [1.5]}
    assert f"{SAID} as asked, mean 104 and deviation 1.5 of 255" in lines


def test_else_it_is_said_whose_are_taken(tmp_path: Path, weights: Path) -> None:
    found, lines = started(tmp_path / "run", weights=weights)
    assert found["mean"] == pytest.approx([(123.675 + 116.28 + 103.53) / 3])
    own = "ImageNet's mean 123.7, 116.3, 103.5 and deviation 58.4, 57.12, 57.38 of 255"
    assert f"{SAID} {own}" in lines


def test_a_run_says_its_own_and_is_not_overruled_unasked(tmp_path: Path, digits_run: Run) -> None:
    options = {"widths": (8, 16), "hidden": ()}
    own = read_record(digits_run.path)["data"]["normalisation"]
    assert started(tmp_path / "one", weights=digits_run.path, options=options)[0] == own
    pixels = {"weights_mean": [1], "weights_std": [2]}
    asked = started(tmp_path / "two", weights=digits_run.path, options=options, **pixels)[0]
    assert asked == {"mean": [1.0], "std": [2.0]}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"weights_mean": (1.0,), "weights_std": (1.0,)},
            "weights_mean and weights_std say how weights were trained: give weights too",
        ),
        (
            {"weights": Path("a"), "weights_mean": (1.0,)},
            "weights_mean and weights_std hold one number a channel each; got 1 and 0",
        ),
        (
            {"weights": Path("a"), "weights_mean": (1.0,), "weights_std": (0.0,)},
            "weights_std must be above 0, all finite; got (1.0,) and (0.0,)",
        ),
        (
            {"weights": Path("a"), "weights_mean": (float("nan"),), "weights_std": (1.0,)},
            "weights_std must be above 0, all finite; got (nan,) and (1.0,)",
        ),
    ],
)
def test_what_cannot_be(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        NetworkOptions(**values)
    assert str(caught.value) == sentence
