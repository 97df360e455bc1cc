"""Muon: its directions against the singular value decomposition, its rest against AdamW, its going on."""

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from small_runs import TINY, At, assert_equal, go_on, small_recipe, small_run, state_of
from striate.training.optimisation import Pace, make_optimizer, set_pace
from striate.training.optimisers import SGD, TURN, AdamW, Muon, is_turned, orthogonal
from striate.training.recipe import Recipe


def conditioned(rows: int, columns: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """A matrix whose singular values are between 0.2 and 1 of one size, and its two bases."""
    generator = torch.Generator().manual_seed(seed)
    rank = min(rows, columns)
    left = torch.linalg.qr(torch.randn(rows, rank, generator=generator)).Q
    right = torch.linalg.qr(torch.randn(columns, rank, generator=generator)).Q
    values = 0.2 + 0.8 * torch.rand(rank, generator=generator)
    return left * values @ right.T, left, right


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 12), st.integers(1, 40), st.integers(0, 99))
def test_directions_stay_and_sizes_become_alike(rows: int, columns: int, seed: int) -> None:
    matrix, left, right = conditioned(rows, columns, seed)
    turned = left.T @ orthogonal(matrix, rounds=5) @ right  # diagonal: in the bases of its singular vectors
    torch.testing.assert_close(turned, torch.diag(turned.diag()), atol=1e-4, rtol=0)
    assert 0.6 < turned.diag().min() <= turned.diag().max() < 1.25


@settings(deadline=None, max_examples=10)
@given(st.integers(1, 9), st.integers(1, 30), st.integers(0, 99))
def test_its_size_and_its_transpose(rows: int, columns: int, seed: int) -> None:
    matrix = conditioned(rows, columns, seed)[0]
    torch.testing.assert_close(orthogonal(1000 * matrix), orthogonal(matrix), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(orthogonal(matrix.T), orthogonal(matrix).T, rtol=1e-3, atol=1e-4)
    assert orthogonal(torch.zeros(rows, columns)).abs().max() == 0


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(2, 6, 3, bias=False),
        nn.BatchNorm2d(6),
        nn.Conv2d(6, 6, 3, groups=6),
        nn.Flatten(),
        nn.Linear(24, 5),
        nn.ReLU(),
        nn.Linear(5, 3),
    )


RECIPE = Recipe(optimizer="muon", learning_rate=0.01, momentum=0.6, weight_decay=0.1)


def test_what_is_turned() -> None:
    """Not the layer that names the class, nor biases and norms."""
    made = network()
    groups = make_optimizer(made, RECIPE).param_groups
    names = {parameter: name for name, parameter in made.named_parameters()}
    turned = {names[one] for group in groups if group["turned"] for one in group["params"]}
    assert turned == {"0.weight", "2.weight", "4.weight"}
    rest = {names[one] for group in groups if not group["turned"] for one in group["params"]}
    assert turned | rest == set(names.values())
    assert not is_turned(nn.Parameter(torch.ones(6, 1)))
    without_head = nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4))
    assert [len(group["params"]) for group in make_optimizer(without_head, RECIPE).param_groups] == [
        1,
        0,
        0,
        3,
    ]


def stepped(made: nn.Module, optimizer: torch.optim.Optimizer, steps: int = 3) -> None:
    torch.manual_seed(1)
    for _ in range(steps):
        optimizer.zero_grad()
        made(torch.randn(8, 2, 6, 6)).square().mean().backward()
        optimizer.step()


def test_the_rest_moves_as_by_adamw_and_gradients_stay() -> None:
    ours, theirs = network(), network()
    optimizer = make_optimizer(ours, RECIPE)
    stepped(ours, optimizer, steps=1)
    other = torch.optim.AdamW(theirs.parameters(), lr=0.01, betas=(0.6, 0.99), weight_decay=0.1, fused=True)
    for group in optimizer.param_groups:
        assert all(one.grad is not None for one in group["params"])
    torch.manual_seed(1)
    theirs(torch.randn(8, 2, 6, 6)).square().mean().backward()
    other.step()
    assert torch.equal(ours[-1].weight, theirs[-1].weight)
    assert not torch.equal(ours[0].weight, theirs[0].weight)


def test_a_step_turns_by_the_rate_and_keeps_the_size() -> None:
    made = network()
    before = [made[index].weight.detach().clone() for index in (0, 2, 4)]
    optimizer = make_optimizer(made, RECIPE)
    set_pace(optimizer, RECIPE, Pace(0.1, 0.6))
    stepped(made, optimizer, steps=1)
    for index, start in zip((0, 2, 4), before, strict=True):
        end = made[index].weight.detach()
        torch.testing.assert_close(end.norm(), start.norm())
        cosine = (end * start).sum() / start.square().sum()
        angle = torch.acos(cosine.clamp(-1, 1)).item()
        assert 0 < angle <= torch.atan(torch.tensor(TURN * 0.001)).item() * 1.2


def test_memory_by_hand() -> None:
    """B ← βB + G."""
    parameter = nn.Parameter(torch.tensor([[2.0, 0.0], [0.0, 2.0]]))
    optimizer = Muon([{"params": [parameter], "turned": True}], lr=1 / TURN / 10, betas=(0.5, 0.99))
    for gradient, memory in ((1.0, 1.0), (2.0, 2.5)):
        parameter.grad = torch.full((2, 2), gradient)
        optimizer.step()
        assert torch.equal(optimizer.state[parameter]["momentum_buffer"], torch.full((2, 2), memory))
    assert optimizer.state_dict()["state"].keys() == {0}


def test_what_does_not_learn_is_left_alone() -> None:
    made = network()
    made[0].weight.requires_grad_(False)
    before = copy.deepcopy(made[0].weight)
    stepped(made, make_optimizer(made, RECIPE))
    assert torch.equal(made[0].weight, before)


@pytest.mark.usefixtures("quick")
def test_it_goes_on_as_if_it_had_not_been_stopped(tmp_path: Path, small_set: Path) -> None:
    recipe = small_recipe(optimizer="muon", learning_rate=0.01, schedule="linear", warmup=0.0)
    small_run(tmp_path / "whole", recipe, data=small_set, options=TINY)
    small_run(tmp_path / "run", recipe, data=small_set, options=TINY, reporter=At(3))
    go_on(tmp_path / "run")
    assert_equal(state_of(tmp_path / "run"), state_of(tmp_path / "whole"))


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
from striate.training.optimisers import Muon
from striate.training.optimisers import SGD, AdamW
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
