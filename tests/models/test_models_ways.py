"""Ways through time: what is refused and how, where shifts stand, networks of somebody else, options."""

import copy
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from narrow_networks import narrowed
from striate.errors import ArgumentError, NetworkError
from striate.layers import CausalConv3d, Conv2Plus1d, ShiftedConv2d
from striate.models import WAYS, build, options, through_time
from striate.watching import without_numbers


def shifts(network: nn.Module) -> list[str]:
    return [name for name, layer in network.named_modules() if isinstance(layer, ShiftedConv2d)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"time": "tms"},
            "unknown way through time 'tms': did you mean 'tsm'? Known: 2d, 2plus1d, 3d, gru, lstm, rnn, "
            "tsm, two-stream",
        ),
        (
            {"time": "tsm", "frames": 1},
            "tsm compares frames, and frames=1 leaves nothing to compare: give 2 or more, or 2d",
        ),
        (
            {"time": "two-stream", "frames": 1},
            "two-stream compares frames, and frames=1 leaves nothing to compare: give 2 or more, or 2d",
        ),
        ({"time": "2d", "frames": 0}, "frames must be a whole number of at least 1; got 0"),
        (
            {"time": "3d", "frames": 2.5},
            "frames must be a whole number or None; got 2.5: for example frames=8",
        ),
        ({"time": "3d", "causal": "yes"}, "causal must be True or False; got 'yes'"),
        ({"frames": 8}, "--frames 8 is for networks with a way through time: give one, such as --time tsm"),
        (
            {"causal": True},
            "--causal is for networks with a way through time: give one, such as --time tsm",
        ),
        (
            {"time": "two-stream", "causal": True},
            "two-stream cannot be causal, as flow points from a frame to the next one: leave causal out, or "
            "take another way",
        ),
        (
            {"time": "3d", "time_kernels": 5},
            "unknown option of resnet18 with 3d 'time_kernels': did you mean 'time_kernel'? Known: "
            "time_kernel",
        ),
        (
            {"time": "3d", "time_kernel": 4},
            "a kernel over time needs a middle frame: give an odd number of frames; got 4",
        ),
        ({"time": "2d", "folds": 8}, "resnet18 with 2d takes no options; got 'folds'"),
        (
            {"time": "tsm", "folds": 1},
            "folds must be at least 2, as a share of 1/folds moves either way; got 1",
        ),
        (
            {"time": "lstm", "recurrent_units": 0},
            "recurrent_units must be a whole number of at least 1; got 0",
        ),
        (
            {"time": "tsm", "where": ("layer1.0.conv3",)},
            "unknown convolution 'layer1.0.conv3': did you mean 'layer1.0.conv2'? Known: ",
        ),
    ],
)
def test_ways_that_cannot_be(arguments: dict[str, Any], message: str) -> None:
    with without_numbers(), pytest.raises((NetworkError, ArgumentError)) as raised:
        build("resnet18", classes=3, **arguments)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("way", "shape", "message"),
    [
        (
            "tsm",
            (2, 3, 32, 32),
            "tsm takes clips (N, C, T, H, W) of 3 planes; got a shape of 2×3×32×32: an image is a clip of "
            "one frame, image.unsqueeze(2)",
        ),
        (
            "two-stream",
            (2, 3, 8, 32, 32),
            "two-stream takes clips (N, C, T, H, W) of 5 planes; got a shape of 2×3×8×32×32",
        ),
        (
            "two-stream",
            (2, 5, 1, 32, 32),
            "two-stream needs clips of at least 2 frames; got 1: give longer clips",
        ),
        ("3d", (2, 3, 0, 32, 32), "3d needs clips of at least 1 frames; got 0: give longer clips"),
    ],
)
def test_clips_that_a_network_does_not_take(way: str, shape: tuple[int, ...], message: str) -> None:
    with without_numbers(), pytest.raises((NetworkError, ArgumentError)) as raised:
        build("plain", classes=3, size=32, time=way)(torch.empty(shape))
    assert str(raised.value) == message


def test_running_scores_are_of_networks_that_do_not_look_ahead() -> None:
    network = build("plain", classes=3, size=8, time="tsm")
    with pytest.raises(NetworkError) as raised:
        network.running_scores(torch.zeros(1, 3, 4, 8, 8))  # type: ignore[operator]
    assert str(raised.value) == (
        "this network looks ahead, so it has no scores after each frame: build tsm with causal=True"
    )


