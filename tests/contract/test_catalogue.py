"""Every network of the catalogue goes through the same checks; the published ones equal what is published.

The digests and scores under `PUBLISHED` were taken from torchvision 0.28.0 by
`tests/models/torchvision_witness.py`; parameters and GMACs are those its documentation and the papers print.
"""

import copy
import math
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from connected import Connected
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from striate.models import CATALOGUE, build, head_of, load_weights, save_weights, stem_of
from striate.watching import without_numbers

SIZE = (64, 72)
OTHER_SIZE = (96, 65)


@dataclass(frozen=True)
class Published:
    parameters: int
    gmacs: float  # of one 3×224×224 image
    digest: str  # of the state dict with 1000 classes
    scores: tuple[float, ...]  # of `probe(fill(network))` with 7 classes


PUBLISHED = {
    "resnet18": Published(
        11_689_512,
        1.814073344,
        "82defb239f201f124804d912a50686e74cacdce2d320d5fc6776f48df9e8be87",
        (2.677073, 0.167329, -0.274239, -0.274024, -0.109545, -0.00258, 0.156933),
    ),
    "resnet34": Published(
        21_797_672,
        3.664,
        "22f3edfbf91c0efb92b49f0c57bc0225435f7ec6381d624c739078008c93d465",
        (4.441672, 0.27992, -0.535797, -0.239659, -0.060484, -0.015373, 0.635372),
    ),
    "resnet50": Published(
        25_557_032,
        4.089,
        "c5e6e2d8fc745cad15101eebab37a494e37d5f8f13f6ca7da1dfc606041f4cf7",
        (7.750417, 0.624118, -0.216869, -0.265362, -0.146844, 0.635436, 0.154582),
    ),
    "resnet101": Published(
        44_549_160,
        7.801,
        "7ca132dbda88e681a02447071028a70e9d253f9effb512fdf52c64a63c05b109",
        (16.258554, 1.445894, 1.638351, -1.403328, -0.650714, 3.160909, 1.813941),
    ),
    "mobilenet_v2": Published(
        3_504_872,
        0.301,
        "cb3a95d245e915a2af0ce28074d1f49a6b2b12d4dadd554e87782e0957dde295",
        (1.168014, 0.05106, -0.096883, 0.022061, 0.025302, -0.092655, -0.136893),
    ),
    "squeezenet1_1": Published(
        1_235_496,
        0.349,
        "764d06335d026b0b2cdbc0a852dab98d802aab308fdaaf84e239d7c814f2a8fa",
        (0.500884, 0.800377, 0.763541, 1.616316, 1.190045, 1.537356, 0.7759),
    ),
    "vgg16": Published(
        138_357_544,
        15.47,
        "eb9c28723b8aaf1ced5395d2a8c9679c22a4866086fc953e6a8a3d4f341386d8",
        (6.019348, 0.323161, -0.294715, -0.273194, 0.245302, 0.259956, 0.262869),
    ),
    "alexnet": Published(
        61_100_840,
        0.714,
        "982084ca33cba55e11557b3522f36dfc8718d9c5bb136748875f8bcb095f5ec0",
        (5.084454, 0.47673, 0.400156, 0.155057, 0.685364, -0.398432, -1.468113),
    ),
}

every_network = pytest.mark.parametrize("name", CATALOGUE)
every_published = pytest.mark.parametrize("name", PUBLISHED)
LARGE = ("resnet34", "resnet101", "vgg16")
"""Networks of the kinds that others of the catalogue are of, with many times their parameters."""
every_kind = pytest.mark.parametrize("name", [name for name in CATALOGUE if name not in LARGE])


def digest(network: nn.Module) -> str:
    """Of names, shapes and dtypes, in order."""
    lines = [f"{name} {tuple(t.shape)} {t.dtype}" for name, t in network.state_dict().items()]
    return sha256("\n".join(lines).encode()).hexdigest()


def fill(network: nn.Module) -> nn.Module:
    """The same irregular numbers on every machine, as large as He's rule makes weights."""
    steps = torch.arange(10_007, dtype=torch.float64)
    row = (steps * steps).sin().float() * math.sqrt(2)  # of variance 1
    for name, tensor in network.state_dict().items():
        if not tensor.is_floating_point():
            continue
        if tensor.ndim > 1:
            numbers = row * math.sqrt(2 / tensor[0].numel())
        else:
            centre = 1.0 if "var" in name else 0.5 if name.endswith("weight") else 0.0
            numbers = 0.1 * row + centre
        flat = tensor.view(-1)
        whole = len(flat) // len(row) * len(row)
        flat[:whole].view(-1, len(row)).copy_(numbers)
        flat[whole:].copy_(numbers[: len(flat) - whole])
    return network.eval()


def probe(network: nn.Module) -> Tensor:
    """The scores of one image made of waves."""
    steps = torch.arange(3 * 80 * 72, dtype=torch.float64)
    with torch.no_grad():
        scores: Tensor = network((steps * 0.7).sin().float().view(1, 3, 80, 72))[0]
    return scores


