"""Operators that take functions, and compiled parts, are heard as what they do."""

import pytest
import torch
from torch import Tensor, nn
from torch._higher_order_ops.cond import cond_op
from torch._higher_order_ops.scan import scan_op
from torch._higher_order_ops.while_loop import while_loop_op

from striate import inspect


class Chosen(nn.Module):
    """Its forward runs the layer by an operator that takes functions."""

    def __init__(self, forward) -> None:  # type: ignore[no-untyped-def]
        super().__init__()
        self.run, self.layer = forward, nn.Conv2d(2, 2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.run(self.layer, x)
        return result


def by_condition(layer: nn.Module, x: Tensor) -> Tensor:
    return cond_op(torch.tensor(True), layer, torch.neg, (x,))


def in_a_loop(layer: nn.Module, x: Tensor) -> Tensor:
    def step(count: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        return count + 1, layer(y)

    return while_loop_op(lambda count, y: count < 3, step, (torch.tensor(0), x), ())[1]


def over_a_sequence(layer: nn.Module, x: Tensor) -> Tensor:
    return scan_op(lambda h, y: (h + layer(y), h * 1), (x,), (torch.stack([x] * 3),), ())[1]


@pytest.mark.parametrize(("forward", "least"), [(by_condition, 1), (in_a_loop, 3), (over_a_sequence, 3)])
def test_what_it_runs_is_heard(forward, least: int) -> None:  # type: ignore[no-untyped-def]
    network, ran = Chosen(forward), []
    heard = network.layer.register_forward_hook(lambda *_: ran.append(1))
    network(torch.zeros(1, 2, 6, 6))
    heard.remove()
    times = len(ran)  # PyTorch 2.11 runs what goes over a sequence once more
    assert times >= least
    found = inspect(network, (2, 6, 6))
    assert [row.kind for row in found.layers].count("conv2d") == times
    assert found.totals.macs.to_json() == {"value": times * 36 * 2 * 2 * 9, "status": "exact"}
    assert found.layers[-1].field is not None


def test_a_compiled_part_is_the_part() -> None:
    part = nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU())
    head = nn.Conv2d(4, 2, 1)
    compiled = nn.Sequential(torch.compile(part, backend="eager"), head)  # type: ignore[arg-type]
    found, plain = inspect(compiled, (2, 6, 6)), inspect(nn.Sequential(part, head), (2, 6, 6))
    assert [row.kind for row in found.layers] == [row.kind for row in plain.layers]
    assert found.totals.to_json() == plain.totals.to_json()
