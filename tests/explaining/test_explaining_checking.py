"""Two witnesses that differ are an error."""

import numpy as np
import pytest
import torch
from explaining_networks import numbers, seeded
from torch import Tensor, nn

from striate.errors import NetworkError
from striate.explaining.checking import as_array, compare, rounding
from striate.explaining.explain import explain


class Standardised(nn.Conv2d):
    """A convolution that is not what its geometry says."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * 1.01


def test_a_difference_above_rounding_is_an_error() -> None:
    expected = (
        r"standardised\[0, 0, 0, 0\]: worked out by hand it is .*, but torch computed .*; the difference"
    )
    with pytest.raises(NetworkError, match=expected):
        explain(seeded(Standardised(1, 1, 2)), numbers(1, 1, 3, 3), layer="standardised", at=(0, 0))


def test_what_differs_by_rounding_agrees_and_says_by_how_much() -> None:
    ours, theirs = np.array([1.0, 2.0]), torch.tensor([1.0, 2.0 + 2e-7])
    check = compare("y", ours, as_array(theirs), rounding(theirs, 4, 2.0))
    assert (check.what, check.numbers) == ("y", 2)
    assert check.difference == pytest.approx(2e-7, rel=0.3)
    assert check.rounding == pytest.approx(20 * torch.finfo(torch.float32).eps * 2)
    with pytest.raises(
        NetworkError, match=r"^y: worked out by hand it is 2, but torch computed 2.1; the diff"
    ):
        compare("y", ours, np.array([1.0, 2.1]), rounding(theirs, 4, 2.0))


def test_nothing_to_compare_agrees_and_nan_does_not() -> None:
    assert compare("nothing", np.zeros(0), np.zeros(0), 0.0).numbers == 0
    with pytest.raises(NetworkError, match=r"^y: "):
        compare("y", np.array([1.0]), np.array([np.nan]), 1.0)


def test_rounding_grows_with_the_terms_and_the_precision() -> None:
    single, double = torch.zeros(1), torch.zeros(1, dtype=torch.float64)
    assert rounding(single, 100, 1.0) > rounding(single, 0, 1.0) > rounding(double, 100, 1.0)
    assert rounding(torch.zeros(1, dtype=torch.int64), 100, 1.0) == pytest.approx(0, abs=1e-30)
