"""Convolution equals torch's and its definition, forward and backward, on one to three axes."""

from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from derivation_witness import close, drawn, per_axis, randoms, seeds, sizes_that_fit, torch_says, tried
from hypothesis import given
from hypothesis import strategies as st

from striate.derivation import AsMatrixProduct, Convolution
from striate.derivation.convolution import BLOCK_BYTES
from striate.errors import ArgumentError

TORCH = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


@st.composite
def cases(draw):
    axes, groups = draw(st.integers(1, 3)), draw(st.sampled_from([1, 1, 2, 3]))
    kernel, dilation = per_axis(draw, axes, 1, 3), per_axis(draw, axes, 1, 2)
    stride, padding = per_axis(draw, axes, 1, 3), per_axis(draw, axes, 0, 2)
    channels = draw(st.sampled_from([1, 2, 3, 9]))
    filters = groups * draw(st.integers(1, 3))
    size = sizes_that_fit(draw, kernel, padding, dilation, more=3)
    shapes = (draw(st.integers(1, 3)), groups * channels, *size), (filters, channels, *kernel)
    return (
        Convolution(stride, padding, dilation, groups),
        randoms(draw(seeds), *shapes, (filters,)),
        draw(st.booleans()),
    )


@given(cases(), seeds)
@drawn
def test_forward_and_backward_equal_torch(case, seed):
    convolution, (x, weight, bias), biased = case
    arrays = (x, weight, bias) if biased else (x, weight)
    settings = (convolution.stride, convolution.padding, convolution.dilation, convolution.groups)
    their_y, dy, theirs = torch_says(
        lambda x, w, b=None: TORCH[x.ndim - 2](x, w, b, *settings), seed, *arrays
    )
    for form in (convolution, AsMatrixProduct(convolution)):
        y, saved = form.forward(*arrays)
        close(y, their_y)
        ours = form.backward(dy, saved)
        for mine, his in zip(ours, theirs, strict=False):
            close(mine, his)
        assert (ours.bias is not None) is biased


def by_definition(x, weight, stride, dilation):
    """The sum as it is written, in loops; two axes, no padding."""
    (n, _, *size), (filters, channels, *kernel) = x.shape, weight.shape
    out = [(s - d * (k - 1) - 1) // t + 1 for s, d, k, t in zip(size, dilation, kernel, stride, strict=True)]
    y = np.zeros((n, filters, *out))
    for sample, o, i, j in np.ndindex(y.shape):
        for c, u, v in product(range(channels), *map(range, kernel)):
            seen = x[sample, c, i * stride[0] + u * dilation[0], j * stride[1] + v * dilation[1]]
            y[sample, o, i, j] += weight[o, c, u, v] * seen
    return y


def test_forward_equals_the_definition():
    x, weight = randoms(0, (2, 3, 7, 6), (2, 3, 3, 2))
    close(Convolution((2, 1), 0, (1, 2)).forward(x, weight)[0], by_definition(x, weight, (2, 1), (1, 2)))


def test_backward_equals_numbers_tried():
    x, weight, bias = randoms(1, (2, 4, 5, 4), (4, 2, 3, 2), (4,))
    convolution = Convolution((2, 1), (1, 2), (1, 2), groups=2)
    y, saved = convolution.forward(x, weight, bias)
    (dy,) = randoms(2, y.shape)
    dx, dw, db = convolution.backward(dy, saved)
    close(dx, tried(lambda x: convolution.forward(x, weight, bias)[0], x, dy), 1e-8)
    close(dw, tried(lambda w: convolution.forward(x, w, bias)[0], weight, dy), 1e-8)
    close(db, tried(lambda b: convolution.forward(x, weight, b)[0], bias, dy), 1e-8)


def test_padding_may_differ_before_and_after():
    x, weight = randoms(3, (1, 2, 5, 6), (3, 2, 2, 3))
    padded = np.pad(x, ((0, 0), (0, 0), (2, 0), (0, 1)))
    y, saved = Convolution(padding=[(2, 0), (0, 1)]).forward(x, weight)
    wanted, wanted_saved = Convolution().forward(padded, weight)
    close(y, wanted)
    dx = Convolution(padding=[(2, 0), (0, 1)]).input_gradient(y, saved)
    close(dx, Convolution().input_gradient(y, wanted_saved)[:, :, 2:, :-1])


def test_worked_by_hand():
    x = np.arange(1, 10).reshape(1, 1, 3, 3)
    weight = np.array([[[[1, 0], [0, -1]]]])
    y, saved = Convolution().forward(x, weight, np.array([10]))
    assert y.tolist() == [[[[1 - 5 + 10, 2 - 6 + 10], [4 - 8 + 10, 5 - 9 + 10]]]]
    dx, dw, db = Convolution().backward(np.array([[[[1, 2], [3, 4]]]]), saved)
    assert dw.tolist() == [[[[1 + 4 + 12 + 20, 2 + 6 + 15 + 24], [4 + 10 + 21 + 32, 5 + 12 + 24 + 36]]]]
    assert dx.tolist() == [[[[1, 2, 0], [3, 4 - 1, -2], [0, -3, -4]]]]
    assert db.tolist() == [10]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("channels", [2, 16])  # fewer and more than FEW_CHANNELS: both copy orders
def test_more_samples_than_one_block_and_the_dtype_stays(dtype, channels):
    samples = BLOCK_BYTES // (12 * 12 * 9 * channels * np.dtype(dtype).itemsize) * 2 + 3
    x, weight, bias = (
        a.astype(dtype) for a in randoms(4, (samples, channels, 12, 12), (4, channels, 3, 3), (4,))
    )
    y, saved = Convolution(padding=1).forward(x, weight, bias)
    gradients = Convolution(padding=1).backward(y, saved)
    assert {a.dtype for a in (y, *gradients)} == {np.dtype(dtype)}
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, weight, bias)]
    theirs = F.conv2d(*tensors, padding=1)
    theirs.backward(torch.tensor(np.ascontiguousarray(y)))
    tolerance = 1e-3 if dtype == np.float32 else 1e-9
    for mine, tensor in zip(gradients, tensors, strict=True):
        close(mine, tensor.grad, tolerance)


