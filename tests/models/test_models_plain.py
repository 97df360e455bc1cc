"""The textbook network: names, sizes and parameters as worked out by hand, and arguments refused in words."""

from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from striate.errors import NetworkError
from striate.models import build


def parameters(layer: nn.Module) -> int:
    return sum(parameter.numel() for parameter in layer.parameters())


def test_the_smallest_network_worked_out_by_hand() -> None:
    network = build("plain", classes=10, channels=1, size=28)
    # (3·3·1 + 1)·32, (3·3·32 + 1)·64, (64·7·7 + 1)·128, (128 + 1)·10
    expected = {"conv1": 320, "conv2": 18_496, "fc1": 401_536, "fc2": 1_290}
    counts = {name: parameters(layer) for name, layer in network.named_children()}
    assert {name: count for name, count in counts.items() if count} == expected


def test_rgb_has_three_kernels_per_filter() -> None:
    network = build("plain", classes=10, channels=3, size=28)
    assert parameters(network.get_submodule("conv1")) == 896


def test_layers_are_named_by_kind_and_number() -> None:
    network = build("plain", classes=10, channels=1, size=28, dropout=0.5)
    names = "conv1 relu1 pool1 conv2 relu2 pool2 flatten fc1 relu3 dropout1 fc2"
    assert [name for name, _ in network.named_children()] == names.split()


def test_without_hidden_layers_one_linear_layer_remains() -> None:
    network = build("plain", classes=10, channels=1, size=28, widths=(8,), hidden=())
    assert [name for name, _ in network.named_children()] == ["conv1", "relu1", "pool1", "flatten", "fc1"]


def test_weights_start_by_pytorchs_rule() -> None:
    torch.manual_seed(0)
    network = build("plain", classes=10, channels=1, size=28)
    for name, fan in [("conv2", 9 * 32), ("fc1", 64 * 49)]:
        layer = network.get_submodule(name)
        assert layer.weight.abs().max() <= fan**-0.5
        assert layer.weight.abs().mean().item() == pytest.approx(fan**-0.5 / 2, rel=0.02)  # uniform


@settings(max_examples=25, deadline=None)
@given(
    widths=st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple),
    hidden=st.lists(st.integers(1, 6), max_size=2).map(tuple),
    size=st.tuples(st.integers(8, 20), st.integers(8, 20)),
    channels=st.sampled_from([1, 2, 3]),
)
def test_any_depth_has_the_parameters_of_the_formula(
    widths: tuple[int, ...], hidden: tuple[int, ...], size: tuple[int, int], channels: int
) -> None:
    network = build("plain", classes=4, channels=channels, size=size, widths=widths, hidden=hidden)
    flat = widths[-1] * (size[0] >> len(widths)) * (size[1] >> len(widths))
    convolutions = sum((9 * i + 1) * o for i, o in pairwise((channels, *widths)))
    linear = sum((i + 1) * o for i, o in pairwise((flat, *hidden, 4)))
    assert parameters(network) == convolutions + linear
    assert network(torch.zeros(2, channels, *size)).shape == (2, 4)


WIDTHS = "widths must be whole numbers, at least 1 of them, such as (32, 64)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "plain needs the size of the images, such as size=28 or size=(48, 64)"),
        ({"size": 3}, "plain needs images of at least 4×4; got 3×3"),
        ({"size": (100, 7), "widths": (8, 8, 8)}, "plain needs images of at least 8×8; got 100×7"),
        ({"size": 28, "widths": ()}, f"{WIDTHS}; got ()"),
        ({"size": 28, "widths": "32"}, f"{WIDTHS}; got '32'"),
        ({"size": 28, "widths": (32, 0)}, "each of widths must be a whole number of at least 1; got 0"),
        ({"size": 28, "hidden": 1.5}, "hidden must be whole numbers, such as (32, 64); got 1.5"),
        ({"size": 28, "hidden": (1.5,)}, "each of hidden must be a whole number of at least 1; got 1.5"),
        ({"size": 28, "dropout": 1}, "dropout must be at least 0 and less than 1; got 1"),
        ({"size": 28, "dropout": "half"}, "dropout must be at least 0 and less than 1; got 'half'"),
    ],
)
def test_arguments_that_cannot_be(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(NetworkError) as raised:
        build("plain", classes=10, channels=1, **arguments)
    assert str(raised.value) == message


def test_one_number_counts_as_a_row_of_one() -> None:
    network = build("plain", classes=3, channels=1, size=8, widths=4, hidden=5)
    assert parameters(network) == 10 * 4 + (4 * 16 + 1) * 5 + 6 * 3