def test_options_of_a_network_and_its_way() -> None:
    assert options("plain", "tsm") == {
        "widths": (32, 64), "hidden": (128,), "dropout": 0.0, "folds": 8, "where": None,
    }  # fmt: skip
    assert options("resnet18", "lstm") == {"recurrent_units": None, "recurrent_layers": 1}
    assert options("resnet18", "two-stream") == {"flow_stack": 5}


def test_options_reach_the_layers() -> None:
    with without_numbers():
        lstm = build("plain", classes=3, size=32, time="lstm", recurrent_units=7, recurrent_layers=2)
        flow = build("plain", classes=3, size=32, time="two-stream", flow_stack=3)
        deep = build("plain", classes=3, size=32, time="3d", time_kernel=5)
        folds = build("plain", classes=3, size=32, time="tsm", folds=4)
    assert (lstm.get_submodule("recurrent").hidden_size, lstm.get_submodule("recurrent").num_layers) == (7, 2)
    assert flow.get_submodule("flow.conv1").weight.shape[1] == 6
    assert deep.get_submodule("backbone.conv2").weight.shape[2] == 5
    assert folds.get_submodule("backbone.conv2.shift").folds == 4


@pytest.mark.parametrize(
    ("backbone", "count", "first", "last"),
    [
        ("plain", 1, "conv2", "conv2"),
        ("resnet18", 8, "layer1.0.conv1", "layer4.1.conv1"),
        ("resnet50", 16, "layer1.0.conv1", "layer4.2.conv1"),
        ("resnet101", 18, "layer1.0.conv1", "layer4.2.conv1"),  # 2 + 2 + 12 + 2, every second block
        ("mobilenet_v2", 10, "features.3.conv.0.0", "features.16.conv.0.0"),
        ("vgg16", 12, "features.2", "features.28"),
        ("squeezenet1_1", 25, "features.3.squeeze", "classifier.1"),
    ],
)
def test_where_shifts_stand(backbone: str, count: int, first: str, last: str) -> None:
    with without_numbers():
        found = shifts(build(backbone, classes=3, size=64, time="tsm"))
    assert (len(found), found[0], found[-1]) == (count, f"backbone.{first}", f"backbone.{last}")


class Foreign(nn.Module):
    """Somebody's network: a pool and a squeeze-and-excitation by layers, or by functions."""

    def __init__(self, layers: bool = True) -> None:
        super().__init__()
        self.layers = layers
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.pool1 = nn.MaxPool2d(2)
        self.squeeze, self.excite = nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 8, 1)
        self.conv = nn.Conv2d(8, 16, (3, 1), padding="same", groups=2)
        self.drop, self.pool2 = nn.Dropout2d(0.1), nn.AvgPool2d(2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = self.pool1(x) if self.layers else F.max_pool2d(x, 2)
        x = x * torch.sigmoid(self.excite(self.squeeze(x)))
        x = self.pool(self.pool2(self.drop(F.relu(self.conv(x)))))
        return self.fc(torch.flatten(x, 1))  # type: ignore[no-any-return]


@pytest.mark.parametrize("way", WAYS)
def test_a_network_of_somebody_else_gets_every_way(way: str) -> None:
    torch.manual_seed(0)
    foreign = Foreign().eval()
    before = copy.deepcopy(foreign.state_dict())
    network = through_time(foreign, way, classes=5).eval()
    for frames in (2, 5):
        clips = torch.randn(2, 5 if way == "two-stream" else 3, frames, 16, 16)
        assert network(clips).shape == (2, 5)
    assert type(foreign.stem[0]) is nn.Conv2d
    assert all(torch.equal(before[name], tensor) for name, tensor in foreign.state_dict().items())


@pytest.mark.parametrize("way", ["tsm", "3d", "2plus1d", "gru"])
def test_a_causal_way_for_somebody_elses_network(way: str) -> None:
    torch.manual_seed(0)
    network = through_time(Foreign(), way, classes=5, causal=True).eval()
    clips = torch.randn(1, 3, 5, 16, 16)
    changed = clips.clone()
    changed[:, :, 3:] = 9
    before, after = network.running_scores(clips), network.running_scores(changed)
    torch.testing.assert_close(before[:, :3], after[:, :3])
    torch.testing.assert_close(before[:, -1], network(clips), rtol=1e-4, atol=1e-5)


def test_weights_of_somebody_elses_network_are_inflated() -> None:
    foreign = Foreign().eval()
    lifted = through_time(foreign, "3d", classes=5)
    kernels = lifted.get_submodule("backbone.stem.0").weight
    assert torch.allclose(kernels.sum(dim=2), foreign.stem[0].weight)  # type: ignore[arg-type]
    assert isinstance(through_time(foreign, "2plus1d", classes=5).get_submodule("backbone.conv"), Conv2Plus1d)
    causal = through_time(foreign, "3d", classes=5, causal=True)
    assert isinstance(causal.get_submodule("backbone.conv"), CausalConv3d)


def test_a_function_that_cannot_be_lifted_is_named() -> None:
    with pytest.raises(NetworkError) as raised:
        through_time(Foreign(layers=False), "3d", classes=5)
    assert str(raised.value) == (
        "the network calls max_pool2d on its maps, which cannot be lifted to clips: make it a layer of "
        "torch.nn, or take a way that keeps frames apart, such as tsm"
    )
    assert through_time(Foreign(layers=False), "tsm", classes=5)(torch.zeros(1, 3, 2, 16, 16)).shape == (1, 5)


class Flattening(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3, padding=1), nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.conv(x).mean((2, 3)))  # type: ignore[no-any-return]


