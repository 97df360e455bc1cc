"""Operations that few networks have: their products, worked out by hand, and what they see."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from small_networks import Made
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from striate.errors import NetworkError
from striate.inspecting import inspect


def slope(s: nn.Module, x: Tensor) -> Tensor:
    """The gradient of an energy, as forces are computed."""
    with torch.enable_grad():
        y = x.detach().requires_grad_()
        return torch.autograd.grad(s.c(y).sum(), y)[0]


def gathered(s: nn.Module, x: Tensor) -> Tensor:
    """A step of a graph network over eight nodes."""
    nodes, ends = x[0, 0] @ s.w, torch.arange(8).flip(0)
    return (
        torch.zeros_like(nodes).index_add_(0, ends, nodes).scatter_add(0, ends[:, None].expand(8, 8), nodes)
    )


def placed(s: nn.Module, x: Tensor) -> Tensor:
    return F.affine_grid(s.w[:2, :3][None] * x.mean(), [1, 1, 8, 8], align_corners=False)


def ensemble(s: nn.Module, x: Tensor) -> Tensor:
    return torch.func.vmap(lambda w: x @ w)(torch.stack([s.w] * 3))


CASES: dict[str, tuple[Callable[[nn.Module, Tensor], Tensor], int, str]] = {
    "vmap over a layer": (lambda s, x: torch.func.vmap(s.c)(x), 2 * 9 * 64, "exact"),
    "an ensemble by vmap": (ensemble, 3 * 512, "exact"),
    "a gradient in the forward pass": (slope, 2 * (2 * 9 * 64), "bound"),
    "adding where numbers say": (gathered, 512, "bound"),
    "positions under an affine map": (placed, 64 * 2 * 3, "bound"),
    "distances": (lambda s, x: torch.cdist(x[0], s.w[None]), 8 * 8 * 8, "bound"),
    "a sparse matrix of parameters": (lambda s, x: torch.sparse.mm(s.a, x[0, 0]), 8 * 8, "bound"),
    "a bilinear layer": (lambda s, x: s.b(x, x), 8 * 4 * 8 * 8, "exact"),
    "a loss": (lambda s, x: F.mse_loss(x @ s.w, x), 512, "exact"),
    "noise": (lambda s, x: x @ s.w + torch.empty_like(x).normal_(), 512, "exact"),
    "a triangle of truth": (lambda s, x: x @ s.w + torch.ones(8, 8, dtype=torch.bool).tril(), 512, "exact"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_products_are_those_worked_out_by_hand(name: str) -> None:
    forward, macs, status = CASES[name]
    parts = {
        "c": nn.Conv2d(1, 2, 3, padding=1),
        "w": nn.Parameter(torch.rand(8, 8)),
        "b": nn.Bilinear(8, 8, 4),
    }
    network = Made(forward, **parts)
    network.register_buffer("a", torch.eye(8).to_sparse())
    found = inspect(network, (1, 8, 8))
    assert found.totals.macs.to_json() == {"value": macs, "status": "exact"}
    field = found.layers[-1].field
    assert field is not None
    assert field.status.word == status


def looked_up(s: nn.Module, x: Tensor) -> Tensor:
    """As a VQ-VAE finds the nearest of its codes."""
    return s.d(s.c(x)) + F.embedding((x[0, 0] @ s.w).argmax(1), s.w).mean()


def compared(s: nn.Module, x: Tensor) -> Tensor:
    return s.d(x.expand(1, 2, 8, 8)) + (s.c(x).sum() > 0)


def filled(s: nn.Module, x: Tensor) -> Tensor:
    matrix = torch.zeros(8, 8)
    matrix[0] = s.w[0]
    return matrix @ x


BACK: dict[str, tuple[Callable[[nn.Module, Tensor], Tensor], list[int]]] = {
    "behind a detach": (lambda s, x: s.d(s.c(x).detach()), [0, 2 * 2 * 9 * 16]),
    "what no output follows from": (compared, [2 * 2 * 9 * 36, 0]),
    "the nearest code": (looked_up, [2 * 9 * 36, 2 * 2 * 2 * 9 * 16, 0]),
    "weights put into a constant": (filled, [512]),
}  # fmt: skip


@pytest.mark.parametrize("name", BACK)
def test_gradients_are_those_that_autograd_takes(name: str) -> None:
    forward, macs = BACK[name]
    parts = {"c": nn.Conv2d(1, 2, 3), "d": nn.Conv2d(2, 2, 3), "w": nn.Parameter(torch.rand(8, 8))}
    network = Made(forward, **parts)
    found = inspect(network, (1, 8, 8))
    ours = [row.backward_macs.value for row in found.layers if row.macs.value]
    result = network(torch.rand(1, 1, 8, 8))
    with FlopCounterMode(display=False) as counted:
        torch.autograd.grad(result.sum(), list(network.parameters()), allow_unused=True)
    assert (sum(ours), sorted(ours)) == (counted.get_total_flops() // 2, sorted(macs))


def nested(s: nn.Module, x: Tensor, layout: torch.layout) -> Tensor:
    return s.c(torch.nested.nested_tensor([x[0, 0], x[0, 0, :5]], layout=layout))


def test_layers_on_sequences_of_several_lengths_are_counted() -> None:
    found = inspect(Made(lambda s, x: nested(s, x, torch.jagged), c=nn.Linear(8, 3)), (1, 8, 8))
    assert found.totals.macs.value == (8 + 5) * 8 * 3
    assert found.layers[-1].output_shape == (13, 3)


def test_what_has_no_shape_is_refused_in_a_sentence() -> None:
    with pytest.raises(NetworkError) as caught:
        inspect(Made(lambda s, x: nested(s, x, torch.strided), c=nn.Linear(8, 3)), (1, 8, 8))
    assert str(caught.value) == (
        "the network (Made) received 1×1×8×8: it makes a nested tensor of the strided layout, which has no "
        "shape: make it with layout=torch.jagged"
    )
