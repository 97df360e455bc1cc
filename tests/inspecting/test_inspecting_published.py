"""Receptive fields, parameters and costs that are published, and the catalogue against the gradient's
support.
"""

import pytest
from gradient_witness import support
from published_networks import densenet121, inception_v3, video_resnet18
from torch import nn

from narrow_networks import narrowed
from striate.inspecting import inspect
from striate.models import CATALOGUE, build
from striate.watching import without_numbers

SIZES = {
    "alexnet": ("features.12", 195), "vgg16": ("features.30", 212), "resnet18": ("layer4", 435),
    "resnet34": ("layer4", 899), "resnet50": ("layer4", 427), "resnet101": ("layer4", 971),
    "mobilenet_v2": ("features", 491),
}  # fmt: skip
ENDS = {
    "vgg16": {"0": 3, "4": 6, "9": 16, "16": 44, "23": 100, "24": 132, "30": 212},
    "alexnet": {"0": 11, "2": 19, "3": 51, "6": 99, "8": 131, "10": 163, "12": 195},
}
COSTS = {
    "alexnet": (61_100_840, 0.714e9), "vgg16": (138_357_544, 15.47e9),
    "resnet18": (11_689_512, 1_814_073_344),
    "resnet34": (21_797_672, 3.664e9), "resnet50": (25_557_032, 4.089e9),
    "mobilenet_v2": (3_504_872, 0.301e9),
    "squeezenet1_1": (1_235_496, 0.349e9),
}  # fmt: skip


@pytest.mark.parametrize("name", SIZES)
def test_published_sizes(name: str) -> None:
    part, size = SIZES[name]
    last = [row for row in inspect(name).layers if row.name.startswith(part)][-1]
    assert last.receptive_field is not None
    assert last.receptive_field.size == (size, size)
    assert last.receptive_field.status == "exact"


@pytest.mark.parametrize("name", ENDS)
def test_published_end_points(name: str) -> None:
    found = inspect(name)
    for place, size in ENDS[name].items():
        field = found.layer(f"features.{place}").receptive_field
        assert field is not None
        assert field.size == (size, size)


@pytest.mark.parametrize("name", COSTS)
def test_published_parameters_and_cost(name: str) -> None:
    parameters, macs = COSTS[name]
    totals = inspect(name).totals
    assert totals.parameters.value == parameters
    assert totals.macs.value == pytest.approx(macs, rel=1e-3)
    assert totals.unused == 0


def test_the_smallest_network() -> None:
    rows = inspect("plain", (1, 28, 28)).layers
    first, second = [row for row in rows if row.kind == "conv2d"][:2]
    assert (first.parameters, first.kernels, first.output_shape) == (320, 32, (1, 32, 28, 28))
    assert (second.parameters, second.kernels) == (18_496, 2_048)
    colour = inspect("plain", (3, 28, 28)).layers[0]
    assert (colour.parameters, colour.kernels) == (896, 96)


@pytest.mark.parametrize(("kind", "frames"), [("r3d_18", 109), ("r2plus1d_18", 109), ("mc3_18", 11)])
def test_video_networks(kind: str, frames: int) -> None:
    field = inspect(video_resnet18(kind, 4), (3, 16, 112, 112)).layers[-1].receptive_field
    assert field is not None
    assert field.size == (frames, 219, 219)
    assert field.axes == ("T", "H", "W")


def test_densenet_and_one_of_its_channels() -> None:
    field = inspect(densenet121(), (3, 224, 224)).layers[-1].receptive_field
    assert field is not None
    assert field.size == (2071, 2071)
    assert field.channels[0].first == 0
    assert field.channels[0].size == (1047, 1047)


def test_inception() -> None:
    field = inspect(inception_v3(), (3, 299, 299)).layers[-1].receptive_field
    assert field is not None
    assert field.size == (1311, 1311)


def features(name: str) -> nn.Module:
    """A network of the catalogue without its head, and narrow: what a unit sees is no matter of width."""
    with without_numbers():
        network = build(name, classes=2, channels=1)
    for part in ("avgpool", "flatten", "fc", "classifier"):
        if hasattr(network, part):
            setattr(network, part, nn.Identity())
    return narrowed(network)


@pytest.mark.parametrize("name", sorted(set(CATALOGUE) - {"plain"}))
def test_the_catalogue_is_the_support_of_its_gradient(name: str) -> None:
    """A tall, narrow image shows a whole receptive field at little cost: height and width go apart."""
    height = {"resnet34": 1056, "resnet101": 1120}.get(name, 608)
    network = features(name)
    found = inspect(network, (1, height, 64))
    last = found.layers[-1]
    assert last.field is not None
    units = last.field.shape[2]
    for unit in (units // 2, 0, units - 1):
        expected = support(network, (1, 1, height, 64), (0, slice(None), unit, 0), (2, 3))
        assert list(found.unit(last.name, (unit, 0)).clipped) == expected
    middle = found.unit(last.name, (units // 2, 0))
    assert last.receptive_field is not None
    if middle.clipped[0] == middle.unclipped[0]:
        assert middle.clipped[0] is not None
        assert middle.clipped[0][1] - middle.clipped[0][0] + 1 == last.receptive_field.size[0]


def test_plain_is_the_support_of_its_gradient() -> None:
    network = build("plain", classes=10, channels=1, size=28)
    found = inspect(network, (1, 28, 28))
    assert [list(pair) for pair in found.unit("fc2").clipped] == [[0, 27], [0, 27]]
    network.flatten, network.fc1, network.relu3, network.fc2 = (nn.Identity() for _ in range(4))
    for unit in [(0, 0), (3, 2), (6, 6)]:
        expected = support(network, (1, 1, 28, 28), (0, slice(None), *unit), (2, 3))
        assert list(found.unit("pool2", unit).clipped) == expected


def test_the_unclipped_field_is_the_one_on_a_larger_image() -> None:
    small, large = inspect("resnet18", (3, 64, 64)), inspect("resnet18", (3, 1024, 1024))
    for row in small.layers:
        if row.name.startswith("layer"):
            other = large.layer(row.name).receptive_field
            assert row.receptive_field is not None
            assert other is not None
            assert row.receptive_field.size == other.size
            assert row.receptive_field.start == other.start
            assert row.receptive_field.jump == other.jump


def test_no_weights_are_needed() -> None:
    with without_numbers():
        network = build("vgg16", classes=1000)
    assert inspect(network, (3, 224, 224)).totals.parameters.value == 138_357_544
