"""What is right is kept, what is wrong is rejected however fast."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from striate.algorithms import ALGORITHMS, Choice, Geometry, Operation
from striate.algorithms.plain import Plain
from striate.tuning import Measured, Trial
from striate.tuning.measuring import measure

CPU = torch.device("cpu")


POINTWISE = Geometry(4, 6, (1, 1), (1, 1), (0, 0), (1, 1))


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


def test_a_wrong_algorithm_is_rejected_however_fast(other_algorithms: dict[str, Any]) -> None:
    other_algorithms |= {"plain": Slow(), "wrong": Wrong()}
    measured = measure(POINTWISE, (2, 4, 5, 5), "fp32", CPU)
    assert measured.choices.output.algorithm == measured.choices.weight_gradient.algorithm == "plain"
    wrong = measured.trials[Operation.OUTPUT][1]
    assert wrong.error == pytest.approx(0.05, rel=1e-3)
    assert not wrong.right
    assert not measured.trials[Operation.WEIGHT_GRADIENT][1].right  # not a number is not right


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
