"""Every published clip network goes through the same checks, and equals what is published.

Digests were taken from torchvision 0.28.0 by `tests/models/clip_witness.py`, which also compares every other
network with its original. Figures are those that papers and packages print. Where a package counts norms as
well, `per_norm` says how many operations it counts for each number that a norm puts out: 2 in the counter
that GluonCV and MMAction2 used, 5 in fvcore, with which PyTorchVideo's table was made.
"""

import copy
import json
import math
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import torch
from connected import Connected
from test_catalogue import digest
from torch import Tensor, nn

import striate
from striate.inspecting.inspection import Inspection
from striate.models import (
    CLIP_NETWORKS,
    NetworkSpec,
    build,
    head_of,
    load_weights,
    published_clip,
    save_weights,
    stem_of,
)
from striate.watching import without_numbers

FRAMES, SIZE = 9, (32, 40)  # of the small clips; c3d takes one size only
LIGHT = (
    "mc2_18",
    "r2plus1d_18",
    "i3d_resnet50",
    "ip_csn_50",
    "slowfast_r50_4x16",
    "tsm_mobilenet_v2",
    "x3d_s",
)

TORCHVISION = {
    "r3d_18": "84a9f498366da4f48876861dbe24b299ab67f903fbe4d9f768cd0f44411233f8",
    "mc3_18": "f193c20e5f47c821fe894b4c77a87335f2d9724fc937f9ff7db216e30d597827",
    "r2plus1d_18": "b3bd9e161c955886a63442a230d1aad1e5d80eab15834c70898fc45e03917be5",
}


@dataclass(frozen=True)
class Published:
    """One row of somebody's table."""

    name: str
    parameters: str  # in full, or in millions
    gmacs: str
    source: str
    side: int | None = None  # of the clips, if not that of `published_clip`
    frames: int | None = None
    classes: int = 400
    like: str | None = None
    per_norm: int = 0
    without_norms: bool = False  # the parameters


PAPER = "R(2+1)D paper, table 2; VMZ"
PUBLISHED = (
    Published("r3d_18", "33371472", "40.697", "torchvision"),
    Published("mc3_18", "11695440", "43.343", "torchvision"),
    Published("r2plus1d_18", "31505325", "40.519080960", "torchvision"),
    Published("r2plus1d_18_paper", "33370839", "41.496", PAPER),
    Published("fr2d_18", "11381712", "27.601", PAPER),
    Published("mc2_18", "11400528", "28.545", PAPER),
    Published("mc4_18", "12727632", "39.952", PAPER),
    Published("mc5_18", "16856400", "39.900", PAPER),
    Published("rmc2_18", "33352656", "39.752", PAPER),
    Published("rmc3_18", "33057744", "24.955", PAPER),
    Published("rmc4_18", "32025552", "29.091", PAPER),
    Published("rmc5_18", "27896784", "30.787", PAPER),
    Published("tsm_resnet50", "24327632", "32.88", "TSM, MMAction2", per_norm=2),
    Published("tsm_resnet50", "23864558", "32.88", "TSM, MMAction2", classes=174, per_norm=2),
    Published("tsm_mobilenet_v2", "2736272", "2.4", "TSM"),
    Published("c3d", "78.4M", "38.5", "C3D on UCF101, MMAction2", classes=101),
    Published("i3d_resnet50", "28.04M", "37.53", "PyTorchVideo", side=256, per_norm=5),
    Published("i3d_resnet50", "28.0M", "43.5", "MMAction2", 256, 32, like="mmaction2", per_norm=2),
    Published("ir_csn_50", "13.1M", "10.6", "CSN paper", frames=8, without_norms=True),
    Published("ip_csn_50", "14.3M", "11.9", "CSN paper", frames=8, without_norms=True),
    Published("ir_csn_50", "13.13M", "55.90", "MMAction2", side=256, per_norm=2),
    Published("slowfast_r50_4x16", "34.48M", "27.82", "GluonCV", per_norm=2),
    Published("slowfast_r50_8x8", "34.57M", "50.58", "GluonCV", per_norm=2),
    Published("slowfast_r50_4x16", "34.48M", "36.1", "SlowFast paper", side=256),
    Published("slowfast_r50_8x8", "34.57M", "65.7", "SlowFast paper", side=256),
    Published("slowfast_r50_4x16", "34.48M", "36.69", "PyTorchVideo", side=256, per_norm=5),
    Published("slowfast_r50_4x16", "34.5M", "36.3", "MMAction2", 256, like="mmaction2", per_norm=2),
    Published("slowfast_r50_8x8", "34.6M", "66.1", "MMAction2", 256, like="mmaction2", per_norm=2),
    Published("x3d_xs", "3.8M", "0.6", "X3D paper, PySlowFast"),
    Published("x3d_s", "3.8M", "1.96", "X3D paper, PySlowFast"),
    Published("x3d_m", "3794322", "4.73", "X3D paper, PySlowFast; parameters MMAction2"),
    Published("x3d_l", "6.2M", "18.37", "X3D paper, PySlowFast"),
    Published("x3d_xs", "3.79M", "0.91", "PyTorchVideo", side=182, per_norm=5),
    Published("x3d_m", "3.79M", "6.72", "PyTorchVideo", side=256, per_norm=5),
    Published("x3d_l", "6.15M", "26.64", "PyTorchVideo", side=356, per_norm=5),
)

