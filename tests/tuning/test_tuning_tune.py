"""The chooser: a tuned network gives the same results, and what is known is not measured again."""

import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from striate.algorithms import ALGORITHMS, Choice, Geometry, Operation, using_algorithms
from striate.algorithms.algorithm import Shift
from striate.errors import ArgumentError
from striate.models import build
from striate.tuning import Measured, Trial, tune
from striate.tuning.store import Store

CPU = torch.device("cpu")


class Network(nn.Module):
    """Two convolutions of one geometry, a functional flatten between them and the head."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.first = nn.Conv2d(8, 8, 3, padding=1)
        self.second = nn.Conv2d(8, 8, 3, padding=1)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.second(self.first(self.stem(x)))
        result: Tensor = self.head(x.mean((2, 3)))
        return result


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(CPU, tmp_path)


def test_outputs_alone(store: Store) -> None:
    outputs = tune(Network(), (2, 3, 9, 9), number_format="fp32", store=store, gradients=False)
    assert all(row.operations == (Operation.OUTPUT,) for row in outputs.rows)
    whole = tune(Network(), (2, 3, 9, 9), number_format="fp32", store=store)
    assert [len(row.operations) for row in whole.rows] == [2, 3, 3]
    again = tune(Network(), (2, 3, 9, 9), number_format="fp32", store=store, gradients=False)
    assert again == whole


@pytest.mark.parametrize("number_format", ["fp32", "bf16"])
def test_a_tuned_network_gives_the_same_results(store: Store, number_format: str) -> None:
    network, x = Network(), torch.randn(2, 3, 9, 9)
    tuning = tune(network, (2, 3, 9, 9), number_format=number_format, store=store)
    assert len(tuning.rows) == 3
    assert tuning.rows[0].operations == (Operation.OUTPUT, Operation.WEIGHT_GRADIENT)
    assert 0 < tuning.seconds() <= tuning.seconds(plain=True)
    plain = torch.autograd.grad(network(x).square().sum(), list(network.parameters()))
    enabled = number_format == "bf16"
    with using_algorithms(network, tuning.table), torch.autocast("cpu", torch.bfloat16, enabled=enabled):
        loss = network(x).float().square().sum()
    for one, two in zip(torch.autograd.grad(loss, list(network.parameters())), plain, strict=True):
        assert (one - two).norm() <= (0.05 if enabled else 1e-4) * two.norm()


def test_what_was_measured_is_not_measured_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tune(Network(), (2, 3, 9, 9), number_format="fp32", store=store)
    module = import_module("striate.tuning.tune")
    monkeypatch.setattr(module, "measure", lambda *_: pytest.fail("measured again"))
    assert tune(Network(), (2, 3, 9, 9), number_format="fp32", store=Store(CPU, tmp_path)) == first


def test_a_shift_is_measured_with_its_convolution(store: Store) -> None:
    network = build("resnet18", classes=3, time="tsm", frames=4)
    tuning = tune(network, (2, 3, 4, 32, 32), number_format="fp32", store=store)
    shifted = [row for row in tuning.rows if row.call.geometry.shift is not None]
    assert {row.call.geometry.shift for row in shifted} == {
        Shift(4, channels // 8, channels // 8) for channels in (64, 128, 256, 512)
    }
    clips = torch.randn(2, 3, 4, 32, 32)
    network.eval()
    with torch.inference_mode():
        expected = network(clips)
        with using_algorithms(network, tuning.table):
            torch.testing.assert_close(network(clips), expected, rtol=1e-3, atol=1e-4)


def test_the_kernels_that_are_wrong_in_bf16_are_not_used(store: Store) -> None:
    """Two frames and a kernel of three: on some processors PyTorch's weight gradient is garbage."""
    network = nn.Sequential(nn.Conv3d(8, 16, (3, 1, 1), padding=(1, 0, 0)), nn.Conv3d(16, 16, 3, padding=1))
    tuning = tune(network, (4, 8, 2, 7, 7), number_format="bf16", store=store)
    for row in tuning.rows:
        for operation in row.operations:
            assert row.measured.best(operation).error < 0.01, (row.call.name, operation)
    assert tuning.to_json()["wrong"] == len(tuning.wrong)


def test_an_unknown_number_format(store: Store) -> None:
    with pytest.raises(ArgumentError) as error:
        tune(Network(), (1, 3, 4, 4), number_format="fp8", store=store)
    assert str(error.value) == "number_format must be auto, fp32 or bf16; got 'fp8'"


def test_who_measures_at_once_chooses_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measurements of which no two come out alike, as on a busy machine: one is made, the others find it."""
    ticks, asked = iter(range(10**6)), []

    def measured(geometry: Geometry, shape: Any, *_: Any) -> Measured:
        asked.append((geometry, shape))
        time.sleep(0.01)
        choices = [Choice("plain", "fp32"), Choice(f"algorithm {next(ticks)}", "fp32")]
        trials = (Trial(choices[0], 1.0, 0.0, 1e-4), Trial(choices[1], 0.1, 0.0, 1e-4))
        return Measured(dict.fromkeys(Operation, trials))

    monkeypatch.setattr(import_module("striate.tuning.tune"), "measure", measured)
    monkeypatch.setattr(
        "striate.tuning.store.ALGORITHMS", {f"algorithm {n}": None for n in range(99)} | ALGORITHMS
    )
    with ThreadPoolExecutor(6) as pool:
        found = list(
            pool.map(lambda _: tune(Network(), (2, 3, 8, 8), store=Store(CPU, tmp_path)).table, range(6))
        )
    assert all(table == found[0] for table in found)
    assert len(asked) == len(set(asked)) == 2
