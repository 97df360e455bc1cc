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
    transposed.py        transposed convolution
    moving.py            numbers that only move: padding of every kind, pixel and channel shuffles, reshaping
    upsampling.py        nearest, linear and cubic
    max_pooling.py       max pool, and who won
    average_pooling.py   average, adaptive and global pools
    activations.py       smooth ones: sigmoid, tanh, SiLU, GELU, …
    piecewise_linear.py  ReLU and its kin
    normalisation.py     batch and group normalisation
    layer_normalisation.py  layer and RMS normalisation
    branches.py          dropout, residual sum
    cells.py             RNN, LSTM and GRU, one step
    through_time.py      a cell along a sequence, and back
    recurrent.py         layers of them, both ways
    loss.py              softmax and cross-entropy
    updates.py           gradient descent, momentum, Adam
    network.py           layers in a row
    terms.py             one gradient as its terms
    units.py             one output as its products
    numerical.py         the second witness: a gradient by trying
"""

from striate.derivation.activations import (
    Elu,
    Gelu,
    GeluByTanh,
    LogSigmoid,
    Mish,
    Sigmoid,
    Silu,
    Softplus,
    Softsign,
    Tanh,
    TanhShrink,
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
from striate.derivation.layer_normalisation import LayerNorm
from striate.derivation.loss import CrossEntropy, Softmax
from striate.derivation.max_pooling import AdaptiveMaxPool, MaxPool, winner_cells
from striate.derivation.moving import (
    ChannelShuffle,
    Frames,
    Moving,
    Pad,
    PixelShuffle,
    PixelUnshuffle,
    Reshape,
)
from striate.derivation.network import Layer, Sequential, convolution_layer, fully_connected_layer
from striate.derivation.normalisation import BatchNorm, GroupNorm, Running
from striate.derivation.numerical import numerical_gradient
from striate.derivation.piecewise_linear import (
    HardShrink,
    HardSigmoid,
    HardSwish,
    Hardtanh,
    LeakyRelu,
    Prelu,
    Relu,
    Relu6,
    SoftShrink,
    Threshold,
)
from striate.derivation.recurrent import Recurrent
from striate.derivation.temporal_shift import TemporalShift
from striate.derivation.terms import (
    Term,
    Terms,
    bias_terms,
    channel_terms,
    fully_connected_terms,
    place_terms,
    transposed_terms,
    weight_terms,
)
from striate.derivation.through_time import ThroughTime
from striate.derivation.transposed import TransposedConvolution
from striate.derivation.unfolding import AsMatrixProduct, fold, unfold
from striate.derivation.units import (
    Unit,
    Window,
    convolution_unit,
    fully_connected_unit,
    max_pool_window,
)
from striate.derivation.updates import Adam, GradientDescent, Momentum, update
from striate.derivation.upsampling import Upsample

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Adam",
    "AdaptiveAveragePool",
    "AdaptiveMaxPool",
    "AsMatrixProduct",
    "AveragePool",
    "BatchNorm",
    "ChannelShuffle",
    "Convolution",
    "CrossEntropy",
    "Dropout",
    "Elu",
    "Flatten",
    "Frames",
    "FullyConnected",
    "Gelu",
    "GeluByTanh",
    "GlobalAveragePool",
    "GradientDescent",
    "GroupNorm",
    "HardShrink",
    "HardSigmoid",
    "HardSwish",
    "Hardtanh",
    "Layer",
    "LayerNorm",
    "LeakyRelu",
    "LogSigmoid",
    "MaxPool",
    "MeanOverFrames",
    "Mish",
    "Momentum",
    "Moving",
    "Pad",
    "PixelShuffle",
    "PixelUnshuffle",
    "Pointwise",
    "Prelu",
    "Recurrent",
    "Relu",
    "Relu6",
    "Reshape",
    "ResidualSum",
    "Running",
    "Sequential",
    "Sigmoid",
    "Silu",
    "SoftShrink",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
    "TanhShrink",
    "TemporalShift",
    "Term",
    "Terms",
    "Threshold",
    "ThroughTime",
    "TransposedConvolution",
    "TwoPlusOne",
    "Unit",
    "Upsample",
    "Window",
    "bias_terms",
    "channel_terms",
    "convolution_layer",
    "convolution_unit",
    "fold",
    "full_kernel",
    "fully_connected_layer",
    "fully_connected_terms",
    "fully_connected_unit",
    "max_pool_window",
    "numerical_gradient",
    "place_terms",
    "transposed_terms",
    "unfold",
    "update",
    "weight_terms",
    "winner_cells",
]
