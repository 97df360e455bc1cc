"""Fully connected layers equal torch's Linear; a 1×1 convolution is one at every pixel."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from derivation_witness import close, drawn, per_axis, randoms, seeds, torch_says, tried
from hypothesis import given
from hypothesis import strategies as st

from striate.derivation import Convolution, Flatten, FullyConnected, Pointwise
from striate.errors import ArgumentError


@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(1, 5), st.integers(1, 5), seeds)
@drawn
def test_equals_torch(leading, inputs, outputs, seed):
    arrays = randoms(seed, (*leading, inputs), (outputs, inputs), (outputs,))
    their_y, dy, theirs = torch_says(F.linear, seed + 1, *arrays)
    y, saved = FullyConnected().forward(*arrays)
    close(y, their_y)
    for mine, his in zip(FullyConnected().backward(dy, saved), theirs, strict=True):
        close(mine, his)


def test_equals_numbers_tried():
    x, weight = randoms(0, (3, 4), (2, 4))
    y, saved = FullyConnected().forward(x, weight)
    (dy,) = randoms(1, y.shape)
    dx, dw, db = FullyConnected().backward(dy, saved)
    close(dx, tried(lambda x: FullyConnected().forward(x, weight)[0], x, dy), 1e-8)
    close(dw, tried(lambda w: FullyConnected().forward(x, w)[0], weight, dy), 1e-8)
    assert db is None


def test_worked_by_hand():
    x, weight = np.array([[1, 2], [3, 4]]), np.array([[5, 6], [7, 8], [9, 10]])
    y, saved = FullyConnected().forward(x, weight, np.array([0, 0, 1]))
    assert y.tolist() == [[17, 23, 30], [39, 53, 68]]
    dx, dw, db = FullyConnected().backward(np.array([[1, 0, 0], [0, 1, 1]]), saved)
    assert dx.tolist() == [[5, 6], [16, 18]]
    assert dw.tolist() == [[1, 2], [3, 4], [3, 4]]
    assert db.tolist() == [1, 1, 1]


@given(st.integers(1, 3), st.data(), seeds)
@drawn
def test_pointwise_equals_the_convolution_and_torch(axes, data, seed):
    size = per_axis(data.draw, axes, 1, 4)
    arrays = randoms(seed, (2, 3, *size), (4, 3, *(1,) * axes), (4,))
    conv = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[axes]
    their_y, dy, theirs = torch_says(conv, seed + 1, *arrays)
    for form in (Pointwise(), Convolution()):
        y, saved = form.forward(*arrays)
        close(y, their_y)
        for mine, his in zip(form.backward(dy, saved), theirs, strict=True):
            close(mine, his)


def test_pointwise_mixes_channels_at_one_pixel():
    x, weight = randoms(2, (1, 3, 2, 2), (4, 3))
    close(Pointwise().forward(x, weight)[0][0, :, 1, 0], weight @ x[0, :, 1, 0])


def test_flatten_is_torchs_order_and_undoes_itself():
    (x,) = randoms(3, (2, 3, 4, 5))
    channels_last_in_memory = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    y, saved = Flatten().forward(channels_last_in_memory)
    close(y, torch.flatten(torch.tensor(x), 1))
    close(Flatten().backward(y, saved), x)


@pytest.mark.parametrize(
    ("operation", "arrays", "text"),
    [
        (
            FullyConnected(),
            (np.zeros((2, 3, 4)), np.zeros((5, 3))),
            r"\(2, 3, 4\) and a weight of \(5, 3\), exp",
        ),
        (
            FullyConnected(),
            (np.zeros((2, 3)), np.zeros((5, 3)), np.zeros(3)),
            r"bias .* \(3,\), expected \(5,\)",
        ),
        (
            Pointwise(),
            (np.zeros((2, 3, 4, 4)), np.zeros((5, 3, 3, 3))),
            r"weight of shape \(5, 3, 3, 3\), expec",
        ),
        (
            Pointwise(),
            (np.zeros((2, 3)), np.zeros((5, 3))),
            r"a pointwise convolution got an input of shape \(2, 3\)",
        ),
    ],
)
def test_what_does_not_fit_is_told(operation, arrays, text):
    with pytest.raises(ArgumentError, match=text):
        operation.forward(*arrays)


def test_a_gradient_of_another_shape_is_told():
    _, saved = FullyConnected().forward(np.zeros((2, 3)), np.zeros((5, 3)))
    with pytest.raises(ArgumentError, match=r"a fully connected layer has shape \(2, 3\), expected \(2, 5\)"):
        FullyConnected().backward(np.zeros((2, 3)), saved)
