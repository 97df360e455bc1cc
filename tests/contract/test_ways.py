"""Every way through time on every backbone goes through the same checks.

Small clips; networks whose size matters little for what is checked run on the meta device.
"""

import copy
import json
import pickle
from functools import cache

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from narrow_networks import narrowed
from striate.models import CATALOGUE, WAYS, ClipNetwork, NetworkSpec, build, through_time
from striate.watching import without_numbers

CLASSES, FRAMES, SIDE = 5, 5, 64
SMALL = ("plain", "resnet18", "squeezenet1_1", "mobilenet_v2")
"""Backbones of every kind (no norm, residual blocks, a head of convolutions, depthwise), quick to run."""
CAUSAL = tuple(way for way in WAYS if way != "two-stream")

DEEPER = ("resnet34", "resnet101")
"""More blocks of the kinds that resnet18 and resnet50 have, and nothing else."""

every_way = pytest.mark.parametrize("way", WAYS)
every_backbone = pytest.mark.parametrize("backbone", CATALOGUE)


def planes(way: str, channels: int = 3) -> int:
    return channels + 2 * (way == "two-stream")


def clips(way: str, frames: int = FRAMES, seed: int = 0, side: int = SIDE) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, planes(way), frames, side, side, generator=generator, dtype=torch.float64)


@cache
def first_narrow(backbone: str) -> nn.Module:
    """What is checked of it has nothing to do with how many channels there are."""
    with without_numbers():
        network = build(backbone, classes=CLASSES, size=SIDE)
    return narrowed(network)


def narrow(backbone: str) -> nn.Module:
    """One of one's own, as a copy is made sooner."""
    return copy.deepcopy(first_narrow(backbone))


@cache
def grown(backbone: str, way: str, causal: bool = False) -> ClipNetwork:
    """One real network of each kind in evaluation mode, with norms that have seen something."""
    torch.manual_seed(0)
    if backbone == "plain":
        network = build(backbone, classes=CLASSES, size=32, time=way, frames=FRAMES, causal=causal)
    else:
        network = through_time(narrow(backbone), way, classes=CLASSES, frames=FRAMES, causal=causal)
    assert isinstance(network, ClipNetwork)
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
        if isinstance(layer, nn.BatchNorm2d | nn.BatchNorm3d):
            layer.running_mean.normal_(std=0.1)  # type: ignore[union-attr]
            layer.running_var.uniform_(0.1, 0.3)  # type: ignore[union-attr]
    return network.double().eval()  # two routes to a number then agree, however many norms they go through


@cache
def described(backbone: str, way: str) -> ClipNetwork:
    """The same without numbers."""
    with without_numbers():
        network = build(backbone, classes=CLASSES, size=SIDE, time=way)
    assert isinstance(network, ClipNetwork)
    return network


def side_of(backbone: str) -> int:
    return 32 if backbone == "plain" else SIDE


@every_way
@pytest.mark.parametrize("backbone", [name for name in CATALOGUE if name not in DEEPER])
def test_any_number_of_frames_and_a_step_of_training(backbone: str, way: str) -> None:
    torch.manual_seed(0)
    network = through_time(narrow(backbone), way, classes=CLASSES).train()
    for frames in (2, 6) if way == "two-stream" else (1, 5):
        scores = network(clips(way, frames).float())
        assert scores.shape == (2, CLASSES)
    scores.sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name


@every_way
def test_steps_of_training_lower_the_loss(way: str) -> None:
    network = copy.deepcopy(grown("plain", way)).train()
    x, labels = clips(way, side=32), torch.tensor([1, 3])
    optimiser = torch.optim.SGD(network.parameters(), lr=1e-3)
    losses = []
    for _ in range(3):
        loss = nn.functional.cross_entropy(network(x), labels)
        optimiser.zero_grad()
        loss.backward()
        assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


@cache
def names_of_images(backbone: str) -> frozenset[str]:
    with without_numbers():
        return frozenset(build(backbone, classes=CLASSES, size=SIDE).state_dict())


@pytest.mark.parametrize("way", ["2d", "tsm", "3d", "two-stream"])
@every_backbone
def test_the_backbone_keeps_its_names(backbone: str, way: str) -> None:
    names = described(backbone, way).state_dict()
    own = {name.removeprefix("backbone.") for name in names if name.startswith("backbone.")}
    assert own == names_of_images(backbone)


@every_way
@every_backbone
def test_a_record_survives_json(backbone: str, way: str) -> None:
    spec = NetworkSpec(backbone, CLASSES, 3, SIDE, time=way, frames=FRAMES, causal=way == "tsm")
    assert NetworkSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


