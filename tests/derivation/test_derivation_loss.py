"""Softmax and cross-entropy equal torch's, with label smoothing and with huge scores."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from derivation_witness import close, drawn, randoms, seeds, torch_says, tried
from hypothesis import given
from hypothesis import strategies as st

from striate.derivation import CrossEntropy, Softmax
from striate.errors import ArgumentError


@given(st.integers(1, 5), st.integers(2, 7), st.sampled_from([0.0, 0.1, 0.5]), seeds)
@drawn
def test_cross_entropy_equals_torch(samples, classes, smoothing, seed):
    (scores,) = randoms(seed, (samples, classes))
    labels = np.random.default_rng(seed).integers(0, classes, samples)
    tensor = torch.tensor(scores * 4, requires_grad=True)
    theirs = F.cross_entropy(tensor, torch.tensor(labels), label_smoothing=smoothing)
    theirs.backward()
    loss = CrossEntropy(smoothing)
    value, saved = loss.forward(scores * 4, labels)
    close(value, theirs)
    close(loss.backward(saved), tensor.grad)


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 5)])
def test_softmax_equals_torch(shape):
    (x,) = randoms(0, shape)
    their_y, dy, (their_dx,) = torch_says(lambda x: F.softmax(x, -1), 1, x)
    y, saved = Softmax().forward(x)
    close(y, their_y)
    close(Softmax().backward(dy, saved), their_dx)


def test_equals_numbers_tried():
    (scores,) = randoms(2, (3, 4))
    labels = np.array([0, 3, 1])
    loss = CrossEntropy(0.2)
    _, saved = loss.forward(scores, labels)
    dy = np.array(2.0)
    close(loss.backward(saved, 2.0), tried(lambda z: loss.forward(z, labels)[0], scores, dy), 1e-8)


def test_huge_scores_stay_finite():
    value, saved = CrossEntropy().forward(np.array([[1e4, 0.0], [0.0, 1e4]]), np.array([0, 0]))
    assert value == 5000
    assert CrossEntropy().backward(saved).tolist() == [[0, 0], [-0.5, 0.5]]


def test_float32_stays():
    value, saved = CrossEntropy(0.1).forward(np.zeros((2, 3), np.float32), np.array([0, 2]))
    assert value.dtype == CrossEntropy().backward(saved).dtype == np.float32


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        (np.array([0, 3]), "labels run from 0 to 3, but the scores are of 3 classes: expected 0 to 2"),
        (np.array([0.0, 1.0]), r"shape \(2,\) and type float64, expected \(N,\) whole numbers"),
        (np.array([0]), r"scores of shape \(2, 3\) and 1 labels, expected \(N, K\) and N: one row"),
    ],
)
def test_what_does_not_fit_is_told(labels, text):
    with pytest.raises(ArgumentError, match=text):
        CrossEntropy().forward(np.zeros((2, 3)), labels)
