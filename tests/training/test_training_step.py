"""The memory of a training step, counted."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from small_runs import STEPS, go_on, small_recipe, small_run
from striate import runs
from striate.data.augment.augmentation import Augmentation, Draws
from striate.training.optimisation import make_optimizer, moving_average
from striate.training.recipe import Recipe
from striate.training.step import Kept, Learner, carried

FLOAT = 4


def test_what_is_kept_is_counted_once() -> None:
    layer = nn.Linear(6, 5)
    network = nn.Sequential(layer, nn.ReLU())
    x, kept = torch.randn(7, 6), Kept(network)
    with kept.counting():
        network(x).sum()
    assert kept.bytes == FLOAT * (
        7 * 6 + 7 * 5
    )  # the input of the product, the output of the ReLU; no weights
    twice = Kept(network)
    with twice.counting():
        (layer(x) + layer(x)).sum()
    assert twice.bytes == FLOAT * 7 * 6


@pytest.mark.parametrize(("optimizer", "memories"), [("sgd", 1), ("adamw", 2)])
def test_what_the_weights_carry(optimizer: str, memories: int) -> None:
    network = nn.Linear(6, 5)
    recipe = Recipe(optimizer=optimizer)  # type: ignore[arg-type]
    steps = make_optimizer(network, recipe)
    network(torch.randn(2, 6)).sum().backward()
    steps.step()
    weights = 6 * 5 + 5
    counts = 2 if optimizer == "adamw" else 0  # AdamW keeps a step number for each parameter
    expected = FLOAT * (weights * (2 + memories) + counts)
    assert carried(network, steps, None) == expected
    average = moving_average(network, 0.9).module
    assert carried(network, steps, average) == expected + FLOAT * weights


@pytest.mark.usefixtures("quick")
def test_it_is_recorded_and_the_same_after_going_on(tmp_path: Path, small_set: Path) -> None:
    from small_runs import At

    whole = small_run(tmp_path / "whole", data=small_set)
    assert whole.step_bytes is not None
    assert whole.step_bytes > 5 * FLOAT * whole.parameters
    assert runs.read_record(whole.path)["summary"]["step_bytes"] == whole.step_bytes
    assert whole.to_json()["step_bytes"] == whole.step_bytes
    small_run(tmp_path / "run", data=small_set, reporter=At(3))
    assert go_on(tmp_path / "run").step_bytes == whole.step_bytes


def test_each_image_is_mirrored_every_other_epoch(
    tmp_path: Path, small_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[np.ndarray, np.ndarray]] = []
    draws = Learner._draws

    def watched(self: Learner, indices: np.ndarray, step: int) -> Draws:
        made = draws(self, indices, step)
        assert made.mirrored is not None
        seen.append((indices, made.mirrored))
        return made

    monkeypatch.setattr(Learner, "_draws", watched)
    small_run(tmp_path / "run", small_recipe(epochs=3, augmentation=Augmentation(flip=True)), data=small_set)
    epochs = [np.full(176, -1) for _ in range(3)]
    for number, (indices, mirrored) in enumerate(seen):
        epochs[number // STEPS][indices] = mirrored
    for one, next_one in pairwise(epochs):
        both = (one >= 0) & (next_one >= 0)  # what is left over at the end of an epoch is not seen in it
        assert both.sum() > 100
        assert (one[both] != next_one[both]).all()
    assert 0.3 < epochs[0][epochs[0] >= 0].mean() < 0.7
