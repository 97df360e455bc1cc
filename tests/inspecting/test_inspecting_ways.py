"""Ways through time inspected: what each sees in time against the support of the gradient, and by command."""

import json

import pytest
import torch
from gradient_witness import Softened, positive, support_in
from test_inspecting_witness import field_of_output, some_units
from torch import Tensor, nn

from striate.arithmetic.field import extents
from striate.arithmetic.status import Status
from striate.cli.inspect import main
from striate.errors import ArgumentError
from striate.inspecting import inspect
from striate.models import WAYS, ClipNetwork, build

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
    maps = Maps(network.eval())
    field = field_of_output(maps, SHAPE)
    assert field.status is Status.EXACT, field.reason
    twin = positive(maps)
    x = torch.rand(SHAPE, dtype=torch.float64).add(0.5).requires_grad_()
    with Softened():
        result = twin(x)
    assert field.shape == tuple(result.shape)
    for unit in some_units(field.shape, 12):
        found = [extent and extent[:2] for extent in extents(field, unit)]
        assert found == support_in(result[unit], x, (2, 3, 4)), f"unit {unit}"


@pytest.mark.parametrize("way", WAYS)
def test_a_way_by_command(way: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plain", "--time", way, "--frames", "4", "--input", "1x16x16", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    with torch.device("meta"):
        network = build("plain", classes=10, channels=1, size=16, time=way)
    found = inspect(network, (3 if way == "two-stream" else 1, 4, 16, 16))
    for name in ("parameters", "macs"):
        assert told["totals"][name]["value"] == getattr(found.totals, name).value
        assert told["totals"][name]["status"] == "exact"
    assert found.totals.frames == 4


def test_time_alone_measures(capsys: pytest.CaptureFixture[str]) -> None:
    for word in ("--time", "--measure"):
        main(["plain", word, "--input", "1x8x8", "--json"])
        assert json.loads(capsys.readouterr().out)["totals"]["seconds"] > 0


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
        main(words)
    assert str(raised.value) == message