def test_a_network_that_leaves_its_maps_by_a_function() -> None:
    with pytest.raises(NetworkError) as raised:
        through_time(Flattening(), "3d", classes=5)
    assert str(raised.value) == (
        "the network leaves its maps by mean, which would mix up the frames of a clip: let "
        "nn.AdaptiveAvgPool2d or nn.Flatten do it, or take a way that keeps frames apart, such as tsm"
    )


@pytest.mark.parametrize(
    ("kind", "layer"), [("Upsample", nn.Upsample(scale_factor=2)), ("InstanceNorm2d", nn.InstanceNorm2d(4))]
)
def test_a_layer_without_a_form_on_clips_is_named(kind: str, layer: nn.Module) -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), layer, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5))
    with pytest.raises(NetworkError) as raised:
        through_time(network, "3d", classes=5)
    assert str(raised.value) == (
        f"1, a layer of the kind {kind}, has no form on clips: take a way that keeps frames apart, such as "
        "tsm"
    )


def test_tsm_needs_a_second_convolution() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5))
    with pytest.raises(
        NetworkError, match="tsm shifts before each convolution but the first, and the network"
    ):
        through_time(network, "tsm", classes=5)


def narrow(backbone: str, classes: int) -> nn.Module:
    with without_numbers():
        network = build(backbone, classes=classes)
    return narrowed(network)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("backbone", ["resnet18", "squeezenet1_1"])
def test_another_number_of_classes_gets_a_fresh_head(way: str, backbone: str) -> None:
    """And leaves the rest, and the network that was given, as they were."""
    network = narrow(backbone, 7)
    before = copy.deepcopy(network.state_dict())
    made = through_time(network, way, classes=5).eval()
    clips = torch.zeros(2, made.planes, 2, 32, 32)
    with torch.inference_mode():
        assert made(clips).shape == (2, 5)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    same = through_time(network, way, classes=7).eval()
    with torch.inference_mode():
        assert same(clips).shape == (2, 7)


@pytest.mark.parametrize("way", ["2d", "tsm", "3d", "2plus1d", "two-stream"])
def test_a_head_of_as_many_classes_is_kept(way: str) -> None:
    network = narrow("resnet18", 5)
    made = through_time(network, way, classes=5)
    assert torch.equal(made.get_parameter("backbone.fc.weight"), network.get_parameter("fc.weight"))
    other = through_time(network, way, classes=4)
    assert not torch.equal(other.get_parameter("backbone.fc.weight"), network.get_parameter("fc.weight")[:4])
    assert torch.equal(other.get_parameter("backbone.bn1.weight"), network.get_parameter("bn1.weight"))
