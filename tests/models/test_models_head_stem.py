"""Stem and head of our networks and of anyone's."""

import pytest
from torch import nn

from striate.errors import NetworkError
from striate.models import build, head_of, stem_of
from striate.watching import without_numbers


@pytest.mark.parametrize(
    ("backbone", "stem", "head"),
    [
        ("plain", "conv1", "fc2"),
        ("resnet34", "conv1", "fc"),
        ("mobilenet_v2", "features.0.0", "classifier.1"),
        ("squeezenet1_1", "features.0", "classifier.1"),
        ("vgg16", "features.0", "classifier.6"),
        ("alexnet", "features.0", "classifier.6"),
    ],
)
def test_names_of_the_catalogues_ends(backbone: str, stem: str, head: str) -> None:
    with without_numbers():
        network = build(backbone, classes=10, size=64)
    assert stem_of(network) == (stem, network.get_submodule(stem))
    assert head_of(network) == (head, network.get_submodule(head))


def test_a_layer_alone_is_its_own_end() -> None:
    layer = nn.Linear(2, 3)
    assert head_of(layer) == ("", layer)


@pytest.mark.parametrize(
    ("network", "ending"),
    [
        (nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)), "1 (BatchNorm1d)"),
        (nn.Sequential(nn.Conv2d(1, 3, 3)), "0 (Conv2d)"),
        (nn.ReLU(), "itself (ReLU)"),
    ],
)
def test_a_network_without_a_head(network: nn.Module, ending: str) -> None:
    with pytest.raises(NetworkError) as raised:
        head_of(network)
    expected = f"the network ends in {ending}, where a head would be a Linear layer or a 1×1 convolution"
    assert str(raised.value) == expected


def test_a_network_without_a_stem() -> None:
    with pytest.raises(NetworkError) as raised:
        stem_of(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)))
    expected = "the network begins with 1 (Linear), where a convolution would see the image"
    assert str(raised.value) == expected
