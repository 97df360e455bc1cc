"""Random networks of every kind of layer: no wrong number, no false refusal.

`benchmarks/explained_layers.py` does the same with thousands of layers.
"""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import check_layer, layers_of, random_network, recorded_run

from striate.errors import NetworkError
from striate.explaining.kinds.catalogue import KINDS

pytestmark = pytest.mark.filterwarnings(
    "ignore:Using padding='same' with even kernel", "ignore:Initializing zero"
)


@settings(max_examples=120, deadline=None)
@given(random=st.integers(0, 10**9).map(Random))
def test_every_layer_is_worked_out_as_autograd_does(random: Random) -> None:
    network, x = random_network(random)
    try:
        recorded = recorded_run(network, x)
    except NetworkError as problem:  # something works in place on what torch's own way back needs
        assert "has no gradient, so it cannot be trained" in str(problem)  # noqa: PT017
        return
    for one in layers_of(recorded):
        check_layer(recorded, one, random)


def test_every_kind_is_drawn() -> None:
    drawn = {type(module) for seed in range(400) for module in random_network(Random(seed))[0].modules()}
    shown = [kind for kind in KINDS if not drawn & {one for one in kind.layers if not isinstance(one, str)}]
    assert {kind.key for kind in shown} == {"temporal_shift", "mean_over_frames", "two_rates"}
