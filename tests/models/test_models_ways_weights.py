"""Weights of images in every way through time: what comes through, what is fresh, what is said."""

from functools import cache

import pytest
import torch
from torch import nn

from striate.models import WAYS, build, load_weights
from striate.watching import without_numbers

HEAD = "a fresh head, as the state dict knows 4 classes and this network 7"


@cache
def image_network(backbone: str = "plain", channels: int = 3) -> nn.Module:
    """Made once: nobody changes it."""
    torch.manual_seed(0)
    return build(backbone, classes=4, channels=channels, size=32).eval()


@pytest.mark.parametrize("backbone", ["plain", "resnet18", "squeezenet1_1", "mobilenet_v2"])
@pytest.mark.parametrize("way", WAYS)
def test_every_weight_finds_its_place(backbone: str, way: str) -> None:
    state = image_network(backbone).state_dict()
    with without_numbers():
        network = build(backbone, classes=4, size=32, time=way)
    network.to_empty(device="cpu")
    report = load_weights(network, state)
    assert set(report.loaded) | set(report.untrained) == set(network.state_dict())
    fresh = {"2d": 0, "tsm": 0, "3d": 0, "two-stream": 0}
    assert (not report.untrained) == (way in fresh)
    stem = next(iter(state))
    if way in ("2d", "tsm", "rnn", "lstm", "gru", "two-stream"):
        assert torch.equal(network.state_dict()[f"backbone.{stem}"], state[stem])


def test_2d_says_of_a_still_clip_what_the_image_network_says_of_its_picture() -> None:
    network, picture = build("plain", classes=4, size=32, time="2d").eval(), torch.randn(2, 3, 32, 32)
    images = image_network()
    load_weights(network, images.state_dict())
    still = picture.unsqueeze(2).expand(-1, -1, 5, -1, -1)
    torch.testing.assert_close(network(still), images(picture))


def test_an_inflated_network_sees_in_the_middle_of_a_still_clip_what_the_image_network_sees() -> None:
    """At the ends zeros stand for frames that are not there; so the middle of a long clip is compared."""
    images = image_network("resnet18")
    network = build("resnet18", classes=4, time="3d").eval()
    load_weights(network, images.state_dict())
    picture = torch.randn(1, 3, 32, 32)
    still = picture.unsqueeze(2).expand(-1, -1, 37, -1, -1)  # 17 kernels of 3 frames reach 17 to either side
    maps = []
    network.get_submodule("backbone.layer4").register_forward_hook(lambda layer, x, y: maps.append(y))
    with torch.no_grad():
        network(still)
        wanted = images[:-3](picture)  # type: ignore[index]
    torch.testing.assert_close(maps[0][:, :, 18], wanted, rtol=1e-3, atol=1e-4)


def test_2plus1d_says_how_much_came_through_and_does_it() -> None:
    images = image_network("resnet18")
    network = build("resnet18", classes=4, time="2plus1d").eval()
    report = load_weights(network, images.state_dict())
    assert report.notes == (
        "2plus1d: 3,678 filters of the state dict come through the ReLU between the halves unchanged, 226 as "
        "relu(x), for want of width; the norms between are fresh",
    )
    picture = torch.randn(2, 3, 32, 32)
    block, flat = network.get_submodule("backbone.layer1.0.conv1"), images.get_submodule("layer1.0.conv1")
    x = torch.randn(2, 64, 8, 8)
    torch.testing.assert_close(block(x.unsqueeze(2))[:, :, 0], flat(x), rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        difference = (network(picture.unsqueeze(2)) - images(picture)).norm() / images(picture).norm()
    assert difference < 0.1


def test_where_a_relu_follows_relu_of_x_is_no_change() -> None:
    images = build("plain", classes=4, channels=8, size=8, widths=(16,)).eval()
    network = build("plain", classes=4, channels=8, size=8, widths=(16,), time="2plus1d").eval()
    report = load_weights(network, images.state_dict())
    assert "unchanged, 4 as relu(x)" in report.notes[0]  # the width between is 27·8·16 / (72 + 48) = 28
    picture = torch.randn(3, 8, 8, 8)
    torch.testing.assert_close(network(picture.unsqueeze(2)), images(picture), rtol=1e-4, atol=1e-5)


def test_other_classes_and_other_colours() -> None:
    state = image_network().state_dict()
    network = build("plain", classes=7, channels=1, size=32, time="two-stream")
    report = load_weights(network, state)
    assert report.notes == (
        "flow: the first kernels of the state dict, averaged over colour, for each of 10 planes of flow",
        "backbone.conv1: the RGB kernels of the state dict are summed over colour, for grey images",
        f"backbone.fc2: {HEAD}",
        f"flow.fc2: {HEAD}",
    )
    first = network.get_submodule("flow.conv1").weight
    torch.testing.assert_close(first[:, 7], state["conv1.weight"].mean(dim=1))
    lifted = build("plain", classes=7, channels=1, size=32, time="3d")
    load_weights(lifted, state)
    summed = lifted.get_submodule("backbone.conv1").weight.sum(dim=2)
    torch.testing.assert_close(summed, state["conv1.weight"].sum(dim=1, keepdim=True))


def test_a_recurrent_way_leaves_the_head_of_the_file_out() -> None:
    report = load_weights(build("plain", classes=4, size=32, time="lstm"), image_network().state_dict())
    assert report.notes == (
        "recurrent, head: fresh, as the state dict knows single images; its own fc2 is left out",
    )
    assert {name.split(".")[0] for name in report.untrained} == {"recurrent", "head"}


def test_weights_of_one_way_serve_another() -> None:
    frames = build("plain", classes=4, size=32, time="2d")
    lifted = build("plain", classes=4, size=32, time="3d")
    report = load_weights(lifted, frames.state_dict())
    assert not report.untrained
    kernels = lifted.get_submodule("backbone.conv2").weight
    torch.testing.assert_close(kernels.sum(dim=2), frames.get_submodule("backbone.conv2").weight)
