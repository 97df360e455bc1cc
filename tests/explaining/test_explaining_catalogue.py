"""Every kind of layer and every picture is found by name, and the network is as it was."""

from copy import deepcopy

import pytest
import torch
from explaining_networks import image_network, numbers
from torch import nn

from striate.errors import NetworkError
from striate.explaining.explain import explain
from striate.explaining.pictures import SHOWS


@pytest.mark.parametrize("name", SHOWS)
def test_the_network_is_as_it_was(name: str) -> None:
    network = image_network()
    before = deepcopy(network.state_dict())
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    explain(network, numbers(2, 4, 9, 8)[:, :4], layer="0", show=[name], label=1, optimizer=optimizer)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert all(not one._forward_hooks for one in network.modules())
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.parametrize(
    ("network", "layer", "expected"),
    [
        (
            nn.LocalResponseNorm(2),
            "localresponsenorm",
            "localresponsenorm is a LocalResponseNorm, which cannot be worked out by hand; those that",
        ),
        (
            nn.Conv2d(2, 2, 3, padding=1, padding_mode="reflect"),
            "conv2d",
            "conv2d is a convolution with padding_mode",
        ),
        (
            nn.Sequential(nn.Sequential(nn.Conv2d(2, 2, 1))),
            "0",
            "0 is a Sequential, a block of several layers: name",
        ),
        (nn.Sequential(nn.Flatten(2), nn.Identity()), "0", "0 is a Flatten from axis 2 to -1, which cannot"),
    ],
)
def test_kinds_that_cannot_be_worked_out_are_named(network: nn.Module, layer: str, expected: str) -> None:
    with pytest.raises(NetworkError, match=f"^{expected}"):
        explain(network, numbers(1, 2, 4, 4), layer=layer)
