"""Fully connected layers, and what a 1×1 convolution is: the same layer at every pixel.

Forward, torch's layout, W (out, in):

    y[n,o] = b[o] + Σ_i W[o,i] · x[n,i]                    Y = X · Wᵀ + b

Backward, with δ = ∂L/∂y:

    ∂L/∂W[o,i] = Σ_n δ[n,o] · x[n,i]                       ∂L/∂W = δᵀ · X
    ∂L/∂b[o]   = Σ_n δ[n,o]
    ∂L/∂x[n,i] = Σ_o δ[n,o] · W[o,i]                       ∂L/∂X = δ · W
"""

from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np

from striate.derivation.convolution import Gradients, ParameterGradients
from striate.derivation.shapes import Array, Sizes, expect_gradient, expect_shape, expect_spatial
from striate.errors import ArgumentError


class Saved(NamedTuple):
    """What the backward pass needs."""

    x: Array
    weight: Array
    has_bias: bool


@dataclass(frozen=True)
class FullyConnected:
    """Y = X · Wᵀ + b on the last axis of x (N, ..., in), as torch's Linear.

    >>> FullyConnected().forward(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]), np.array([0.5]))[0]
    array([[11.5]])
    """

    def forward(self, x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, Saved]:
        """x (N, ..., in), weight (out, in), bias (out,) → y (N, ..., out)."""
        if weight.ndim != 2 or x.ndim < 2 or x.shape[-1] != weight.shape[1]:
            raise ArgumentError(
                f"a fully connected layer got an input of shape {x.shape} and a weight of {weight.shape}, "
                "expected (N, ..., in) and (out, in): flatten the input, or give the weight its last size"
            )
        y: Array = x @ weight.T
        if bias is not None:
            expect_shape(
                bias, weight.shape[:1], "the bias of a fully connected layer", "one number per output"
            )
            y += bias
        return y, Saved(x, weight, bias is not None)

    def backward(self, dy: Array, saved: Saved) -> Gradients:
        """δ (N, ..., out) → the gradients of input, weight and bias."""
        parameters = self.parameter_gradients(dy, saved)
        return Gradients(dy @ saved.weight, *parameters)

    def parameter_gradients(self, dy: Array, saved: Saved) -> ParameterGradients:
        """∂L/∂W = δᵀ · X and ∂L/∂b = Σ δ, over every axis but the last."""
        shape = (*saved.x.shape[:-1], len(saved.weight))
        expect_gradient(dy, shape, "a fully connected layer")
        rows = dy.reshape(-1, shape[-1])
        dw = rows.T @ saved.x.reshape(len(rows), -1)
        return ParameterGradients(dw, rows.sum(axis=0) if saved.has_bias else None)


@dataclass(frozen=True)
class Pointwise:
    """A 1×1 convolution as what it is: one fully connected layer, shared by all pixels.

    y[n,:,i] = W · x[n,:,i] + b at every place i: it mixes channels and looks at no neighbour. (Also called
    feature-map pooling, cross-channel parametric pooling or a projection; Lin, Chen & Yan 2013.)

    >>> x = np.array([[[1.0, 2.0], [10.0, 20.0]]])  # (N=1, C=2, two pixels)
    >>> Pointwise().forward(x, np.array([[1.0, 1.0], [0.0, 3.0]]))[0]
    array([[[11., 22.],
            [30., 60.]]])
    """

    def forward(self, x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, Saved]:
        """x (N, C, *size), weight (O, C) or (O, C, 1, ..., 1) → y (N, O, *size)."""
        expect_spatial(x, "a pointwise convolution")
        if weight.ndim < 2 or prod(weight.shape[2:]) != 1:
            raise ArgumentError(
                f"a pointwise convolution got a weight of shape {weight.shape}, expected (O, C) or "
                "(O, C, 1, ..., 1): a larger kernel is a Convolution"
            )
        y, saved = FullyConnected().forward(np.moveaxis(x, 1, -1), weight.reshape(weight.shape[:2]), bias)
        return np.moveaxis(y, -1, 1), saved._replace(weight=weight)

    def backward(self, dy: Array, saved: Saved) -> Gradients:
        """δ (N, O, *size) → the gradients of input, weight and bias."""
        weight = saved.weight
        flat = saved._replace(weight=weight.reshape(weight.shape[:2]))
        dx, dw, db = FullyConnected().backward(np.moveaxis(dy, 1, -1), flat)
        return Gradients(np.moveaxis(dx, -1, 1), dw.reshape(weight.shape), db)


@dataclass(frozen=True)
class Flatten:
    """(N, C, *size) → (N, C·Π size), in row-major order; backward puts the shape back."""

    def forward(self, x: Array) -> tuple[Array, Sizes]:
        """All axes after the first become one."""
        return x.reshape(len(x), prod(x.shape[1:])), x.shape

    def backward(self, dy: Array, saved: Sizes) -> Array:
        """The gradient of a rearrangement is the rearrangement undone."""
        expect_gradient(dy, (saved[0], prod(saved[1:])), "flattening")
        return dy.reshape(saved)
