"""Optimisers: Muon, which turns all directions of a layer by the same amount; PyTorch's without its compiler.

`torch.optim` guards itself against being compiled, and loads the compiler for it: that takes as long as to
load all the rest of PyTorch, before the first step of every training. Nothing is compiled here, so these
are its own functions without the guard.

A gradient is mostly in few directions, and so is the momentum: its large singular values drown what else it
says. Muon takes the momentum's directions without its sizes, the nearest matrix whose singular values are all
alike (K. Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024). Here a matrix keeps
the size that it began with, so that the learning rate is an angle: how far a step turns it.

    B ← β·B + G                       the momentum of the gradient G, as a matrix: a filter a row
    D = orthogonal(G + β·B)           all singular values near 1
    W ← W − rate·‖W‖·D / ‖D‖          then scaled back to the size before
"""

from collections.abc import Iterable
from inspect import unwrap
from typing import Any

import torch
from torch import Tensor, nn


class _Uncompiled(torch.optim.Optimizer):
    """What every optimiser has."""

    add_param_group = unwrap(torch.optim.Optimizer.add_param_group)
    zero_grad = unwrap(torch.optim.Optimizer.zero_grad)
    state_dict = unwrap(torch.optim.Optimizer.state_dict)
    load_state_dict = unwrap(torch.optim.Optimizer.load_state_dict)


class SGD(_Uncompiled, torch.optim.SGD):
    """Stochastic gradient descent, with momentum."""

    step: Any = torch.no_grad()(unwrap(torch.optim.SGD.step))


class AdamW(_Uncompiled, torch.optim.AdamW):
    """Adam with the decay of weights apart (Loshchilov and Hutter 2019)."""

    step: Any = torch.no_grad()(unwrap(torch.optim.AdamW.step))


TURN = 13.0
"""How far a step turns a matrix, in learning rates of AdamW, which moves all other parameters."""
ROUNDS = 3
"""Of the iteration, which takes singular values between 0.1 and 1 to between 0.6 and 1.2."""

WIDE = 8
"""Columns a row from which on few products with all columns save time."""


def orthogonal(matrix: Tensor, rounds: int = ROUNDS) -> Tensor:
    """About the nearest matrix whose rows, or columns, are orthogonal and of one size.

    A polynomial of odd powers changes singular values and leaves their directions alone: X ← aX + (bS + cS²)X
    with S = XXᵀ (Newton and Schulz; the numbers, by K. Jordan, are chosen for speed).

    matrix: (rows, columns), of any size.
    """
    if matrix.shape[0] > matrix.shape[1]:
        wide: Tensor = orthogonal(matrix.T, rounds)
        return wide.T
    a, b, c = 3.4445, -4.7750, 2.0315
    X: Tensor = matrix / matrix.norm().clamp(min=1e-7)
    if matrix.shape[1] >= WIDE * len(matrix):
        return _by_squares(X, rounds, a, b, c)
    for _ in range(rounds):
        S = X @ X.T
        X = torch.addmm(X, torch.addmm(S, S, S, beta=b, alpha=c), X, beta=a)
    return X


def _by_squares(X: Tensor, rounds: int, a: float, b: float, c: float) -> Tensor:
    """The same for a wide X, which is multiplied twice in place of twice a round: the rounds' polynomials are
    multiplied first, P = aI + bS + cS², all of them square, and S becomes PSP from one to the next."""
    S = X @ X.T
    whole = torch.eye(len(S), dtype=S.dtype, device=S.device)
    for number in range(rounds):
        P = torch.addmm(S, S, S, beta=b, alpha=c)
        P.diagonal().add_(a)
        whole = P @ whole
        if number < rounds - 1:
            S = P @ S @ P
    return whole @ X


def is_turned(parameter: nn.Parameter) -> bool:
    """Whether it is a matrix of several rows and columns: a filter, or what a unit takes, is a row."""
    return parameter.ndim > 1 and min(len(parameter), parameter[0].numel()) > 1


def with_turned(groups: Iterable[dict[str, Any]], spared: set[nn.Parameter]) -> list[dict[str, Any]]:
    """The groups, each in two: what `Muon` turns, and what it leaves to AdamW, `spared` among it."""
    parts = []
    for group in groups:
        turned = [one for one in group["params"] if is_turned(one) and one not in spared]
        others = [one for one in group["params"] if not is_turned(one) or one in spared]
        parts += [{**group, "params": turned, "turned": True}, {**group, "params": others, "turned": False}]
    return parts


class Muon(AdamW):
    """Turns the parameters of groups that say `turned`, and moves those of the others as AdamW does.

    The first of a group's `betas` is the momentum of either.
    """

    def __init__(self, groups: Iterable[Any], lr: float, betas: tuple[float, float] = (0.9, 0.99)) -> None:
        super().__init__(groups, lr=lr, betas=betas, fused=True)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step by the gradients that are there."""
        turned = [
            (group, one) for group in self.param_groups if group.get("turned") for one in group["params"]
        ]
        gradients = [one.grad for _, one in turned]
        for group, one in turned:
            if one.grad is not None:
                self._turn(one, one.grad, group["betas"][0], group["lr"])
                one.grad = None  # AdamW then passes it by
        super().step()
        for (_, one), gradient in zip(turned, gradients, strict=True):
            one.grad = gradient

    def _turn(self, parameter: Tensor, gradient: Tensor, momentum: float, rate: float) -> None:
        state = self.state[parameter]
        if not state:
            state["step"] = torch.zeros(())  # AdamW looks for one when it takes up a checkpoint
            state["momentum_buffer"] = torch.zeros_like(parameter)
        state["step"] += 1
        moving = state["momentum_buffer"].mul_(momentum).add_(gradient)
        ahead = gradient.add(moving, alpha=momentum)
        direction = orthogonal(ahead.flatten(1)).view(parameter.shape)
        size = parameter.norm()
        parameter.sub_(direction * (TURN * rate * size / direction.norm().clamp(min=1e-7)))
        parameter.mul_(size / parameter.norm().clamp(min=1e-7))
