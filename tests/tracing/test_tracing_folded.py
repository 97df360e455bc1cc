"""Frozen TorchScript: what stands in its code counts as the parameters that it was."""

import pytest
import torch
from torch import Tensor, nn

from striate import inspect


class Reader(nn.Module):
    """A recurrent layer between linear ones."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.GRU(4, 3, batch_first=True)
        self.head = nn.Linear(3, 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.head(self.rnn(x)[0])
        return result


class Part(nn.Module):
    """A frozen body below a head that is not."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body, self.head = body, nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.head(self.body(x))
        return result


def frozen(network: nn.Module) -> nn.Module:
    made: nn.Module = torch.jit.freeze(torch.jit.script(network.eval()))
    return made


def body() -> nn.Sequential:
    """With a batch norm that freezing folds into the convolution, and one that it leaves."""
    torch.manual_seed(0)
    folded = (nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
    network = nn.Sequential(*folded, nn.BatchNorm2d(8), nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval()
    for norm in (network[1], network[3]):
        for values in (norm.weight, norm.bias, norm.running_mean):  # freezing makes one of equal constants
            nn.init.normal_(values)
    return network


@pytest.mark.filterwarnings("ignore")
def test_weights_in_the_code_count() -> None:
    found = inspect(frozen(body()), (3, 6, 6))
    folded = 8 * 3 * 3 * 3 + 8  # the first norm is in the kernels
    assert found.totals.parameters.value == folded + 16
    assert [(row.kind, row.parameters) for row in found.layers if row.parameters] == [
        ("conv2d", folded),
        ("batch_norm", 16),
    ]
    assert found.totals.unused == found.totals.trainable == 0


@pytest.mark.filterwarnings("ignore")
def test_so_do_those_of_recurrent_layers() -> None:
    found, live = (inspect(one, (5, 4), layout="NTC") for one in (frozen(Reader()), Reader()))
    assert found.totals.parameters == live.totals.parameters


@pytest.mark.filterwarnings("ignore")
def test_so_do_those_of_a_frozen_part() -> None:
    found = inspect(Part(frozen(body())), (3, 6, 6))
    assert found.totals.parameters.value == 8 * 3 * 3 * 3 + 8 + 16 + 8 * 2 + 2
    assert found.totals.unused == 0


@pytest.mark.filterwarnings("ignore")
def test_a_constant_of_a_script_with_parameters_stays_what_it_was() -> None:
    class Centred(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mean, self.conv = torch.rand(3, 1, 1), nn.Conv2d(3, 4, 1)

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = self.conv(x - self.mean)
            return result

    network = Centred().eval()
    found = inspect(torch.jit.trace(network, torch.rand(1, 3, 6, 6)), (3, 6, 6))
    assert found.totals.parameters == inspect(network, (3, 6, 6)).totals.parameters
