"""Every kind of layer and every picture is found by name, and the network is as it was."""

from copy import deepcopy

import pytest
import torch
from explaining_networks import Outputs, image_network, numbers
from torch import nn

from striate.errors import NetworkError
from striate.explaining.backward_path import explain_backward_path
from striate.explaining.explain import explain
from striate.explaining.kinds.catalogue import class_of
from striate.explaining.pictures import SHOWS
from striate.explaining.unit import explain_unit
from striate.models import NETWORKS, build
from striate.models.ways import WAYS
from striate.tracing.recording import record
from striate.watching import without_numbers


@pytest.mark.parametrize("name", SHOWS)
def test_the_network_is_as_it_was(name: str) -> None:
    network = image_network()
    before = deepcopy(network.state_dict())
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    asked = {"layer": "0", "weight": (0, 0, 0, 0), "show": [name], "label": 1}
    explain(network, numbers(2, 4, 9, 8)[:, :4], **asked, optimizer=optimizer)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert all(not one._forward_hooks for one in network.modules())
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize(
    ("network", "layer", "expected"),
    [
        (
            nn.LocalResponseNorm(2),
            "localresponsenorm",
            "localresponsenorm is a LocalResponseNorm, which cannot be worked out by hand; those that",
        ),
        (
            nn.Sequential(nn.Flatten(2), Outputs(nn.LSTM(16, 3, proj_size=2))),
            "1.layer",
            "1.layer is an LSTM with projections, which cannot",
        ),
        (
            nn.Sequential(nn.Sequential(nn.Conv2d(2, 2, 1))),
            "0",
            "0 is a Sequential, a block of several layers: name",
        ),
    ],
)
def test_kinds_that_cannot_be_worked_out_are_named(network: nn.Module, layer: str, expected: str) -> None:
    with pytest.raises(NetworkError, match=f"^{expected}"):
        explain(network, numbers(1, 2, 4, 4), layer=layer)


@pytest.mark.parametrize("name", NETWORKS)
def test_no_layer_of_the_catalogue_is_refused(name: str) -> None:
    with without_numbers():
        network = build(name, classes=5, channels=3, size=32 if name == "plain" else None)
    layers = [one for one in network.modules() if next(one.children(), None) is None]
    assert {type(one).__name__ for one in layers if class_of(one) is None} == set()


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_no_layer_of_a_way_through_time_is_refused(way: str, causal: bool) -> None:
    if way == "two-stream" and causal:
        return
    torch.manual_seed(0)
    network = build("plain", classes=3, channels=1, size=8, widths=(4, 4), time=way, causal=causal)
    clips = torch.randn(2, 3 if way == "two-stream" else 1, 4, 8, 8)
    recorded = record(network, clips, loss=lambda scores: scores.square().sum())
    for one in recorded.layers:
        if one.whole:
            index = tuple(size // 2 for size in one.output.shape)
            explain_unit(one, index)
            path = explain_backward_path(recorded, one)
            assert path.steps[-1].check is not None, one.title


def test_the_frames_of_both_pathways_are_worked_out() -> None:
    """SlowFast hands its clip on twice: what comes back to the slow frames is a part of it."""
    torch.manual_seed(0)
    network = build("slowfast_r50_4x16", classes=3, channels=3)
    recorded = record(network, torch.randn(1, 3, 8, 32, 32), loss=lambda scores: scores.square().sum())
    rates = recorded.named("rates")
    explain_unit(rates, (0, 1, 0, 5, 5))
    assert explain_backward_path(recorded, rates).steps[-1].check is None
