"""Where only a bound is possible it is called one, and it holds."""

import pytest
import torch
import torch.nn.functional as F
from gradient_witness import Softened, positive, support_in
from small_networks import Made
from torch import Tensor, nn

from striate.inspecting import inspect

CONV = {"c": nn.Conv2d(1, 1, 3, padding=1)}


def masked_attention(s: nn.Module, x: Tensor) -> Tensor:
    tokens = x.mean(3).transpose(1, 2)
    mask = torch.ones(8, 8).tril()[None]
    scores = tokens @ tokens.transpose(1, 2)
    return (scores.masked_fill(mask == 0, float("-inf")).softmax(-1) @ tokens).transpose(1, 2)


def added_mask(s: nn.Module, x: Tensor) -> Tensor:
    tokens = x.mean(3).transpose(1, 2)
    mask = torch.full((8, 8), -1e9).triu(1)
    return ((tokens @ tokens.transpose(1, 2) + mask).softmax(-1) @ tokens).transpose(1, 2)


def attended_with_a_mask(s: nn.Module, x: Tensor) -> Tensor:
    tokens = x.mean(3).transpose(1, 2)
    mask = torch.ones(8, 8, dtype=torch.bool).tril()
    return F.scaled_dot_product_attention(tokens, tokens, tokens, mask).transpose(1, 2)


def half_switched_off(s: nn.Module, x: Tensor) -> Tensor:
    keep = torch.ones(8)
    keep[4:] = 0
    return s.c(x * keep)


BOUNDS = {
    "a causal mask": (masked_attention, {}),
    "a mask that is added": (added_mask, {}),
    "a mask of attention": (attended_with_a_mask, {}),
    "a constant with zeros": (half_switched_off, CONV),
    "where": (lambda s, x: s.c(torch.where(torch.arange(8) < 4, x, torch.zeros(()))), CONV),
    "gather": (lambda s, x: s.c(x.gather(3, x.argsort(3))), CONV),
    "sort": (lambda s, x: s.c(x.sort(3)[0]), CONV),
    "grid sample": (lambda s, x: F.grid_sample(x, torch.zeros(1, 8, 8, 2).to(x), align_corners=False), {}),
    "an operation without a rule": (lambda s, x: torch.linalg.qr(s.c(x))[0], CONV),
    "taken in the input's order": (lambda s, x: torch.take(s.c(x), x.flatten().argsort()), CONV),
}  # fmt: skip


@pytest.mark.parametrize("name", BOUNDS)
def test_a_bound_is_called_one_and_holds(name: str) -> None:
    forward, parts = BOUNDS[name]
    network = Made(forward, **parts)
    network.double()
    found = inspect(network, (1, 8, 8)).layers[-1]
    assert found.receptive_field is not None
    assert found.receptive_field.status == "bound"
    assert found.receptive_field.because
    field = found.field
    assert field is not None
    x = torch.rand(1, 1, 8, 8, dtype=torch.float64).add(0.5).requires_grad_()
    with Softened():
        result = positive(network)(x)
    for unit in [(0, 0), (3, 4), (7, 7)][: 3 if result.dim() == 4 else 1]:
        true = support_in(result[(0, 0, *unit)[: result.dim()]].sum(), x, (2, 3))
        for axis, pair in zip(field.axes, true, strict=True):
            if pair is not None:
                assert int(axis.seen[0].min()) <= pair[0]
                assert -int(axis.seen[1].min()) >= pair[1]


@pytest.mark.parametrize(
    "forward",
    [
        lambda s, x: s.c(x + torch.linspace(-1, 1, 8)),
        lambda s, x: s.c(x * 0.5),
        lambda s, x: s.c(x * torch.linspace(1, 2, 8)),
        lambda s, x: s.c((x - torch.tensor(0.4)) / torch.tensor(0.2)),
        lambda s, x: s.c(torch.where(x > 0, x, 0.1 * x)),
        lambda s, x: s.c(x.masked_fill(x < 0, 0.0)),
        lambda s, x: s.c(x[:, [0]]),
        lambda s, x: s.c(x) + s.c(x) * torch.zeros(8),
    ],
)
def test_harmless_constants_leave_a_field_exact(forward) -> None:  # type: ignore[no-untyped-def]
    field = inspect(Made(forward, **CONV), (1, 8, 8)).layers[-1].receptive_field
    assert field is not None
    assert (field.status, field.size) == ("exact", (3, 3))


def test_values_that_python_read_make_all_that_follows_a_bound() -> None:
    network = Made(lambda s, x: s.c(x / float(x.max())), **CONV)
    found = inspect(network, (1, 8, 8))
    field = found.layers[-1].receptive_field
    assert field is not None
    assert (field.status, field.clipped_size) == ("bound", (8, 8))
    assert "looks at values" in found.notes[0]
