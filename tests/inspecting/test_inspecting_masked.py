"""Weights that may be zero in places make a field a bound, those that are not at its edges an exact one."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from gradient_witness import support_in
from small_networks import Made
from torch import Tensor, nn

from striate.inspecting import inspect

Forward = Callable[..., Tensor]
ONES = torch.ones(1, 1, 3, 3)


def causal() -> Tensor:
    """The mask of a PixelCNN: nothing after the middle."""
    mask = torch.ones(2, 1, 3, 3)
    mask[:, :, 1, 1:] = 0
    mask[:, :, 2] = 0
    return mask


def in_place(s: nn.Module, x: Tensor) -> Tensor:
    s.c.weight.data *= s.m
    return s.c(x)


def under_no_grad(s: nn.Module, x: Tensor) -> Tensor:
    with torch.no_grad():
        s.c.weight.mul_(s.m)
    return s.c(x)


def own(forward: Callable[[nn.Module], Tensor]) -> Forward:
    """A convolution by weights that are made from its own."""
    return lambda s, x: F.conv2d(x, forward(s), s.c.bias, padding=1)


MASKED: dict[str, Forward] = {
    "written over": in_place,
    "written over without gradients": under_no_grad,
    "multiplied": own(lambda s: s.c.weight * s.m),
    "filled": own(lambda s: s.c.weight.masked_fill(s.m == 0, 0)),
    "chosen": own(lambda s: torch.where(s.m > 0, s.c.weight, torch.zeros(()))),
    "padded": lambda s, x: F.conv2d(x, F.pad(s.c.weight, (1, 1, 1, 1)), padding=2),
    "a lower triangle": lambda s, x: s.w.tril() @ x,
    "a constant matrix": lambda s, x: torch.eye(8) @ x,
    "a sparse matrix": lambda s, x: (torch.eye(8).to_sparse_csr() @ x[0, 0])[None, None],
    "a transposed kernel": lambda s, x: F.conv_transpose2d(x, F.pad(ONES, (1, 1, 1, 1)), stride=2),
    "a kernel with an empty edge": lambda s, x: F.conv2d(x, F.pad(ONES, (1, 1, 0, 0))),
}  # fmt: skip


def made(forward: Forward) -> nn.Module:
    torch.manual_seed(0)
    network = Made(forward, c=nn.Conv2d(1, 2, 3, padding=1), w=nn.Parameter(torch.rand(8, 8) + 0.1))
    network.register_buffer("m", causal())
    return network


@pytest.mark.parametrize("name", MASKED)
def test_a_mask_makes_a_bound_that_holds(name: str) -> None:
    network = made(MASKED[name])
    layer = inspect(network, (1, 8, 8)).layers[-1]
    assert layer.field is not None
    assert layer.field.status.word == "bound"
    assert layer.field.reason.endswith("by a constant that may be zero")
    x = torch.rand(1, 1, 8, 8).add(0.5).requires_grad_()
    result = network(x)
    unit = [n // 2 for n in result.shape[2:]]
    for axis, pair in zip(layer.field.axes, support_in(result[0, 0, *unit], x, (2, 3)), strict=True):
        seen = axis.seen.reshape(2, -1)
        assert pair is None or (seen[0].min() <= pair[0] and -seen[1].min() >= pair[1])


EXACT: dict[str, Forward] = {
    "a mask without zeros": own(lambda s: s.c.weight * (s.m + 1)),
    "the slope of a picture": lambda s, x: F.conv2d(x, torch.tensor([[[[-1.0, 0, 1], [-2, 0, 2]]]])),
    "a product of parameters": lambda s, x: (s.w @ s.w) @ x,
    "another product of the input": lambda s, x: (x @ s.w) @ x,
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_what_is_zero_nowhere_or_in_the_middle_alone_is_exact(name: str) -> None:
    layer = inspect(made(EXACT[name]), (1, 8, 8)).layers[-1]
    assert layer.field is not None
    assert layer.field.status.word == "exact"


def test_weights_put_into_a_constant_are_used() -> None:
    def circulant(s: nn.Module, x: Tensor) -> Tensor:
        matrix = torch.zeros(8, 8)
        for row in range(8):
            matrix[row, row] = s.w[0, row]
        return matrix @ x

    found = inspect(made(circulant), (1, 8, 8))
    assert "w" not in dict(found.unused)
