"""The chooser: what is right is kept, what is wrong is rejected, what is known is not measured again."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from striate.algorithms import ALGORITHMS, Choice, Geometry, Operation, using_algorithms
from striate.algorithms.geometry import Shift
from striate.algorithms.plain import Plain
from striate.errors import ArgumentError, NetworkError
from striate.models import build
from striate.tuning import Measured, Trial, calls_of, known_algorithms, tune
from striate.tuning.measuring import measure
from striate.tuning.store import Store

CPU = torch.device("cpu")
POINTWISE = Geometry(4, 6, (1, 1), (1, 1), (0, 0), (1, 1))


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


class Wrong(Plain):
    """Fast, and off by a little."""

    name = "wrong"

    def output(self, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        return 1.05 * super().output(x, w, g)

    def weight_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        return torch.full_like(w, float("nan"))


class Slow(Plain):
    """Right, and slow."""

    name = "plain"

    def output(self, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        time.sleep(0.02)
        return super().output(x, w, g)


@pytest.fixture
def other_algorithms() -> Iterator[dict[str, Any]]:
    """Whatever a test puts in is all there is."""
    before = dict(ALGORITHMS)
    ALGORITHMS.clear()
    yield ALGORITHMS
    ALGORITHMS.clear()
    ALGORITHMS.update(before)  # in the order in which they were


def test_calls_in_order_of_execution() -> None:
    network = Network()
    before = {name: id(value) for name, value in network.named_parameters()}
    calls = calls_of(network, (2, 3, 9, 9))
    assert [call.name for call in calls] == ["stem", "first", "second"]
    assert [call.shape for call in calls] == [(2, 3, 9, 9), (2, 8, 9, 9), (2, 8, 9, 9)]
    assert [call.first for call in calls] == [True, False, False]
    assert {name: id(value) for name, value in network.named_parameters()} == before


def test_inputs_that_do_not_fit() -> None:
    with pytest.raises(NetworkError, match=r"^Network does not take inputs of shape 2×4×9×9: Inv"):
        calls_of(Network(), (2, 4, 9, 9))


def test_a_wrong_algorithm_is_rejected_however_fast(other_algorithms: dict[str, Any]) -> None:
    other_algorithms |= {"plain": Slow(), "wrong": Wrong()}
    measured = measure(POINTWISE, (2, 4, 5, 5), "fp32", CPU)
    assert measured.choices.output.algorithm == measured.choices.weight_gradient.algorithm == "plain"
    wrong = measured.trials[Operation.OUTPUT][1]
    assert wrong.error == pytest.approx(0.05, rel=1e-3)
    assert not wrong.right
    assert not measured.trials[Operation.WEIGHT_GRADIENT][1].right  # not a number is not right


def test_outputs_alone(store: Store) -> None:
    outputs = tune(Network(), (2, 3, 9, 9), number_format="fp32", store=store, gradients=False)
    assert all(row.operations == (Operation.OUTPUT,) for row in outputs.rows)
    whole = tune(Network(), (2, 3, 9, 9), number_format="fp32", store=store)
    assert [len(row.operations) for row in whole.rows] == [2, 3, 3]
    again = tune(Network(), (2, 3, 9, 9), number_format="fp32", store=store, gradients=False)
    assert again == whole


@pytest.mark.parametrize(("side", "tried"), [(6, True), (700, False)])
def test_what_would_copy_much_is_not_tried(side: int, tried: bool) -> None:
    geometry = Geometry(2, 2, (3, 3), (1, 1), (1, 1), (1, 1))
    measured = measure(geometry, (1, 2, side, side), "fp32", CPU, [Operation.WEIGHT_GRADIENT])
    names = [trial.choice.algorithm for trial in measured.trials[Operation.WEIGHT_GRADIENT]]
    assert names == ["plain", *["product of patches"] * tried]


def test_plain_stays_where_nothing_is_clearly_faster() -> None:
    def trial(algorithm: str, seconds: float, error: float = 0.0) -> Trial:
        return Trial(Choice(algorithm, "fp32"), seconds, error, 1e-4)

    def best(*trials: Trial) -> str:
        return Measured({Operation.OUTPUT: trials}).best(Operation.OUTPUT).choice.algorithm

    assert best(trial("plain", 1.0), trial("padded", 0.97)) == "plain"
    assert best(trial("plain", 1.0), trial("padded", 0.9)) == "padded"
    assert best(trial("plain", 1e-4), trial("padded", 6e-5)) == "plain"  # calling it takes as long
    assert best(trial("plain", 1e-4), trial("padded", 4e-5)) == "padded"
    assert best(trial("plain", 1.0), trial("padded", 0.9, error=1.0)) == "plain"
    assert best(trial("plain", 1.0, error=float("nan")), trial("padded", 9.0)) == "padded"
    assert best(trial("plain", 1.0, error=float("inf")), trial("padded", 1.0, error=1.0)) == "plain"


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


def test_what_is_known_of_outputs_whatever_the_batch(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The largest batch that was measured counts; another size, format or image is another question."""

    def measured(algorithm: str) -> Measured:
        trial = Trial(Choice(algorithm, "fp32"), 1.0, 0.0, 1e-4)
        return Measured({Operation.OUTPUT: (trial,)})

    assert known_algorithms(Network(), (3, 9, 9), store=store) == {}
    geometry = Geometry.of(Network().stem)
    for batch, algorithm in ((2, "plain"), (64, "padded"), (8, "matrix product")):
        store.put(geometry, (batch, 3, 9, 9), "fp32", measured(algorithm))
    store.put(geometry, (128, 3, 9, 9), "bf16", measured("plain"))
    store.put(geometry, (128, 3, 9, 10), "fp32", measured("plain"))
    store.save()
    found = known_algorithms(Network(), (3, 9, 9), store=Store(CPU, tmp_path))
    assert {key: choices.output.algorithm for key, choices in found.items()} == {
        (geometry, (1, 3, 9, 9)): "padded"
    }


def test_what_was_measured_before_an_interruption_is_kept(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, real = import_module("striate.tuning.tune"), measure

    def interrupted(geometry: Geometry, *more: Any) -> Measured:
        if geometry.channels == 8:
            raise KeyboardInterrupt
        return real(geometry, *more)

    monkeypatch.setattr(module, "measure", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tune(Network(), (2, 3, 9, 9), number_format="fp32", store=store)
    known = Store(CPU, tmp_path)
    stem, other = Geometry.of(Network().stem), Geometry.of(Network().first)
    assert known.get(stem, (2, 3, 9, 9), "fp32") is not None
    assert known.get(other, (2, 8, 9, 9), "fp32") is None


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


@pytest.mark.parametrize("content", ["", "{", "[]", '{"measured": 3}', '{"measured": {"x": 1}}'])
def test_a_damaged_store_counts_as_empty(tmp_path: Path, content: str) -> None:
    path = Store(CPU, tmp_path).path
    path.write_text(content)
    store = Store(CPU, tmp_path)
    assert store.get(POINTWISE, (1, 4, 2, 2), "fp32") is None
    tune(Network(), (1, 3, 4, 4), number_format="fp32", store=store)
    assert json.loads(path.read_text())["machine"]["torch"] == torch.__version__


def test_a_store_that_cannot_be_written_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert tune(Network(), (1, 3, 4, 4), number_format="fp32", store=Store(CPU, tmp_path / "file")).rows


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
