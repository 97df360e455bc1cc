"""Parameter groups, momentum, and the moving average."""

import torch
from torch import nn

from striate.training.optimisation import MovingAverage, make_optimizer, set_pace
from striate.training.recipe import Recipe
from striate.training.schedule import Pace


def test_decay_spares_norms_and_biases() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2))
    decayed, spared = make_optimizer(network, Recipe(weight_decay=0.1)).param_groups
    assert {tuple(p.shape) for p in decayed["params"]} == {(4, 1, 3, 3), (2, 4)}
    assert [tuple(p.shape) for p in spared["params"]] == [(4,), (4,), (4,), (2,)]
    assert (decayed["weight_decay"], spared["weight_decay"]) == (0.1, 0.0)


def test_frozen_parameters_are_left_out() -> None:
    network = nn.Linear(2, 2)
    network.weight.requires_grad_(False)
    groups = make_optimizer(network, Recipe()).param_groups
    assert sum(len(group["params"]) for group in groups) == 1


def test_the_pace_reaches_both_optimisers() -> None:
    for kind, name, expected in (("sgd", "momentum", 0.8), ("adamw", "betas", (0.8, 0.99))):
        optimizer = make_optimizer(nn.Linear(1, 1), Recipe(optimizer=kind, learning_rate=0.5))  # type: ignore[arg-type]
        assert set_pace(optimizer, Recipe(learning_rate=0.5), Pace(0.5, 0.8)) == 0.25
        assert all(group["lr"] == 0.25 and group[name] == expected for group in optimizer.param_groups)


def test_the_average_equals_the_sum_written_out() -> None:
    network = nn.BatchNorm1d(1)
    average = MovingAverage(network, decay=0.5)
    values, expected = [3.0, 5.0, -1.0, 4.0], 1.0
    for step, value in enumerate(values):
        with torch.no_grad():
            network.weight.fill_(value)
            network.running_mean.fill_(value)  # type: ignore[union-attr]
            network.num_batches_tracked.fill_(step + 1)  # type: ignore[union-attr]
        average.update(network, step)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
    assert average.network.weight.item() == torch.tensor(expected).item()
    assert average.network.num_batches_tracked.item() == 4
    assert not average.network.weight.requires_grad
    assert not average.network.training
