"""(2+1)D convolution equals torch's two steps; without ReLU it is one 3D convolution."""

import numpy as np
import pytest
import torch.nn.functional as F
from derivation_witness import close, drawn, randoms, seeds, torch_says, tried
from hypothesis import given
from hypothesis import strategies as st

from striate.derivation import Convolution, TwoPlusOne, full_kernel
from striate.errors import ArgumentError

SHAPES = (2, 3, 5, 6, 7), (4, 3, 1, 3, 3), (5, 4, 3, 1, 1)


@given(st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(0, 2), st.integers(0, 2)), seeds)
@drawn
def test_equals_torch(settings, seed):
    arrays = randoms(seed, *SHAPES)
    operation = TwoPlusOne(*settings)
    time, space, before_time, before_space = settings

    def theirs(x, weight_space, weight_time):
        a = F.conv3d(x, weight_space, None, (1, space, space), (0, before_space, before_space))
        return F.conv3d(F.relu(a), weight_time, None, (time, 1, 1), (before_time, 0, 0))

    their_y, dy, gradients = torch_says(theirs, seed + 1, *arrays)
    y, saved = operation.forward(*arrays)
    close(y, their_y)
    for mine, his in zip(operation.backward(dy, saved), gradients, strict=True):
        close(mine, his)


def test_with_nothing_between_it_is_one_3d_convolution():
    x, weight_space, weight_time = randoms(0, *SHAPES)
    linear = TwoPlusOne(padding_time=1, padding_space=1, between=None)
    y, _ = linear.forward(x, weight_space, weight_time)
    close(y, Convolution(padding=1).forward(x, full_kernel(weight_space, weight_time))[0])


def test_equals_numbers_tried():
    x, weight_space, weight_time = randoms(1, (1, 2, 3, 4, 4), (2, 2, 1, 3, 3), (2, 2, 3, 1, 1))
    operation = TwoPlusOne(padding_time=1)
    y, saved = operation.forward(x, weight_space, weight_time)
    (dy,) = randoms(2, y.shape)
    dx, d_space, d_time = operation.backward(dy, saved)
    close(dx, tried(lambda x: operation.forward(x, weight_space, weight_time)[0], x, dy), 1e-7)
    close(d_space, tried(lambda w: operation.forward(x, w, weight_time)[0], weight_space, dy), 1e-7)
    close(d_time, tried(lambda w: operation.forward(x, weight_space, w)[0], weight_time, dy), 1e-7)


def test_what_does_not_fit_is_told():
    with pytest.raises(
        ArgumentError, match=r"weights of shape \(4, 3, 3, 3, 3\) and \(5, 4, 3, 1, 1\), expec"
    ):
        TwoPlusOne().forward(np.zeros(SHAPES[0]), np.zeros((4, 3, 3, 3, 3)), np.zeros(SHAPES[2]))