@pytest.mark.parametrize("groups", [1, 2])
def test_one_sample_larger_than_a_block(groups):
    x, weight = randoms(7, (2, 4, 130, 140), (6, 4 // groups, 3, 3))
    assert BLOCK_BYTES < 128 * 138 * (9 * 4 + 6) * 8
    their_y, dy, theirs = torch_says(lambda x, w: F.conv2d(x, w, groups=groups), 8, x, weight)
    y, saved = Convolution(groups=groups).forward(x, weight)
    close(y, their_y)
    for mine, his in zip(Convolution(groups=groups).backward(dy, saved), theirs, strict=False):
        close(mine, his)


def test_parameters_alone_are_those_of_the_full_backward():
    x, weight, bias = randoms(5, (2, 3, 6), (4, 3, 3), (4,))
    y, saved = Convolution().forward(x, weight, bias)
    alone, full = Convolution().parameter_gradients(y, saved), Convolution().backward(y, saved)
    close(alone.weight, full.weight)
    close(alone.bias, full.bias)


def test_what_came_in_is_left_as_it_was():
    x, weight, bias = randoms(6, (2, 3, 6, 5), (4, 3, 1, 1), (4,))
    before = [a.copy() for a in (x, weight, bias)]
    y, saved = Convolution().forward(x, weight, bias)
    dy = np.ones_like(y)
    Convolution().backward(dy, saved)
    for now, then in zip((x, weight, bias, dy), (*before, np.ones_like(y)), strict=True):
        np.testing.assert_array_equal(now, then)


X, W = np.zeros((2, 3, 8, 8)), np.zeros((4, 3, 3, 3))


@pytest.mark.parametrize(
    ("convolution", "arrays", "text"),
    [
        (Convolution(), (np.zeros((2, 3)), W), r"input of shape \(2, 3\), expected \(N, C, \.\.\.\)"),
        (
            Convolution(),
            (X, W[0]),
            r"weight has shape \(3, 3, 3\), but the input \(2, 3, 8, 8\) has 2 spatial",
        ),
        (
            Convolution(),
            (X[:, :2], W),
            r"2 channels, but a weight of shape \(4, 3, 3, 3\) in 1 groups takes 3",
        ),
        (Convolution(groups=3), (X, W[:, :1]), "in 3 groups takes 3 and makes 4: channels must match"),
        (Convolution(), (X, W, np.zeros(3)), r"bias of a convolution has shape \(3,\), expected \(4,\): one"),
        (Convolution(dilation=4), (X, W), r"spans \(9, 9\) does not fit an input of \(8, 8\), \(8, 8\) when"),
        (Convolution(stride=0), (X, W), r"stride \(0, 0\) must be at least 1 on every axis"),
        (Convolution(stride=(1, 1, 1)), (X, W), "has 3 numbers, but the input has 2 spatial axes: give one"),
        (Convolution(padding=(1, 1, 1)), (X, W), "has 3 entries, but the input has 2 spatial axes"),
        (Convolution(padding=-1), (X, W), "padding -1 must not be negative"),
    ],
)
def test_what_does_not_fit_is_told(convolution, arrays, text):
    with pytest.raises(ArgumentError, match=text):
        convolution.forward(*arrays)


def test_a_gradient_of_another_shape_is_told():
    _, saved = Convolution().forward(X, W)
    with pytest.raises(ArgumentError, match=r"upstream gradient of a convolution has shape \(2, 4, 8, 8\)"):
        Convolution().backward(np.zeros((2, 4, 8, 8)), saved)
