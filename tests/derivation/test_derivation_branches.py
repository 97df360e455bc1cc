"""Dropout with a given mask, and the residual sum."""

import numpy as np
import pytest
import torch
from derivation_witness import close, randoms, torch_says

from striate.derivation import Dropout, ResidualSum
from striate.errors import ArgumentError


def test_dropout_equals_torchs_for_the_mask_that_torch_drew():
    x, dy = randoms(0, (50, 8), (50, 8))
    tensor = torch.tensor(x, requires_grad=True)
    theirs = torch.nn.functional.dropout(tensor, 0.3, training=True)
    theirs.backward(torch.tensor(dy))
    mask = theirs.detach().numpy() != 0
    y, saved = Dropout(0.3).forward(x, mask)
    close(y, theirs)
    close(Dropout(0.3).backward(dy, saved), tensor.grad)


def test_without_a_mask_nothing_is_dropped():
    (x,) = randoms(1, (3, 4))
    y, saved = Dropout(0.9).forward(x)
    assert y is x
    assert Dropout(0.9).backward(x, saved) is x


def test_a_mask_keeps_the_expected_share_and_sum():
    mask = Dropout(0.25).mask((200, 200), np.random.default_rng(0))
    assert mask.mean() == pytest.approx(0.75, abs=0.01)
    assert Dropout(0.25).forward(np.ones((200, 200)), mask)[0].mean() == pytest.approx(1, abs=0.02)


def test_float32_stays():
    x = np.ones((2, 2), np.float32)
    assert Dropout(0.3).forward(x, np.ones((2, 2), bool))[0].dtype == np.float32


def test_residual_sum_equals_torch():
    x, branch = randoms(2, (2, 3, 4), (2, 3, 4))
    their_y, dy, theirs = torch_says(torch.add, 3, x, branch)
    y, saved = ResidualSum().forward(x, branch)
    close(y, their_y)
    for mine, his in zip(ResidualSum().backward(dy, saved), theirs, strict=True):
        close(mine, his)


def test_what_does_not_fit_is_told():
    with pytest.raises(ArgumentError, match=r"a dropout of p=1\.5 is outside 0 ≤ p < 1: p is the share"):
        Dropout(1.5)
    with pytest.raises(
        ArgumentError, match=r"mask of a dropout has shape \(2,\), expected \(3,\): the shape"
    ):
        Dropout().forward(np.zeros(3), np.zeros(2))
    with pytest.raises(ArgumentError, match=r"branch of a residual sum has shape \(2,\), expected \(3,\)"):
        ResidualSum().forward(np.zeros(3), np.zeros(2))