every_network = pytest.mark.parametrize("name", CLIP_NETWORKS)


@cache
def inspected(name: str, frames: int | None, side: int | None, classes: int, like: str | None) -> Inspection:
    usual_frames, height, _ = published_clip(name)
    options = {} if like is None else {"like": like}
    with without_numbers():
        network = build(name, classes=classes, **options).eval()
    return striate.inspect(network, (3, frames or usual_frames, side or height, side or height))


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: f"{row.name} of {row.source} {row.gmacs}")
def test_parameters_and_cost_are_the_published_ones(row: Published) -> None:
    seen = inspected(row.name, row.frames, row.side, row.classes, row.like)
    totals = seen.totals.to_json()
    norms = [layer for layer in seen.layers if layer.kind == "batch_norm"]
    assert totals["parameters"]["status"] == totals["macs"]["status"] == "exact"
    put_out = sum(math.prod(layer.output_shape) for layer in norms)
    parameters, cost = totals["parameters"]["value"], totals["macs"]["value"] + row.per_norm * put_out
    if row.without_norms:
        parameters -= sum(layer.parameters for layer in norms)
    assert f"{cost / 1e9:.{len(row.gmacs.partition('.')[2])}f}" == row.gmacs
    if row.parameters.endswith("M"):
        digits = len(row.parameters.partition(".")[2]) - 1
        assert f"{parameters / 1e6:.{digits}f}M" == row.parameters
    else:
        assert str(parameters) == row.parameters


@pytest.mark.parametrize("name", TORCHVISION)
def test_state_dict_is_torchvisions(name: str) -> None:
    with without_numbers():
        assert digest(build(name, classes=400)) == TORCHVISION[name]


@pytest.mark.parametrize(
    ("name", "sees"),
    [("r3d_18", (109, 219, 219)), ("r2plus1d_18", (109, 219, 219)), ("mc3_18", (11, 219, 219))],
)
def test_receptive_fields_before_the_average(name: str, sees: tuple[int, ...]) -> None:
    layers = inspected(name, None, None, 400, None).layers
    field = next(layer for layer in layers if layer.name == "layer4.1.relu").receptive_field
    assert field is not None
    assert tuple(field.size) == sees


@every_network
def test_every_layer_is_understood(name: str) -> None:
    """Of the published clips: all receptive fields and costs are exact, nothing is left out."""
    seen = inspected(name, None, None, 400, None)
    for layer in seen.to_json()["layers"]:
        assert set(layer["status"].values()) == {"exact"}, layer["name"]
        assert layer["receptive_field"] is None or layer["receptive_field"]["status"] == "exact", layer[
            "name"
        ]
    assert not seen.unused
    assert not seen.notes


def test_the_table_of_the_documentation() -> None:
    """Names, clips, parameters and GMACs of docs/networks.md are those of the networks."""
    page = (Path(__file__).parents[2] / "docs" / "networks.md").read_text()
    rows = {row[0]: row[1:4] for row in re.findall(r"\| `(\w+)` \| (\S+) \| ([\d ]+) \| ([\d.]+) \|", page)}
    expected = {}
    for name in CLIP_NETWORKS:
        totals = inspected(name, None, None, 400, None).totals.to_json()
        frames, side, _ = published_clip(name)
        parameters = f"{totals['parameters']['value']:,}".replace(",", " ")
        expected[name] = (f"{frames}×{side}²", parameters, f"{totals['macs']['value'] / 1e9:.3f}")
    assert rows == expected


def test_the_catalogue_names_every_published_clip_network() -> None:
    assert {row.name for row in PUBLISHED} == set(CLIP_NETWORKS)


