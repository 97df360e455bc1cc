"""The optimisers step as PyTorch's do, bit for bit, and load no compiler."""

import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import nn

from striate.training.uncompiled import SGD, AdamW

SETTINGS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "momentum": (SGD, torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    "plain": (SGD, torch.optim.SGD, {"lr": 0.1}),
    "adamw": (AdamW, torch.optim.AdamW, {"lr": 0.01, "betas": (0.8, 0.99), "weight_decay": 0.1}),
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_steps_and_memories_are_torchs(kind: str) -> None:
    ours, theirs, settings = SETTINGS[kind]
    torch.manual_seed(0)
    first = nn.Sequential(nn.Linear(5, 7), nn.Linear(7, 3))
    second = nn.Sequential(nn.Linear(5, 7), nn.Linear(7, 3))
    second.load_state_dict(first.state_dict())
    one = ours(first.parameters(), **settings, fused=True)
    other = theirs(second.parameters(), **settings, fused=True)
    for step in range(6):
        x = torch.randn(4, 5)
        for network, optimiser in ((first, one), (second, other)):
            optimiser.zero_grad()
            network(x).square().sum().backward()
            optimiser.step()
            optimiser.param_groups[0]["lr"] *= 0.9
        assert all(map(torch.equal, first.parameters(), second.parameters())), step
        if step == 3:  # each goes on from the other's memory
            states = one.state_dict(), other.state_dict()
            one.load_state_dict(states[1])
            other.load_state_dict(states[0])
    assert not any(parameter.grad is None or parameter.grad.grad_fn for parameter in first.parameters())


TRAINED = """
import sys, torch
from striate.training.muon import Muon
from striate.training.uncompiled import SGD, AdamW
for kind in (SGD, AdamW, Muon):
    weight = torch.nn.Parameter(torch.ones(3, 4))
    optimiser = kind([{"params": [weight], "turned": True}], lr=0.1)
    weight.square().sum().backward()
    optimiser.step()
    optimiser.load_state_dict(optimiser.state_dict())
    optimiser.zero_grad()
assert "torch._dynamo" not in sys.modules
"""


def test_no_compiler_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", TRAINED], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
