"""Activations, one number at a time: y = f(x), so ∂L/∂x = δ · f′(x).

    ReLU          f(x) = max(x, 0)               f′ = 1 where x > 0, else 0     (0 at x = 0, as torch)
    leaky ReLU    f(x) = x, or a·x below 0       f′ = 1 where x > 0, else a
    ReLU6         f(x) = min(max(x, 0), 6)       f′ = 1 where 0 < x < 6, else 0
    sigmoid       f(x) = 1 / (1 + e⁻ˣ)           f′ = y·(1 − y)
    tanh          f(x) = (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)   f′ = 1 − y²
    SiLU          f(x) = x·σ(x)                  f′ = σ + x·σ·(1 − σ)
    hard sigmoid  f(x) = min(max(x/6 + 1/2, 0), 1)    f′ = 1/6 where −3 < x < 3, else 0
    hard swish    f(x) = x·hardsigmoid(x)        f′ = x/3 + 1/2 where −3 < x < 3, 1 above, 0 below
    ELU           f(x) = x, or a·(eˣ − 1) below 0     f′ = 1 where x > 0, else a·eˣ
    softplus      f(x) = log(1 + eˣ)             f′ = σ(x)
    GELU          f(x) = x·Φ(x)                  f′ = Φ(x) + x·φ(x)    (Φ, φ: of the normal distribution)

Sigmoid: y′ = e⁻ˣ/(1 + e⁻ˣ)² = y·(1 − y), since 1 − y = e⁻ˣ/(1 + e⁻ˣ). It is at most 1/4, which is why deep
chains of sigmoids lose their gradient. tanh(x) = 2σ(2x) − 1, so its derivative is 4σ(1 − σ) = 1 − y².
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from striate.derivation.shapes import Array, expect_gradient


def sigmoid(x: Array) -> Array:
    """1 / (1 + e⁻ˣ), written with tanh so that no exponential overflows.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    y: Array = 0.5 * np.tanh(0.5 * x) + 0.5
    return y


class Activation(ABC):
    """A function of one number with its derivative. Saves x."""

    @abstractmethod
    def value(self, x: Array) -> Array:
        """f(x)."""

    @abstractmethod
    def slope(self, x: Array) -> Array:
        """f′(x)."""

    def forward(self, x: Array) -> tuple[Array, Array]:
        """y = f(x), of any shape."""
        return self.value(x).astype(x.dtype), x

    def backward(self, dy: Array, saved: Array) -> Array:
        """δ·f′(x)."""
        expect_gradient(dy, saved.shape, f"an activation, {type(self).__name__},")
        dx: Array = dy * self.slope(saved).astype(dy.dtype)
        return dx


@dataclass(frozen=True)
class Relu(Activation):
    """max(x, 0)."""

    def value(self, x: Array) -> Array:
        return np.maximum(x, 0)

    def slope(self, x: Array) -> Array:
        return x > 0


@dataclass(frozen=True)
class LeakyRelu(Activation):
    """x above 0, a small multiple of it below (Maas et al. 2013)."""

    slope_below: float = 0.01

    def value(self, x: Array) -> Array:
        return np.where(x > 0, x, self.slope_below * x)

    def slope(self, x: Array) -> Array:
        return np.where(x > 0, 1, self.slope_below)


@dataclass(frozen=True)
class Relu6(Activation):
    """A ReLU that stops at 6 (MobileNets)."""

    def value(self, x: Array) -> Array:
        return np.clip(x, 0, 6)

    def slope(self, x: Array) -> Array:
        return (x > 0) & (x < 6)


@dataclass(frozen=True)
class Sigmoid(Activation):
    """1 / (1 + e⁻ˣ)."""

    def value(self, x: Array) -> Array:
        return sigmoid(x)

    def slope(self, x: Array) -> Array:
        y = sigmoid(x)
        slope: Array = y * sigmoid(-x)
        return slope


@dataclass(frozen=True)
class Tanh(Activation):
    """The hyperbolic tangent."""

    def value(self, x: Array) -> Array:
        return np.tanh(x)

    def slope(self, x: Array) -> Array:
        y = np.tanh(x)
        slope: Array = (1 - y) * (1 + y)
        return slope


@dataclass(frozen=True)
class Silu(Activation):
    """x·σ(x), also called swish (X3D)."""

    def value(self, x: Array) -> Array:
        return x * sigmoid(x)

    def slope(self, x: Array) -> Array:
        gate = sigmoid(x)
        slope: Array = gate * (1 + x * (1 - gate))
        return slope


@dataclass(frozen=True)
class HardSigmoid(Activation):
    """A sigmoid of three straight lines (Howard et al. 2019, MobileNetV3)."""

    def value(self, x: Array) -> Array:
        return np.clip(x / 6 + 0.5, 0, 1)

    def slope(self, x: Array) -> Array:
        return (np.abs(x) < 3) / 6


@dataclass(frozen=True)
class HardSwish(Activation):
    """x times the hard sigmoid (Howard et al. 2019)."""

    def value(self, x: Array) -> Array:
        return x * np.clip(x / 6 + 0.5, 0, 1)

    def slope(self, x: Array) -> Array:
        return np.where(np.abs(x) < 3, x / 3 + 0.5, x >= 3)


@dataclass(frozen=True)
class Elu(Activation):
    """x above 0, towards −a below (Clevert et al. 2016); all of it times `scale`, as in SELU."""

    alpha: float = 1.0
    scale: float = 1.0

    def value(self, x: Array) -> Array:
        return self.scale * np.where(x > 0, x, self.alpha * np.expm1(np.minimum(x, 0)))

    def slope(self, x: Array) -> Array:
        return self.scale * np.where(x > 0, 1, self.alpha * np.exp(np.minimum(x, 0)))


@dataclass(frozen=True)
class Softplus(Activation):
    """A smooth ReLU."""

    def value(self, x: Array) -> Array:
        return np.logaddexp(x, 0)

    def slope(self, x: Array) -> Array:
        return sigmoid(x)


@dataclass(frozen=True)
class Gelu(Activation):
    """x times the share of the normal distribution below x (Hendrycks & Gimpel 2016)."""

    def value(self, x: Array) -> Array:
        return x * _below(x)

    def slope(self, x: Array) -> Array:
        return _below(x) + x * np.exp(-0.5 * np.square(x)) / math.sqrt(2 * math.pi)


_ERFC = np.vectorize(math.erfc, otypes=[float])


def _below(x: Array) -> Array:
    """Φ(x), accurate far below 0 too."""
    share: Array = 0.5 * _ERFC(-np.asarray(x, float) / math.sqrt(2))
    return share
