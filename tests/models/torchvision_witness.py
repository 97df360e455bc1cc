"""The second witness of the published networks: torchvision itself, asked once, not needed by any test.

Compares every network that torchvision has too: state dicts, starting weights, outputs, gradients and running
statistics. Then prints what `tests/contract/test_catalogue.py` pins. In an environment of its own:

    python -m venv peers && peers/bin/pip install torch==2.13.0 safetensors numpy pillow
    peers/bin/pip install --no-deps torchvision==0.28.0
    PYTHONPATH=src:tests/contract peers/bin/python tests/models/torchvision_witness.py
"""

import sys
from types import ModuleType

sys.modules["torchvision._meta_registrations"] = ModuleType("empty")  # asks for a CUDA build

# ruff: noqa: E402
import torch
import torchvision
from test_catalogue import PUBLISHED, digest, fill, probe
from torch import Tensor, nn

from striate.models import build

SIZE = 96


def main() -> None:
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}, {SIZE}×{SIZE} images")
    for name in PUBLISHED:
        compare_state_dicts(name)
        errors = {mode: compare(name, training=mode == "train") for mode in ("eval", "train")}
        print(f"{name}: state dict equal, starting weights equal, largest relative differences {errors}")
        print(f"    digest {digest(theirs(name, 1000))}")
        print(f"    scores {[round(score, 6) for score in probe(fill(theirs(name, 7))).tolist()]}")


def theirs(name: str, classes: int) -> nn.Module:
    network: nn.Module = getattr(torchvision.models, name)(num_classes=classes)
    return network


def compare_state_dicts(name: str) -> None:
    """The same seed gives the same names, in the same order, with the same numbers."""
    torch.manual_seed(1)
    expected = theirs(name, 1000).state_dict()
    torch.manual_seed(1)
    ours = build(name, classes=1000).state_dict()
    assert list(ours) == list(expected), name
    assert all(torch.equal(ours[key], expected[key]) for key in expected), name


def compare(name: str, training: bool) -> dict[str, float]:
    """Outputs, gradients and buffers after one pass of the same weights over the same images."""
    peer = theirs(name, 11).train(training)
    ours = build(name, classes=11).train(training)
    ours.load_state_dict(peer.state_dict())
    images = torch.randn(4, 3, SIZE, SIZE)
    outputs = [one_pass(network, images) for network in (ours, peer)]
    gradients = [torch.cat([p.grad.flatten() for p in n.parameters()]) for n in (ours, peer)]
    buffers = [torch.cat([torch.zeros(1), *(b.flatten() for b in n.buffers())]) for n in (ours, peer)]
    pairs = {"output": outputs, "gradient": gradients, "buffers": buffers}
    errors = {what: relative_difference(*pair) for what, pair in pairs.items()}
    assert max(errors.values()) < 1e-5, (name, errors)
    return errors


def one_pass(network: nn.Module, images: Tensor) -> Tensor:
    torch.manual_seed(2)  # the same dropout
    output: Tensor = network(images)
    output.square().sum().backward()
    return output.detach()


def relative_difference(ours: Tensor, peer: Tensor) -> float:
    return float((ours - peer).abs().max() / peer.abs().max().clamp(min=1e-12))


if __name__ == "__main__":
    main()
