"""Maps, filters and an update are the layer's own."""

import numpy as np
import torch
from explaining_networks import image_network, numbers

from striate.explaining.explain import explain
from striate.training.train import Run


def test_maps_and_filters_are_the_layers_own() -> None:
    network, x = image_network(), numbers(1, 4, 9, 8)
    maps, filters = explain(network, x, layer="4", filter=3, show=["maps", "filters"]).pictures
    output = network[:5](x)[0].detach().numpy()  # type: ignore[index]
    assert np.allclose(maps.tiles, output, atol=1e-5)
    assert len(filters.tiles) == 6
    assert filters.tiles[2][0, 0] == float(network[4].weight[3, 2, 0, 0].detach())  # type: ignore[index]


def test_before_and_after_an_update(digits_run: Run) -> None:
    found = explain(
        digits_run.path,
        "digits/test/17",
        layer="conv1",
        weight=(3, 0, 1, 1),
        show=["update"],
        learning_rate=0.1,
    )
    before, after, change, maps = found.pictures
    assert found.gradient is not None
    assert found.gradient.update is not None
    assert np.allclose(after.tiles[3], found.gradient.update.new, atol=1e-6)
    assert np.allclose(after.tiles[3] - before.tiles[3], change.tiles[3])
    assert maps.facts["change"] > 0


def test_filters_are_those_of_the_weight_that_is_asked_for() -> None:
    network, x = image_network(), numbers(1, 4, 9, 8)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    found = explain(
        network, x, layer="4", weight=(5, 3, 0, 0), label=1, show=["filters", "update"], optimizer=optimizer
    )
    assert [picture.facts["filter"] for picture in found.pictures] == [5] * 5
    assert found.unit is not None
    assert found.unit.index[1] == 5
    other = explain(network, x, layer="4", filter=2, weight=(5, 3, 0, 0), label=1, show=["filters"])
    assert other.pictures[0].facts["filter"] == 2
