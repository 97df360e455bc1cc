"""Where only a bound is possible it is called one, and it holds."""

from concurrent.futures import ThreadPoolExecutor

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


def in_a_thread(y: Tensor) -> Tensor:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(torch.matmul, y, y).result()


@pytest.mark.parametrize("last", [True, False])
def test_what_another_thread_works_out_makes_the_total_a_lower_bound(last: bool) -> None:
    def forward(s: nn.Module, x: Tensor) -> Tensor:
        y = in_a_thread(s.c(x))
        return y if last else s.d(y)

    network = Made(forward, c=nn.Conv2d(1, 1, 3, padding=1), d=nn.Conv2d(1, 2, 3))
    found = inspect(network, (1, 8, 8))
    macs = found.totals.macs
    known = 9 * 64 if last else 9 * 64 + 18 * 36
    assert (macs.value, macs.status.word, macs.reason) == (known, "unknown", "work outside of torch")
    if not last:
        field = found.layer("d").receptive_field
        assert field is not None
        assert (field.status, field.clipped_size) == ("bound", (8, 8))


def test_inference_mode_inside_of_a_network_counts_as_any_other() -> None:
    def inferring(s: nn.Module, x: Tensor) -> Tensor:
        with torch.inference_mode():
            return s.layers(x)

    parts = nn.Conv2d(1, 2, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 4), nn.Softmax(1)
    whole = inspect(nn.Sequential(*parts), (1, 8, 8))
    inside = inspect(Made(inferring, layers=nn.Sequential(*parts)), (1, 8, 8))
    assert inside.totals.to_json() == whole.totals.to_json()
    assert [row.kind for row in inside.layers] == [row.kind for row in whole.layers]
