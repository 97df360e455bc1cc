"""The way back through the layers, checked at every one."""

import numpy as np
import pytest
from explaining_networks import image_network, numbers, seeded
from torch import nn

from striate.explaining.explain import explain


def test_the_way_back_is_checked_at_every_layer() -> None:
    through = explain(image_network(), numbers(2, 4, 9, 8), layer="0", label=1, through=True).through
    assert through is not None
    assert [step.layer for step in through.steps] == [str(number) for number in reversed(range(16))]
    assert all(step.check is not None for step in through.steps)
    assert through.steps[0].norm * np.prod([step.factor for step in through.steps]) == pytest.approx(
        through.steps[-1].norm
    )


def linear(scale: float, bias: float = 0.0) -> nn.Linear:
    """scale·x + bias, number by number."""
    layer = nn.Linear(4, 4)
    nn.init.eye_(layer.weight)
    layer.weight.data *= scale
    nn.init.constant_(layer.bias, bias)
    return layer


@pytest.mark.parametrize(
    ("scale", "bias", "verdict"),
    [
        (0.02, 0.98, "vanishes"),  # numbers stay at 1, so that weights see inputs of one size
        (1.0, 0.0, "steady"),
        (60.0, -59.0, "explodes"),
        (0.02, 0.0, "shrinks"),  # inputs shrink as δ does: every weight has the same gradient
        (60.0, 0.0, "grows"),
    ],
)
def test_gradients_that_vanish_and_explode(scale: float, bias: float, verdict: str) -> None:
    network = nn.Sequential(*[linear(scale, bias) for _ in range(5)])
    start = numbers(1, 4) * 1e-10 if bias == 0 else numbers(1, 4) * 0 + 1
    found = explain(network, start, layer="0", label=0, through=True)
    assert found.through is not None
    assert found.through.verdict == verdict


@pytest.mark.parametrize("side", [28, 224])
def test_a_larger_map_does_not_make_a_gradient_vanish(side: int) -> None:
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 3),
    )
    through = explain(seeded(network), numbers(1, 1, side, side), layer="0", label=0, through=True).through
    assert through is not None
    assert through.steps[-1].mean_size < 1e-3
    assert through.verdict == "steady"


@pytest.mark.parametrize(
    "saturated",
    [nn.Tanh(), nn.Sigmoid(), nn.SiLU(inplace=True), nn.BatchNorm1d(4, track_running_stats=False)],
)
def test_what_torch_rounds_away_is_no_mistake(saturated: nn.Module) -> None:
    network = nn.Sequential(nn.Linear(4, 4), saturated, nn.ReLU(), nn.Linear(4, 3))
    found = explain(seeded(network), 30 * numbers(3, 4) + 100, layer="0", label=[0, 1, 2], through=True)
    assert found.through is not None
    assert all(step.check is not None for step in found.through.steps)


def test_a_way_back_without_weights_is_judged_by_norms_alone() -> None:
    found = explain(
        nn.Sequential(nn.ReLU(), nn.Identity()), numbers(1, 3) + 3, layer="0", label=0, through=True
    )
    assert found.through is not None
    assert found.through.weights_ratio is None
    assert found.through.verdict == "steady"