@cache
def bare(name: str) -> nn.Module:
    """A network without numbers, which the checks leave as it was."""
    with without_numbers():
        return build(name, classes=7)


def run_bare(network: nn.Module, *shape: int) -> torch.Size:
    with torch.no_grad(), without_numbers():
        scores: Tensor = network(torch.empty(shape))
    return scores.shape


ALIKE = ("x3d_xs", "x3d_m", "x3d_l", "slowfast_r50_8x8")  # but for depth or stride, another of the catalogue


@pytest.mark.parametrize("name", [name for name in CLIP_NETWORKS if name not in ("c3d", *ALIKE)])
def test_takes_clips_of_any_length_and_size(name: str) -> None:
    """Much longer ones, and of another shape, than those of the next test."""
    assert run_bare(bare(name).eval(), 2, 3, 35, 16, 50) == (2, 7)


@pytest.mark.parametrize("name", [name for name in CLIP_NETWORKS if name not in ALIKE])
def test_gradients_are_connected_to_every_parameter(name: str) -> None:
    network, clip = bare(name).train(), (16, 112, 112) if name == "c3d" else (FRAMES, *SIZE)
    with Connected():
        scores = network(torch.empty(2, 3, *clip, device="meta"))
    assert scores.shape == (2, 7)
    scores.sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    network.zero_grad(set_to_none=True)


@every_network
def test_the_ends_are_found(name: str) -> None:
    assert stem_of(bare(name))[1].weight.shape[1] == 3
    assert len(head_of(bare(name))[1].weight) == 7


@every_network
def test_no_layer_writes_in_place_or_stands_twice(name: str) -> None:
    names = [name for name, _ in bare(name).named_modules(remove_duplicate=False)]
    assert len(names) == len(list(bare(name).modules()))
    assert not any(getattr(layer, "inplace", False) for layer in bare(name).modules())


@pytest.mark.parametrize("name", [*LIGHT, "c3d"])
def test_takes_grey(name: str) -> None:
    with without_numbers():
        network = build(name, classes=7, channels=1)
    clip = (16, 112, 112) if name == "c3d" else (FRAMES, *SIZE)
    assert run_bare(network.eval(), 1, 1, *clip) == (1, 7)


@every_network
def test_a_record_gives_it_back(name: str) -> None:
    frames, height, width = published_clip(name)
    spec = NetworkSpec(name, classes=7, size=(height, width), frames=frames)
    again = NetworkSpec.from_json(json.loads(json.dumps(spec.to_json())))
    assert again == spec
    if name in LIGHT:
        with without_numbers():
            assert digest(again.build()) == digest(bare(name))


@cache
def grown(name: str) -> nn.Module:
    """A real network, in which every branch counts from the start."""
    torch.manual_seed(0)
    network = build(name, classes=7)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm3d) and not layer.weight.any():
            nn.init.constant_(layer.weight, 0.5)
    return network


def clips(frames: int = FRAMES) -> Tensor:
    return torch.randn(2, 3, frames, *SIZE, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", LIGHT)
def test_a_run_changes_nothing_and_repeats(name: str) -> None:
    network = grown(name).eval()
    before = copy.deepcopy(network.state_dict())
    with torch.no_grad():
        first, second = network(clips()), network(clips())
    assert torch.equal(first, second)
    assert torch.isfinite(first).all()
    assert all(torch.equal(tensor, before[key]) for key, tensor in network.state_dict().items())


@pytest.mark.parametrize("name", LIGHT)
def test_gradients_reach_every_parameter(name: str) -> None:
    network = copy.deepcopy(grown(name)).train()
    torch.manual_seed(0)
    network(clips()).square().sum().backward()
    for parameter_name, parameter in network.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert torch.isfinite(parameter.grad).all(), parameter_name
        assert parameter.grad.any(), parameter_name


@pytest.mark.parametrize("name", ["mc2_18", "tsm_mobilenet_v2"])
def test_weights_survive_a_file(name: str, tmp_path: Path) -> None:
    network = grown(name).eval()
    twin = copy.deepcopy(network)
    for tensor in twin.state_dict().values():
        tensor.zero_()
    save_weights(network, tmp_path / "model.safetensors")
    report = load_weights(twin, tmp_path / "model.safetensors")
    assert report.loaded == tuple(network.state_dict())
    assert not report.notes
    assert all(torch.equal(t, twin.state_dict()[key]) for key, t in network.state_dict().items())
