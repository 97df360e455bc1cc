"""Smooth activations, one number at a time: y = f(x), so ∂L/∂x = δ · f′(x).

    sigmoid       f(x) = 1 / (1 + e⁻ˣ)                f′ = y·(1 − y)
    tanh          f(x) = (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)        f′ = 1 − y²
    SiLU          f(x) = x·σ(x)                       f′ = σ + x·σ·(1 − σ)
    mish          f(x) = x·tanh(log(1 + eˣ))          f′ = t + x·σ·(1 − t²), t = tanh(log(1 + eˣ))
    ELU           f(x) = x, or a·(e^{s·x} − 1) below 0    f′ = 1 where x > 0, else a·s·e^{s·x}
    softplus      f(x) = log(1 + e^{βx})/β            f′ = σ(βx)
    log sigmoid   f(x) = −log(1 + e⁻ˣ)                f′ = σ(−x)
    softsign      f(x) = x/(1 + |x|)                  f′ = 1/(1 + |x|)²
    tanh shrink   f(x) = x − tanh x                   f′ = tanh² x
    GELU          f(x) = x·Φ(x)                       f′ = Φ(x) + x·φ(x)    (Φ, φ: of the normal distribution)
      by tanh     f(x) = x/2·(1 + t), t = tanh(u), u = √(2/π)·(x + 0.044715x³)
                                                      f′ = (1 + t)/2 + x/2·(1 − t²)·u′

Sigmoid: y′ = e⁻ˣ/(1 + e⁻ˣ)² = y·(1 − y), since 1 − y = e⁻ˣ/(1 + e⁻ˣ). It is at most 1/4, which is why deep
chains of sigmoids lose their gradient. tanh(x) = 2σ(2x) − 1, so its derivative is 4σ(1 − σ) = 1 − y².
`piecewise_linear.py` has those of straight lines.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from striate.derivation.shapes import Array, expect_gradient


def sigmoid(x: Array) -> Array:
    """1 / (1 + e⁻ˣ), below 0 as eˣ / (1 + eˣ): nothing overflows, and what is all but 0 keeps its digits.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    >>> float(sigmoid(np.array(-50.0)))
    1.9287498479639178e-22
    """
    below = x.real < 0  # of a complex x too, along which derivatives are taken
    small = np.exp(np.where(below, x, -x))
    y: Array = np.where(below, small, 1) / (1 + small)
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
class Mish(Activation):
    """x·tanh(softplus(x)) (Misra 2019)."""

    def value(self, x: Array) -> Array:
        return x * np.tanh(np.logaddexp(x, 0))

    def slope(self, x: Array) -> Array:
        gate = np.tanh(np.logaddexp(x, 0))
        slope: Array = gate + x * sigmoid(x) * (1 - gate) * (1 + gate)
        return slope


@dataclass(frozen=True)
class Elu(Activation):
    """x above 0, towards −a below (Clevert et al. 2016); all of it times `scale`, as in SELU.

    steepness: of the exponential; 1/a makes it a CELU, whose slope has no jump.
    """

    alpha: float = 1.0
    scale: float = 1.0
    steepness: float = 1.0

    def value(self, x: Array) -> Array:
        below = self.alpha * np.expm1(self.steepness * np.minimum(x, 0))
        return self.scale * np.where(x > 0, x, below)

    def slope(self, x: Array) -> Array:
        below = self.alpha * self.steepness * np.exp(self.steepness * np.minimum(x, 0))
        return self.scale * np.where(x > 0, 1, below)


@dataclass(frozen=True)
class Softplus(Activation):
    """A smooth ReLU, which torch replaces by x where β·x is above a threshold."""

    beta: float = 1.0
    threshold: float = 20.0

    def value(self, x: Array) -> Array:
        linear = self.beta * x > self.threshold
        return np.where(linear, x, np.logaddexp(self.beta * x, 0) / self.beta)

    def slope(self, x: Array) -> Array:
        return np.where(self.beta * x > self.threshold, 1, sigmoid(self.beta * x))


@dataclass(frozen=True)
class LogSigmoid(Activation):
    """log σ(x)."""

    def value(self, x: Array) -> Array:
        return -np.logaddexp(-x, 0)

    def slope(self, x: Array) -> Array:
        return sigmoid(-x)


@dataclass(frozen=True)
class Softsign(Activation):
    """x / (1 + |x|)."""

    def value(self, x: Array) -> Array:
        y: Array = x / (1 + np.abs(x))
        return y

    def slope(self, x: Array) -> Array:
        slope: Array = 1 / np.square(1 + np.abs(x))
        return slope


@dataclass(frozen=True)
class TanhShrink(Activation):
    """x − tanh x."""

    def value(self, x: Array) -> Array:
        return x - np.tanh(x)

    def slope(self, x: Array) -> Array:
        return np.square(np.tanh(x))


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


@dataclass(frozen=True)
class GeluByTanh(Activation):
    """A GELU with Φ approximated by a tanh (Hendrycks & Gimpel 2016)."""

    def value(self, x: Array) -> Array:
        y: Array = 0.5 * x * (1 + np.tanh(self.inside(x)))
        return y

    def slope(self, x: Array) -> Array:
        t = np.tanh(self.inside(x))
        steep = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * np.square(x))
        slope: Array = 0.5 * (1 + t) + 0.5 * x * (1 - t) * (1 + t) * steep
        return slope

    def inside(self, x: Array) -> Array:
        """u."""
        u: Array = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
        return u
