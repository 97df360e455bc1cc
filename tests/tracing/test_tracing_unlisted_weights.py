"""Quantised networks cost, hold and see what the networks of fractions do that they were made from."""

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from striate.inspecting import inspect

q = torch.ao.quantization
pytestmark = pytest.mark.filterwarnings("ignore")


class Sum(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(4, 6, 3, groups=2, stride=2, padding=1), nn.Conv2d(4, 6, 1, stride=2)
        self.add = torch.ao.nn.quantized.FloatFunctional()

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.add.add(self.a(x), self.b(x))
        return result


def static(network: nn.Module, x: Tensor, fuse: Any = None) -> nn.Module:
    """Quantised by calibration."""
    made = nn.Sequential(q.QuantStub(), *copy.deepcopy(network).eval(), q.DeQuantStub()).eval()
    made.qconfig = q.get_default_qconfig(torch.backends.quantized.engine)
    made = q.fuse_modules(made, fuse) if fuse else made
    q.prepare(made, inplace=True)
    made(x)
    return q.convert(made)


@pytest.mark.parametrize("fuse", [None, [["1", "2"]]])
def test_a_network_quantised_by_calibration_is_the_one_it_was(fuse: Any) -> None:
    x = torch.rand(2, 3, 9, 8)
    network = nn.Sequential(nn.Conv2d(3, 4, 3, dilation=2), nn.ReLU(), Sum(), nn.Flatten(), nn.Linear(36, 5))
    found, live = inspect(static(network, x, fuse), x), inspect(network, x)
    assert found.totals.macs == live.totals.macs
    assert found.totals.parameters == live.totals.parameters
    assert (found.totals.frozen, found.totals.unused) == (live.totals.parameters.value, 0)
    for name in ("3.a", "3.b", "5"):
        one, other = found.layer(name), live.layer(f"{int(name[0]) - 1}{name[1:]}")
        assert (one.kind, one.formula, one.receptive_field) == (
            other.kind,
            other.formula,
            other.receptive_field,
        )
    assert found.layer("3.a").parameter_bytes == 6 * 2 * 9 + 4 * 6


def test_networks_quantised_as_they_run() -> None:
    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn, self.gru = (
                nn.LSTM(4, 3, 2, bidirectional=True, batch_first=True),
                nn.GRU(6, 5, batch_first=True),
            )
            self.head = nn.Linear(5, 2)

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = self.head(self.gru(self.rnn(x)[0])[0])
            return result

    network, x = Reader().eval(), torch.rand(2, 7, 4)
    made = q.quantize_dynamic(network, {nn.Linear, nn.LSTM, nn.GRU}, dtype=torch.qint8)
    found, live = inspect(made, x, layout="NTC"), inspect(network, x, layout="NTC")
    assert [(r.name, r.kind, r.macs, r.receptive_field) for r in found.layers] == [
        (r.name, r.kind, r.macs, r.receptive_field) for r in live.layers
    ]
    assert found.totals.parameters == live.totals.parameters
    for name in ("rnn", "gru", "head"):
        assert (found.layer(name).parameters, found.layer(name).formula) == (
            live.layer(name).parameters,
            live.layer(name).formula,
        )


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
    assert found.notes == (
        "frozen TorchScript says of no constant what it was: all that hold several numbers count as "
        "parameters",
    )
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
    assert found.totals.macs.to_json() == live.totals.macs.to_json()


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
