"""Activations equal torch's, at 0 and at the corners too."""

import numpy as np
import pytest
import torch.nn.functional as F
from derivation_witness import close, randoms, torch_says, tried

from striate.derivation import (
    Elu,
    Gelu,
    HardSigmoid,
    HardSwish,
    LeakyRelu,
    Relu,
    Relu6,
    Sigmoid,
    Silu,
    Softplus,
    Tanh,
)  # fmt: skip
from striate.errors import ArgumentError

PAIRS = [
    (Relu(), F.relu),
    (LeakyRelu(0.1), lambda x: F.leaky_relu(x, 0.1)),
    (Relu6(), F.relu6),
    (Sigmoid(), F.sigmoid),
    (Tanh(), F.tanh),
    (Silu(), F.silu),
    (HardSigmoid(), lambda x: F.relu6(x + 3) / 6),  # torch's own knows 1/6 in single precision only
    (HardSwish(), F.hardswish),
    (Elu(0.7), lambda x: F.elu(x, 0.7)),
    (Elu(1.6732632423543772, 1.0507009873554805), F.selu),
    (Softplus(), F.softplus),
    (Gelu(), F.gelu),
]
NAMES = [type(ours).__name__ for ours, _ in PAIRS]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=NAMES)
@pytest.mark.parametrize("shape", [(7,), (2, 3, 4), (2, 3, 2, 3, 4)])
def test_equals_torch(ours, theirs, shape):
    x = np.concatenate([randoms(0, shape)[0].ravel() * 5, [0.0, 6.0, -1000.0, 1000.0]])
    their_y, dy, (their_dx,) = torch_says(theirs, 1, x)
    y, saved = ours.forward(x)
    close(y, their_y)
    close(ours.backward(dy, saved), their_dx)


@pytest.mark.parametrize("ours", [ours for ours, _ in PAIRS], ids=NAMES)
def test_equals_numbers_tried(ours):
    x = randoms(2, (4, 5))[0] * 3
    y, saved = ours.forward(x)
    (dy,) = randoms(3, y.shape)
    close(ours.backward(dy, saved), tried(lambda x: ours.forward(x)[0], x, dy), 1e-8)


@pytest.mark.parametrize("ours", [ours for ours, _ in PAIRS], ids=NAMES)
def test_float32_stays_and_the_shape_is_checked(ours):
    y, saved = ours.forward(np.linspace(-2, 8, 6, dtype=np.float32))
    assert y.dtype == ours.backward(y, saved).dtype == np.float32
    with pytest.raises(ArgumentError, match=r"has shape \(5,\), expected \(6,\): the shape of its output"):
        ours.backward(np.zeros(5), saved)


def test_worked_by_hand():
    y, saved = Relu().forward(np.array([-2.0, 0.0, 3.0]))
    assert y.tolist() == [0, 0, 3]
    assert Relu().backward(np.array([5.0, 5.0, 5.0]), saved).tolist() == [0, 0, 5]
    y, saved = Sigmoid().forward(np.array([0.0]))
    assert Sigmoid().backward(np.array([1.0]), saved).tolist() == [0.25]
