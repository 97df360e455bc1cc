"""Peak memory against what PyTorch itself keeps, and against a chain worked out by hand."""

import pytest
import torch
from torch import nn

from striate.arithmetic.memory import saved_for_backward
from striate.inspecting import inspect
from striate.models import build
from striate.tracing import trace


def kept_by_torch(network: nn.Module, x: torch.Tensor) -> int:
    """Bytes that autograd keeps for the backward pass, without the network's own."""
    own = {t.untyped_storage().data_ptr() for t in (*network.parameters(), *network.buffers())}
    kept: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = network(x)
    del result
    return sum(kept.values())


@pytest.mark.parametrize(
    ("name", "size"),
    [("plain", 28), ("resnet18", 64), ("resnet50", 64), ("mobilenet_v2", 64), ("squeezenet1_1", 64)],
)
def test_what_training_keeps_is_what_autograd_keeps(name: str, size: int) -> None:
    network = build(name, classes=10, channels=3, size=size).train()
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    x = torch.rand(2, 3, size, size)
    kept = saved_for_backward(trace(network, [x]))
    assert sum(size for size, _ in kept.values()) == kept_by_torch(network, x)


def test_inference_holds_two_neighbours_and_the_input() -> None:
    network = nn.Sequential(nn.Conv2d(1, 8, 1), nn.Conv2d(8, 4, 1), nn.Conv2d(4, 2, 1))
    totals = inspect(network, (1, 10, 10)).totals
    assert totals.inference_peak.to_json() == {"value": 400 * (1 + 8 + 4), "status": "exact"}
    assert totals.activation_bytes.value == 400 * (8 + 4 + 2)


def test_dropout_makes_the_peak_of_training_a_bound() -> None:
    totals = inspect(nn.Sequential(nn.Conv2d(1, 8, 1), nn.Dropout()), (1, 10, 10)).totals
    assert totals.training_peak.to_json()["because"] == "Dropout"


def test_a_batch_and_frames() -> None:
    totals = inspect(nn.Conv3d(1, 2, 1), (1, 4, 5, 5), batch=3).totals
    assert totals.to_json()["macs_per_clip"] == 200
    assert totals.to_json()["macs_per_frame"] == 50
