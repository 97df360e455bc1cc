"""Convolutional networks by hand: NumPy arrays in, forward and backward out, no torch.

Every operation is a frozen value that holds its geometry, with two methods that stand together:

    y, saved = Convolution(stride=2).forward(x, weight, bias)
    dx, dw, db = Convolution(stride=2).backward(dy, saved)

`forward` takes arrays `(N, C, *spatial)` with one, two or three spatial axes (a sequence is `(N, T, F)`) and
parameters in torch's shapes. `backward` takes the gradient at the output and what `forward` saved, and
returns the gradients of the input and of the parameters, in that order: one array, or a named tuple. The
dtype that comes in goes out. At the head of each file stands the derivation; `docs/derivation/` has the same
typeset, with numbers. What does not fit raises ArgumentError, one sentence with the shapes.

    geometry.py          where a sliding kernel looks: sizes, padding, positions
    convolution.py       convolution, any stride, padding, dilation, groups
    unfolding.py         the same as a matrix product
    fully_connected.py   fully connected, the 1×1 convolution as one at each pixel, flatten
    factorised.py        (2+1)D convolution
    temporal_shift.py    temporal shift
    max_pooling.py       max pool, and who won
    average_pooling.py   average, adaptive and global pools
    activations.py       ReLU and its kin, sigmoid, tanh, GELU
    normalisation.py     batch normalisation
    branches.py          dropout, residual sum
    cells.py             RNN, LSTM and GRU, one step
    through_time.py      a cell along a sequence, and back
    loss.py              softmax and cross-entropy
    updates.py           gradient descent, momentum, Adam
    network.py           layers in a row
    terms.py             one gradient as its terms, one output as its products
    numerical.py         the second witness: a gradient by trying
"""

from striate.derivation.activations import (
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
)
from striate.derivation.average_pooling import (
    AdaptiveAveragePool,
    AveragePool,
    GlobalAveragePool,
    MeanOverFrames,
)
from striate.derivation.branches import Dropout, ResidualSum
from striate.derivation.cells import GRU, LSTM, RNN
from striate.derivation.convolution import Convolution
from striate.derivation.factorised import TwoPlusOne, full_kernel
from striate.derivation.fully_connected import Flatten, FullyConnected, Pointwise
from striate.derivation.loss import CrossEntropy, Softmax
from striate.derivation.max_pooling import MaxPool, winner_cells
from striate.derivation.network import Layer, Sequential, convolution_layer, fully_connected_layer
from striate.derivation.normalisation import BatchNorm, GroupNorm, Running
from striate.derivation.numerical import numerical_gradient
from striate.derivation.temporal_shift import TemporalShift
from striate.derivation.terms import (
    Term,
    Terms,
    Unit,
    Window,
    bias_terms,
    convolution_unit,
    fully_connected_terms,
    fully_connected_unit,
    max_pool_window,
    weight_terms,
)
from striate.derivation.through_time import ThroughTime
from striate.derivation.unfolding import AsMatrixProduct, fold, unfold
from striate.derivation.updates import Adam, GradientDescent, Momentum, update

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Adam",
    "AdaptiveAveragePool",
    "AsMatrixProduct",
    "AveragePool",
    "BatchNorm",
    "Convolution",
    "CrossEntropy",
    "Dropout",
    "Elu",
    "Flatten",
    "FullyConnected",
    "Gelu",
    "GlobalAveragePool",
    "GradientDescent",
    "GroupNorm",
    "HardSigmoid",
    "HardSwish",
    "Layer",
    "LeakyRelu",
    "MaxPool",
    "MeanOverFrames",
    "Momentum",
    "Pointwise",
    "Relu",
    "Relu6",
    "ResidualSum",
    "Running",
    "Sequential",
    "Sigmoid",
    "Silu",
    "Softmax",
    "Softplus",
    "Tanh",
    "TemporalShift",
    "Term",
    "Terms",
    "ThroughTime",
    "TwoPlusOne",
    "Unit",
    "Window",
    "bias_terms",
    "convolution_layer",
    "convolution_unit",
    "fold",
    "full_kernel",
    "fully_connected_layer",
    "fully_connected_terms",
    "fully_connected_unit",
    "max_pool_window",
    "numerical_gradient",
    "unfold",
    "update",
    "weight_terms",
    "winner_cells",
]
