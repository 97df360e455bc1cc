"""What a filter answers to, and what acts on a unit."""

import numpy as np
import pytest
from explaining_networks import numbers, seeded
from torch import nn

import striate
from striate.explaining.explain import explain
from striate.training.train import Run


def test_the_effective_field_lies_within_the_theoretical_one() -> None:
    network = seeded(nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1)))
    found = explain(network, numbers(2, 1, 9, 9), layer="1", filter=0, at=(4, 4), show=["effective-field"])
    (picture,) = found.pictures
    assert picture.marks == ((2, 2, 6, 6),)
    assert picture.facts["theoretical"] == [5, 5]
    assert 0 < picture.facts["effective"] <= 5
    inside = picture.tiles[0][2:7, 2:7]
    assert inside.sum() == pytest.approx(picture.tiles[0].sum())


def test_the_largest_activations_over_the_data_of_a_run(digits_run: Run) -> None:
    (picture,) = explain(
        digits_run.path, "digits/test/17", layer="conv1", filter=2, show=["largest"]
    ).pictures
    network = striate.load(digits_run.path)
    from striate.evaluating.run_model import open_run

    images = striate.open_data("digits").splits["test"]
    answers = network.conv1(open_run(digits_run.path).normalise(images.take(range(len(images)))))[:, 2]
    best = int(answers.amax((1, 2)).argmax())
    assert picture.names[0].startswith(f"{best}: ")
    assert np.array_equal(picture.tiles[0], images.take([best]).numpy()[0, 0])
