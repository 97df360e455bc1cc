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
