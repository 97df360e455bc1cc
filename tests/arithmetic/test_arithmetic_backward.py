"""Products of the backward pass: against those that torch counts while it runs, and by hand."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from striate.inspecting import inspect
from striate.models import build


def counted(network: nn.Module, x: Tensor, layout: str | None = None) -> tuple[int, int]:
    """Products there and back: as torch counts them. Ours are asserted to be the same."""
    with FlopCounterMode(display=False) as there:
        out = network(x)
    loss = (out[0] if isinstance(out, tuple) else out).sum()
    with FlopCounterMode(display=False) as back:
        loss.backward()
    found = inspect(network, x, layout=layout).totals
    assert found.backward_macs.status.word == "exact"
    assert (found.macs.value, found.backward_macs.value) == (
        there.get_total_flops() // 2, back.get_total_flops() // 2
    )  # fmt: skip
    return found.macs.value, found.backward_macs.value


def catalogue(name: str) -> nn.Module:
    channels, size = (1, 28) if name == "plain" else (3, 64)
    return build(name, classes=10, channels=channels, size=(size, size)).eval()


@pytest.mark.parametrize("name", ["plain", "resnet18", "squeezenet1_1"])
def test_networks_of_the_catalogue(name: str) -> None:
    network = catalogue(name)
    there, back = counted(network, torch.rand(1, *((1, 28, 28) if name == "plain" else (3, 64, 64))))
    first = inspect(network, (1, 28, 28) if name == "plain" else (3, 64, 64)).layers[0].macs.value
    assert back == 2 * there - first  # nobody wants the gradient of the input


class Unrolled(nn.Module):
    """An LSTM of cells, whose products torch counts."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(5, 4)

    def forward(self, x: Tensor) -> Tensor:
        h = c = torch.zeros(x.shape[0], 4)
        for step in x.unbind(1):
            h, c = self.cell(step, (h, c))
        return h


class Attending(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 6)

    def forward(self, x: Tensor) -> Tensor:
        weights = (self.q(x) @ self.k(x).mT).softmax(-1)
        result: Tensor = weights @ self.v(x)
        return result


class Fused(Attending):
    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.scaled_dot_product_attention(self.q(x), self.k(x), self.v(x))


CASES: dict[str, tuple[nn.Module, Tensor]] = {
    "transposed": (nn.Sequential(nn.Conv2d(3, 4, 3), nn.ConvTranspose2d(4, 2, 3, 2)), torch.rand(2, 3, 6, 7)),
    "attention by hand": (Attending(), torch.rand(2, 7, 6)),
    "a branch": (nn.Sequential(nn.Linear(5, 4), nn.Linear(4, 4)), torch.rand(3, 2, 5)),
    "3d": (nn.Sequential(nn.Conv3d(2, 3, (1, 3, 3)), nn.Conv3d(3, 2, (3, 1, 1))), torch.rand(1, 2, 4, 5, 5)),
}


@pytest.mark.parametrize("name", CASES)
def test_layers_of_all_kinds(name: str) -> None:
    counted(*CASES[name])


def test_attention_as_one_operation_costs_what_it_does_in_parts() -> None:
    x = torch.rand(2, 7, 6)
    fused, parts = inspect(Fused(), x).totals, inspect(Attending(), x).totals
    assert (fused.macs, fused.backward_macs) == (parts.macs, parts.backward_macs)


def test_a_recurrent_layer_costs_what_its_steps_do() -> None:
    x = torch.rand(2, 7, 5)
    whole, steps = (
        inspect(nn.LSTM(5, 4, batch_first=True), x, layout="NTC").totals,
        inspect(Unrolled(), x).totals,
    )
    assert whole.macs == steps.macs
    first_state = 2 * 4 * 4 * 4  # the state that cells begin with learns nothing, a layer's is counted
    assert whole.backward_macs.value == steps.backward_macs.value + first_state


def test_frozen_parameters_have_no_gradient() -> None:
    network: Any = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 3))
    for parameter in (*network[0].parameters(), *network[1].parameters()):
        parameter.requires_grad_(False)
    found = inspect(network, (3, 9, 9))
    assert [row.backward_macs.value for row in found.layers] == [0, 0, found.layers[2].macs.value]
    counted(network, torch.rand(1, 3, 9, 9))


def test_groups_have_two_gradients_too() -> None:
    found = inspect(nn.Sequential(nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 3, groups=4)), (4, 9, 9))
    assert found.layers[1].backward_macs.value == 2 * 4 * 9 * 7 * 7


def test_what_is_unknown_there_is_unknown_back() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            return torch.linalg.solve(self.a(x), x)

    found = inspect(Odd(), torch.rand(2, 4, 4)).totals
    assert (found.backward_macs.status, found.backward_macs.reason) == (found.macs.status, found.macs.reason)
    assert found.backward_macs.status.word == "unknown"
