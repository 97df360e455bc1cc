"""What has been measured is kept between processes."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from striate.algorithms import Choice, Geometry, Operation
from striate.tuning import Measured, Trial, known_algorithms, tune
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


def test_what_is_known_of_outputs_whatever_the_batch(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The largest batch that was measured counts; another format or convolution is another question."""

    def measured(algorithm: str) -> Measured:
        trial = Trial(Choice(algorithm, "fp32"), 1.0, 0.0, 1e-4)
        return Measured({Operation.OUTPUT: (trial,)})

    assert known_algorithms(Network(), store=store) == {}
    geometry = Geometry.of(Network().stem)
    for batch, algorithm in ((2, "plain"), (64, "padded"), (8, "matrix product")):
        store.put(geometry, (batch, 3, 9, 9), "fp32", measured(algorithm))
    store.put(geometry, (128, 3, 9, 9), "bf16", measured("plain"))
    store.put(POINTWISE, (128, 4, 9, 9), "fp32", measured("plain"))
    store.save()
    found = known_algorithms(Network(), store=Store(CPU, tmp_path))
    assert [(key, choices.output.algorithm) for key, choices in found.items()] == [
        ((geometry, (batch, 3, 9, 9)), algorithm)
        for batch, algorithm in ((2, "plain"), (8, "matrix product"), (64, "padded"))
    ]


def test_what_is_known_is_found_without_running_the_network(store: Store, tmp_path: Path) -> None:
    """Running one without numbers loads torch's compiler, which takes as long as torch itself."""
    tune(nn.Conv2d(4, 6, 1), (1, 4, 2, 2), number_format="fp32", store=store)
    words = (
        "import sys, torch; from pathlib import Path; from striate.tuning import known_algorithms; "
        "from striate.tuning.store import Store; "
        "net = torch.nn.Sequential(torch.nn.Conv2d(4, 6, 1), torch.nn.ReLU()); "
        f"known_algorithms(net, store=Store(torch.device('cpu'), Path({str(tmp_path)!r}))); "
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", words], check=False).returncode == 0


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


@pytest.mark.parametrize("content", ["", "{", "[]", '{"measured": 3}', '{"measured": {"x": 1}}'])
def test_a_damaged_store_counts_as_empty(tmp_path: Path, content: str) -> None:
    path = Store(CPU, tmp_path).path
    path.write_text(content)
    store = Store(CPU, tmp_path)
    assert store.get(POINTWISE, (1, 4, 2, 2), "fp32") is None
    tune(Network(), (1, 3, 4, 4), number_format="fp32", store=store)
    assert json.loads(path.read_text())["machine"]["torch"] == torch.__version__


@pytest.mark.parametrize(
    "entry",
    [
        3,
        {},
        {"output": []},
        {"output": 3},
        {"output": [{"algorithm": "plain", "number_format": "fp32", "seconds": None, "error": 0.0}]},
        {"output": [{"algorithm": "plain", "number_format": "fp8", "seconds": 1.0, "error": 0.0}]},
        {"weight_gradient": [{"algorithm": "plain", "number_format": "fp32", "seconds": 1.0, "error": 0.0}]},
    ],
)
def test_a_damaged_entry_counts_as_none(store: Store, tmp_path: Path, entry: object) -> None:
    tune(nn.Conv2d(4, 6, 1), (1, 4, 2, 2), number_format="fp32", store=store)
    content = json.loads(store.path.read_text())
    (key,) = content["measured"]
    store.path.write_text(json.dumps({"measured": {key: entry, "x": 1}}))
    damaged = Store(CPU, tmp_path)
    assert damaged.get(POINTWISE, (1, 4, 2, 2), "fp32") is None
    assert known_algorithms(nn.Conv2d(4, 6, 1), store=damaged) == {}


def test_a_store_that_cannot_be_written_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert tune(Network(), (1, 3, 4, 4), number_format="fp32", store=Store(CPU, tmp_path / "file")).rows
