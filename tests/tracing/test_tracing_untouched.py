"""A traced network is left as it was, whatever its code does."""

import copy
import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.modules import module as module_hooks

from striate.errors import NetworkError
from striate.tracing import example, trace


class Untidy(nn.Module):
    """Changes itself in every way that a forward can."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4, momentum=0.5)
        self.register_buffer("seen", torch.zeros(()))
        self.register_buffer("mean", torch.zeros(4))
        self.history: list[int] = []
        self.last = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.history.append(len(self.history))
        self.seen += 1
        self.mean.mul_(0.9).add_(torch.ones(4))
        self.conv.weight.data *= 0.5
        self.mean[0] += 1
        self.norm.running_var[1:].mul_(2)
        self.counted = random.random() + float(np.random.rand()) + float(torch.rand(()))
        y = F.dropout(self.norm(self.conv(x)), 0.5, self.training)
        self.last = y
        self.mean = y.mean((0, 2, 3))
        return y


def state(network: nn.Module) -> dict[str, object]:
    return {
        "modes": [m.training for m in network.modules()],
        "tensors": {k: v.clone() for k, v in network.state_dict(keep_vars=False).items()},
        "identities": {k: id(v) for k, v in network.state_dict(keep_vars=True).items()},
        "attributes": [(set(m.__dict__), m.__dict__.get("history", [])[:]) for m in network.modules()],
        "hooks": [(len(m._forward_hooks), len(m._forward_pre_hooks)) for m in network.modules()],
        "gradients": [p.grad for p in network.parameters()],
        "needs": [p.requires_grad for p in network.parameters()],
        "global hooks": (
            len(module_hooks._global_forward_hooks),
            len(module_hooks._global_forward_pre_hooks),
        ),
        "patched": (nn.Module.__call__, F.conv2d, torch.conv2d, torch.Tensor.add),
        "random": (torch.get_rng_state(), random.getstate(), str(np.random.get_state())),
        "grad mode": torch.is_grad_enabled(),
    }


def assert_same(before: dict[str, object], after: dict[str, object]) -> None:
    for name in before:
        if name == "tensors":
            for key, tensor in before[name].items():  # type: ignore[attr-defined]
                assert torch.equal(tensor, after[name][key]), key  # type: ignore[index]
        elif name == "random":
            assert torch.equal(before[name][0], after[name][0])  # type: ignore[index]
            assert before[name][1:] == after[name][1:]  # type: ignore[index]
        else:
            assert before[name] == after[name], name


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("with_values", [True, False])
def test_nothing_of_the_network_changes(training: bool, with_values: bool) -> None:
    network = Untidy().train(training)
    network.norm.eval()
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    before = state(network)
    trace(network, [example(network, (3, 8, 8), 2)], with_values=with_values)
    assert_same(before, state(network))
    assert network.last is None


def test_nothing_changes_when_the_network_fails() -> None:
    network = Untidy().train()
    before = state(network)
    with pytest.raises(NetworkError):
        trace(network, [example(network, (5, 8, 8))])
    assert_same(before, state(network))


def test_a_network_still_computes_the_same() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True)).eval()
    x = torch.rand(2, 3, 8, 8)
    before = network(x)
    trace(network, [example(network, (3, 8, 8))])
    trace(network, [x], with_values=True)
    assert torch.equal(before, network(x))
    assert network(x).requires_grad


def test_gradients_stay() -> None:
    network = nn.Conv2d(3, 4, 3)
    network(torch.rand(1, 3, 8, 8)).sum().backward()
    gradient = network.weight.grad
    kept = copy.deepcopy(gradient)
    trace(network, [example(network, (3, 8, 8))])
    assert network.weight.grad is gradient
    assert torch.equal(network.weight.grad, kept)
