"""The way back through the layers, checked at every one."""

import numpy as np
import pytest
from explaining_networks import image_network, numbers
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


@pytest.mark.parametrize(("scale", "verdict"), [(0.02, "vanishes"), (1.0, "steady"), (60.0, "explodes")])
def test_gradients_that_vanish_and_explode(scale: float, verdict: str) -> None:
    layers = [nn.Linear(4, 4, bias=False) for _ in range(5)]
    for layer in layers:
        nn.init.eye_(layer.weight)
        layer.weight.data *= scale
    found = explain(nn.Sequential(*layers), numbers(1, 4) * 1e-10, layer="0", label=0, through=True)
    assert found.through is not None
    assert found.through.verdict == verdict