@every_way
@pytest.mark.parametrize("backbone", ["plain", "squeezenet1_1"])
def test_a_record_builds_a_twin_that_takes_the_weights(backbone: str, way: str) -> None:
    side = side_of(backbone)
    spec = NetworkSpec(backbone, CLASSES, 3, side, time=way, frames=FRAMES)
    network, twin = (spec.build().double().eval() for _ in range(2))
    twin.load_state_dict(network.state_dict(), strict=True)
    with torch.no_grad():
        assert torch.equal(twin(clips(way, side=side)), network(clips(way, side=side)))


@pytest.mark.parametrize("way", CAUSAL)
@pytest.mark.parametrize("backbone", SMALL)
def test_causal_no_frame_sees_a_later_one(backbone: str, way: str) -> None:
    network = grown(backbone, way, causal=True)
    x = clips(way, side=32)
    changed = x.clone()
    changed[:, :, 3:] = 3 * clips(way, seed=1, side=32)[:, :, 3:]
    with torch.no_grad():
        before, after = network.running_scores(x), network.running_scores(changed)
    torch.testing.assert_close(before[:, :3], after[:, :3])
    assert not torch.equal(before[:, 3], after[:, 3])


@pytest.mark.parametrize("way", CAUSAL)
@pytest.mark.parametrize("backbone", ["plain", "squeezenet1_1"])
def test_running_scores_are_those_of_the_clip_cut_there(backbone: str, way: str) -> None:
    network = grown(backbone, way, causal=True)
    x = clips(way, side=side_of(backbone))
    with torch.no_grad():
        running = network.running_scores(x)
        for frames in (1, 3, FRAMES):
            torch.testing.assert_close(running[:, frames - 1], network(x[:, :, :frames]))


@pytest.mark.parametrize(("way", "sees"), [(way, way != "2d") for way in CAUSAL])
def test_the_order_of_frames_matters_to_all_ways_but_2d(way: str, sees: bool) -> None:
    network, x = grown("plain", way), clips(way, side=32)
    with torch.no_grad():
        assert torch.allclose(network(x), network(x.flip(2))) is not sees


@every_way
def test_copies_and_pickles_do_the_same_and_share_nothing(way: str) -> None:
    network, x = grown("plain", way), clips(way, side=32)
    with torch.no_grad():
        expected = network(x)
        for twin in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
            assert twin.frames is not network.frames
            network(clips(way, frames=3, side=32))  # must not tell the twin of its length
            assert torch.equal(twin(x), expected)


@every_way
@pytest.mark.parametrize("backbone", ["plain", "squeezenet1_1"])
def test_channels_last_gives_the_same(backbone: str, way: str) -> None:
    network, x = grown(backbone, way), clips(way, side=side_of(backbone))
    with torch.no_grad():
        expected = network(x)
        scores = network(x.to(memory_format=torch.channels_last_3d))
    torch.testing.assert_close(scores, expected)


@pytest.mark.parametrize("way", ["2d", "tsm", "3d", "2plus1d", "two-stream"])
def test_an_export_takes_any_number_of_clips(way: str) -> None:
    network, side = grown("plain", way), side_of("plain")
    exported = torch.export.export(
        network, (clips(way, side=side),), dynamic_shapes=({0: torch.export.Dim("N", min=1, max=64)},)
    ).module()
    x = torch.cat([clips(way, seed=1, side=side), clips(way, seed=2, side=side)])[:3]
    with torch.no_grad():
        torch.testing.assert_close(exported(x), network(x))


@pytest.mark.parametrize("backbone", ["plain", "resnet50", "mobilenet_v2", "squeezenet1_1"])
def test_tsm_adds_no_parameters_and_no_macs(backbone: str) -> None:
    counted = {way: cost(described(backbone, way), side=SIDE) for way in ("2d", "tsm")}
    assert counted["2d"] == counted["tsm"]


def test_tsm_resnet50_has_the_published_parameters_and_cost() -> None:
    with without_numbers():
        network = build("resnet50", classes=400, time="tsm", frames=8)
    parameters, macs, normed = cost(network, side=224)
    assert parameters == 24_327_632
    assert round(macs / 1e9, 2) == 32.70
    assert round((macs + 2 * normed) / 1e9, 2) == 32.88  # as published, which counts norms as well


def cost(network: nn.Module, side: int) -> tuple[int, int, int]:
    """Parameters, MACs of convolutions and linear layers, values that went through norms; 8 frames."""
    normed: list[int] = []
    hooks = [
        layer.register_forward_hook(lambda layer, given, made: normed.append(made.numel()))
        for layer in network.modules()
        if isinstance(layer, nn.BatchNorm2d)
    ]
    with torch.device("meta"), FlopCounterMode(display=False) as counter, torch.no_grad():
        network.eval()(torch.empty(1, 3, 8, side, side))
    for hook in hooks:
        hook.remove()
    return sum(p.numel() for p in network.parameters()), counter.get_total_flops() // 2, sum(normed)
