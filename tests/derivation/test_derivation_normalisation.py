"""Batch normalisation equals torch's, in training, in evaluation, and in what it remembers."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from derivation_witness import close, drawn, per_axis, randoms, seeds, torch_says, tried
from hypothesis import given
from hypothesis import strategies as st

from striate.derivation import BatchNorm, GroupNorm, Running
from striate.errors import ArgumentError


@given(st.integers(0, 3), st.data(), st.booleans(), seeds)
@drawn
def test_training_equals_torch(axes, data, affine, seed):
    shape = (data.draw(st.integers(2, 4)), 3, *per_axis(data.draw, axes, 1, 4))
    x, weight, bias = randoms(seed, shape, (3,), (3,))
    arrays = (x * 3 + 1, weight, bias) if affine else (x * 3 + 1,)
    their_y, dy, theirs = torch_says(
        lambda x, w=None, b=None: F.batch_norm(x, None, None, w, b, training=True), seed + 1, *arrays
    )
    y, saved = BatchNorm().forward(*arrays)
    close(y, their_y)
    for mine, his in zip(BatchNorm().backward(dy, saved), theirs, strict=False):
        close(mine, his)


@given(st.integers(0, 3), st.data(), seeds)
@drawn
def test_evaluation_equals_torch(axes, data, seed):
    shape = (data.draw(st.integers(1, 3)), 3, *per_axis(data.draw, axes, 1, 4))
    x, weight, bias, mean, variance = randoms(seed, shape, (3,), (3,), (3,), (3,))
    variance = variance**2 + 0.1
    constants = torch.tensor(mean), torch.tensor(variance)
    their_y, dy, theirs = torch_says(
        lambda x, w, b: F.batch_norm(x, *constants, w, b), seed + 1, x, weight, bias
    )
    y, saved = BatchNorm().forward(x, weight, bias, mean, variance)
    close(y, their_y)
    for mine, his in zip(BatchNorm().backward(dy, saved), theirs, strict=True):
        close(mine, his)


def test_what_it_remembers_equals_torch():
    norm, theirs = BatchNorm(), torch.nn.BatchNorm2d(3).double()
    running = Running(np.zeros(3), np.ones(3))
    for seed in range(4):
        (x,) = randoms(seed, (4, 3, 2, 5))
        theirs(torch.tensor(x))
        running = norm.running(running, norm.forward(x)[1])
    close(running.mean, theirs.running_mean)
    close(running.variance, theirs.running_var)


@pytest.mark.parametrize("constants", [(), (np.array([0.5, -1.0]), np.array([2.0, 0.3]))])
def test_equals_numbers_tried(constants):
    x, weight, bias = randoms(5, (3, 2, 4), (2,), (2,))
    norm = BatchNorm()
    y, saved = norm.forward(x, weight, bias, *constants)
    (dy,) = randoms(6, y.shape)
    dx, dw, db = norm.backward(dy, saved)
    close(dx, tried(lambda x: norm.forward(x, weight, bias, *constants)[0], x, dy), 1e-7)
    close(dw, tried(lambda w: norm.forward(x, w, bias, *constants)[0], weight, dy), 1e-7)
    close(db, tried(lambda b: norm.forward(x, weight, b, *constants)[0], bias, dy), 1e-7)


def test_worked_by_hand():
    y, saved = BatchNorm(epsilon=0).forward(np.array([[1.0], [3.0]]))
    assert y.tolist() == [[-1], [1]]
    assert (saved.mean.item(), saved.variance.item()) == (2, 1)
    dx, dw, db = BatchNorm(epsilon=0).backward(np.array([[5.0], [7.0]]), saved)
    assert dx.tolist() == [[0], [0]]  # two numbers: a shift and a scale are all they can do
    assert dw is None
    assert db is None


def test_float32_stays():
    x, weight, bias = (a.astype(np.float32) for a in randoms(7, (4, 2, 3), (2,), (2,)))
    y, saved = BatchNorm().forward(x, weight, bias)
    assert {a.dtype for a in (y, *BatchNorm().backward(y, saved))} == {np.dtype(np.float32)}
    assert BatchNorm().running(Running(weight, bias), saved).variance.dtype == np.float32


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        ((np.zeros(3),), r"got an input of shape \(3,\), expected \(N, C, \.\.\.\)"),
        (
            (np.zeros((2, 3)), np.zeros(2)),
            r"the weight of a batch normalisation has shape \(2,\), expected \(3,\)",
        ),
        ((np.zeros((1, 3)),), r"got \(1, 3\), one number per channel, whose variance is always 0"),
        ((np.zeros((2, 3)), None, None, np.zeros(3)), "got one of mean and variance: give both, or neither"),
    ],
)
def test_what_does_not_fit_is_told(arrays, text):
    with pytest.raises(ArgumentError, match=text):
        BatchNorm().forward(*arrays)


@given(st.integers(1, 3), st.sampled_from([1, 2, 4]), st.data(), st.booleans(), seeds)
@drawn
def test_groups_equal_torch(axes, groups, data, affine, seed):
    shape = (data.draw(st.integers(1, 3)), 4, *per_axis(data.draw, axes, 2, 4))
    x, weight, bias = randoms(seed, shape, (4,), (4,))
    arrays = (x * 3 + 1, weight, bias) if affine else (x * 3 + 1,)
    their_y, dy, theirs = torch_says(
        lambda x, w=None, b=None: F.group_norm(x, groups, w, b), seed + 1, *arrays
    )
    y, saved = GroupNorm(groups).forward(*arrays)
    close(y, their_y)
    for mine, his in zip(GroupNorm(groups).backward(dy, saved), theirs, strict=False):
        close(mine, his)


def test_groups_worked_by_hand():
    x = np.array([[[1.0, 3.0], [10.0, 30.0]]])  # one sample, two channels of two numbers
    alone, _ = GroupNorm(2, epsilon=0).forward(x)
    assert alone.tolist() == [[[-1, 1], [-1, 1]]]
    together, saved = GroupNorm(1, epsilon=0).forward(x)
    assert saved[3].mean.tolist() == [11]
    assert saved[3].variance.tolist() == [131.5]
    close(together, (x - 11) / np.sqrt(131.5))
