"""The schedule against PyTorch's own and by hand; parameter groups, momentum, and the moving average."""

import math
import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from striate.training.optimisation import Pace, make_optimizer, moving_average, pace, set_pace
from striate.training.recipe import Recipe


def test_cosine_equals_pytorchs_after_the_warm_up() -> None:
    steps, warm = 100, 20
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    reference = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps - warm)
    for step in range(warm - 1, steps):
        ours = pace("cosine", (step + 1) / steps, warmup=warm / steps, momentum=0.9)
        assert ours.rate == pytest.approx(reference.get_last_lr()[0], abs=1e-12)
        assert ours.momentum == 0.9
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that no optimiser step comes first
            reference.step()


def test_one_cycle_equals_pytorchs_at_its_corners() -> None:
    first = pace("one-cycle", 1 / 1000, warmup=0.25, momentum=0.95)
    top = pace("one-cycle", 250 / 1000, warmup=0.25, momentum=0.95)
    last = pace("one-cycle", 1.0, warmup=0.25, momentum=0.95)
    assert first.rate == pytest.approx(1 / 25, rel=0.01)
    assert top.rate == pytest.approx(1)
    assert last.rate == pytest.approx(1e-3)
    assert top.momentum == pytest.approx(0.855)
    assert last.momentum == pytest.approx(0.95)


@given(
    kind=st.sampled_from(["one-cycle", "cosine"]),
    steps=st.integers(1, 300),
    warmup=st.floats(0, 0.99),
    momentum=st.floats(0, 0.99),
)
def test_rates_rise_then_fall_and_stay_in_bounds(kind, steps, warmup, momentum) -> None:  # type: ignore[no-untyped-def]
    rates = [pace(kind, (step + 1) / steps, warmup=warmup, momentum=momentum).rate for step in range(steps)]
    assert all(0 <= rate <= 1 + 1e-12 and math.isfinite(rate) for rate in rates)
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] <= 1e-3 + 1e-9


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
    average = moving_average(network, decay=0.5)
    values, expected = [3.0, 5.0, -1.0, 4.0], 1.0
    for step, value in enumerate(values):
        with torch.no_grad():
            network.weight.fill_(value)
            network.running_mean.fill_(value)  # type: ignore[union-attr]
            network.num_batches_tracked.fill_(step + 1)  # type: ignore[union-attr]
        average.update_parameters(network)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
    assert average.module.weight.item() == torch.tensor(expected).item()
    assert average.module.num_batches_tracked.item() == 4
    assert not average.module.weight.requires_grad
    assert not average.module.training