@every_published
def test_state_dict_is_torchvisions(name: str) -> None:
    with without_numbers():
        assert digest(build(name, classes=1000)) == PUBLISHED[name].digest


@every_published
def test_parameters_and_cost_are_the_published_ones(name: str) -> None:
    with without_numbers():
        network, image = build(name, classes=1000).eval(), torch.empty(1, 3, 224, 224)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(image)
    published = PUBLISHED[name]
    digits = len(f"{published.gmacs}".partition(".")[2])
    assert sum(p.numel() for p in network.parameters()) == published.parameters
    assert round(counter.get_total_flops() / 2e9, digits) == published.gmacs


@every_published
def test_scores_are_torchvisions(name: str) -> None:
    with without_numbers():
        network = build(name, classes=7, channels=3, size=SIZE)
    scores = probe(fill(network.to_empty(device="cpu")))
    expected = torch.tensor(PUBLISHED[name].scores)
    torch.testing.assert_close(scores, expected, rtol=1e-4, atol=1e-4 * expected.abs().max().item())


@cache
def grown(name: str) -> nn.Module:
    """One real network of each kind, for the checks that leave it as it was."""
    torch.manual_seed(0)
    return build(name, classes=7, channels=3, size=SIZE)


def images(channels: int = 3, size: tuple[int, int] = SIZE) -> Tensor:
    return torch.randn(2, channels, *size, generator=torch.Generator().manual_seed(0))


@every_network
@pytest.mark.parametrize(("channels", "size"), [(1, SIZE), (3, OTHER_SIZE)])
def test_takes_grey_and_rgb_of_any_size(name: str, channels: int, size: tuple[int, int]) -> None:
    with without_numbers():
        network = build(name, classes=7, channels=channels, size=size)
        scores = network(torch.empty(2, channels, *size))
    assert scores.shape == (2, 7)
    assert stem_of(network)[1].weight.shape[1] == channels


@every_kind
def test_a_run_changes_nothing_and_repeats(name: str) -> None:
    network = grown(name).eval()
    before = digest(network)
    with torch.no_grad():
        first, second = network(images()), network(images())
    assert torch.equal(first, second)
    assert torch.isfinite(first).all()
    assert digest(network) == before


@pytest.mark.parametrize("name", LARGE)
def test_gradients_are_connected_to_every_parameter(name: str) -> None:
    with without_numbers():
        network = build(name, classes=7, channels=3, size=SIZE).train()
    with Connected():
        network(torch.empty(2, 3, *SIZE, device="meta")).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


@every_kind
def test_gradients_reach_every_parameter(name: str) -> None:
    network = grown(name).train()
    torch.manual_seed(0)
    network(images()).square().sum().backward()
    for parameter_name, parameter in network.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert torch.isfinite(parameter.grad).all(), parameter_name
        assert parameter.grad.any(), parameter_name
    network.zero_grad(set_to_none=True)


@every_network
def test_no_layer_writes_in_place_or_stands_twice(name: str) -> None:
    with without_numbers():
        network = build(name, classes=7, size=SIZE)
    names = [name for name, _ in network.named_modules(remove_duplicate=False)]
    assert len(names) == len(list(network.modules()))
    assert not any(getattr(layer, "inplace", False) for layer in network.modules())


@every_kind
def test_channels_last_gives_the_same(name: str) -> None:
    network = grown(name).eval()
    other = copy.deepcopy(network).to(memory_format=torch.channels_last)
    with torch.no_grad():
        expected = network(images())
        scores = other(images().to(memory_format=torch.channels_last))
    torch.testing.assert_close(scores, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["plain", "fast", "resnet18", "mobilenet_v2", "squeezenet1_1"])
def test_weights_survive_a_file(name: str, tmp_path: Path) -> None:
    network = grown(name).eval()
    twin = copy.deepcopy(network)
    for tensor in twin.state_dict().values():
        tensor.zero_()
    file = tmp_path / "model.safetensors"
    save_weights(network, file)
    report = load_weights(twin, file)
    file.unlink()
    assert report.loaded == tuple(network.state_dict())
    assert not report.notes
    assert all(torch.equal(t, twin.state_dict()[key]) for key, t in network.state_dict().items())


@every_kind
def test_state_dict_loads_strictly_into_a_twin(name: str) -> None:
    with without_numbers():
        twin = build(name, classes=7, size=SIZE)
    twin.load_state_dict(grown(name).state_dict(), strict=True, assign=True)
    with torch.no_grad():
        assert torch.equal(twin.eval()(images()), grown(name).eval()(images()))


@every_network
def test_the_head_has_one_output_per_class(name: str) -> None:
    with without_numbers():
        _, head = head_of(build(name, classes=7, size=SIZE))
    assert len(head.weight) == 7
