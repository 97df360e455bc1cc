"""Ways through time inspected: what each sees in time against the support of the gradient, and by command."""

import json

import pytest
import torch
from gradient_witness import Softened, positive, support_in
from test_inspecting_witness import field_of_output, some_units
from torch import Tensor, nn

from striate.arithmetic.described import Status
from striate.arithmetic.receptive.field import Field, extents
from striate.cli.inspect import VERB
from striate.cli.running import run as run_verb
from striate.errors import ArgumentError
from striate.inspecting import inspect
from striate.models import WAYS, ClipNetwork, build
from striate.models.ways.recurrent import RecurrentNetwork
from striate.models.ways.two_stream import FLOW_PLANES, TwoStreamNetwork, windows
from striate.watching import without_numbers

SHAPE = (1, 1, 6, 8, 8)


class Maps(nn.Module):
    """The maps of a network after its second pool: (N, T, C, H, W) of frames, (N, C, T, H, W) if lifted."""

    def __init__(self, network: ClipNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        lifted = self.network.way in ("3d", "2plus1d")
        x = self.network.take(x) if lifted else self.network.frames.fold(x)
        for layer in list(self.network.backbone.children())[:6]:
            x = layer(x)
        return x if lifted else self.network.frames.unfold(x)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("way", ["2d", "tsm", "3d", "2plus1d"])
def test_what_each_way_sees_in_time_is_the_support_of_the_gradient(way: str, causal: bool) -> None:
    network = build("plain", classes=2, channels=1, size=8, widths=(8, 8), time=way, causal=causal)
    assert isinstance(network, ClipNetwork)
    assert_witnessed(Maps(network.eval()), SHAPE, 12)


class States(nn.Module):
    """What a recurrent network knows after each frame: (N, T, units)."""

    def __init__(self, network: RecurrentNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network._states(x)


class Flow(nn.Module):
    """Two-stream's stacks of flow, (N, windows, 2L, H, W), and maps of so many layers of the flow stream."""

    def __init__(self, network: TwoStreamNetwork, layers: int) -> None:
        super().__init__()
        self.network, self.layers = network, layers

    def forward(self, x: Tensor) -> Tensor:
        stacks = windows(x[:, -FLOW_PLANES:], self.network.stack)
        if not self.layers:
            return stacks
        x = stacks.flatten(0, 1)
        for layer in list(self.network.flow.children())[: self.layers]:
            x = layer(x)
        return x.unflatten(0, stacks.shape[:2])


def assert_witnessed(network: nn.Module, shape: tuple[int, ...], units: int) -> Field:
    """The field of the output is exact, and for each of some units it is the support of its gradient."""
    field = field_of_output(network, shape)
    assert field.status is Status.EXACT, field.reason
    twin = positive(network)
    x = torch.rand(shape, dtype=torch.float64).add(0.5).requires_grad_()
    with Softened():
        result = twin(x)
    assert field.shape == tuple(result.shape)
    for unit in some_units(field.shape, units):
        found = [extent and extent[:2] for extent in extents(field, unit)]
        assert found == support_in(result[unit], x, (2, 3, 4)), f"unit {unit}"
    return field


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("way", ["rnn", "lstm", "gru"])
def test_a_state_sees_the_frames_so_far_and_the_scores_see_all(way: str, layers: int) -> None:
    network = build(
        "plain", classes=2, channels=1, size=8, widths=(4,), hidden=(6,), time=way, recurrent_layers=layers
    )
    assert isinstance(network, RecurrentNetwork)
    states = assert_witnessed(States(network.eval()), SHAPE, 12)
    assert [extents(states, (0, t, 0))[0] for t in (0, 3)] == [(0, 0, 0, 0), (0, 3, 0, 3)]
    assert_witnessed(network.eval(), SHAPE, 2)


@pytest.mark.parametrize("frames", [3, 6, 8, 12])
@pytest.mark.parametrize("layers", [0, 3, 6])
def test_a_window_of_flow_sees_its_own_frames(layers: int, frames: int) -> None:
    """3: fewer than a window, the last is repeated; 8: windows overlap; 12: three, unevenly."""
    network = build("plain", classes=2, channels=1, size=8, widths=(4, 4), time="two-stream")
    assert isinstance(network, TwoStreamNetwork)
    assert_witnessed(Flow(network.eval(), layers), (1, 3, frames, 8, 8), 20)


@pytest.mark.parametrize("frames", [3, 6, 8, 12])
def test_the_scores_of_both_streams_see_all(frames: int) -> None:
    network = build("plain", classes=2, channels=1, size=8, widths=(4, 4), time="two-stream")
    field = assert_witnessed(network.eval(), (1, 3, frames, 8, 8), 2)
    assert extents(field, (0, 0))[0] == (0, frames - 1, 0, frames - 1)


def test_the_table_tells_what_one_window_sees() -> None:
    network = build("plain", classes=2, channels=1, size=8, widths=(4, 4), time="two-stream")
    for frames, jump in ((8, 3), (12, None), (13, 4)):
        layers = {layer.name: layer for layer in inspect(network, (3, frames, 8, 8)).layers}
        told = layers["flow.conv1"].receptive_field
        assert told is not None
        assert (told.size, told.jump) == ((5, 3, 3), (jump, 1, 1)), frames


@pytest.mark.parametrize("way", WAYS)
def test_a_way_by_command(way: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run_verb(VERB, "inspect", ["plain", "--time", way, "--frames", "4", "--input", "1x16x16", "--json"])
        == 0
    )
    told = json.loads(capsys.readouterr().out)
    with without_numbers():
        network = build("plain", classes=10, channels=1, size=16, time=way)
    found = inspect(network, (3 if way == "two-stream" else 1, 4, 16, 16))
    for name in ("parameters", "macs"):
        assert told["totals"][name]["value"] == getattr(found.totals, name).value
        assert told["totals"][name]["status"] == "exact"
    assert found.totals.frames == 4


def test_measure_measures_and_time_is_the_way_through_time(capsys: pytest.CaptureFixture[str]) -> None:
    run_verb(VERB, "inspect", ["plain", "--measure", "--input", "1x8x8", "--json"])
    assert json.loads(capsys.readouterr().out)["totals"]["seconds"] > 0
    with pytest.raises(ArgumentError, match=r"^--time needs a value: for example --time tsm$"):
        run_verb(VERB, "inspect", ["plain", "--time", "--input", "1x8x8"])
    run_verb(VERB, "inspect", ["resnet18", "--time", "tsm", "--input", "3x64x64", "--json"])
    by_command = json.loads(capsys.readouterr().out)
    assert inspect("resnet18", (3, 64, 64), time="tsm").to_json() == by_command
    assert by_command["input_shape"] == [1, 3, 8, 64, 64]
    assert by_command["totals"]["seconds"] is None


def test_two_networks_in_one_call() -> None:
    both = inspect("resnet18", (3, 64, 64), time="tsm", against="mobilenet_v2")
    assert (both.first.network, both.second.network) == ("resnet18 tsm", "mobilenet_v2 tsm")
    assert both.first.to_json() == inspect("resnet18", (3, 64, 64), time="tsm").to_json()
    assert both.second.to_json() == inspect("mobilenet_v2", (3, 64, 64), time="tsm").to_json()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["plain", "--time", "tsm", "--frames", "4", "--input", "1x8x16x16"],
            "a clip is channels x frames x height x width, such as 3x8x112x112 for 8 frames; got 1x8x16x16 "
            "with 4 frames",
        ),
        (
            ["a.onnx", "--time", "tsm"],
            "a way through time, frames and causal are for image networks of the catalogue; a.onnx is as it "
            "is: leave them out",
        ),
    ],
)
def test_ways_that_cannot_be_inspected(words: list[str], message: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        run_verb(VERB, "inspect", words)
    assert str(raised.value) == message
