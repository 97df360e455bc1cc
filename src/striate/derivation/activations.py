"""Activations, one number at a time: y = f(x), so ∂L/∂x = δ · f′(x).

    ReLU         f(x) = max(x, 0)               f′ = 1 where x > 0, else 0     (0 at x = 0, as torch)
    leaky ReLU   f(x) = x, or a·x below 0       f′ = 1 where x > 0, else a
    ReLU6        f(x) = min(max(x, 0), 6)       f′ = 1 where 0 < x < 6, else 0
    sigmoid      f(x) = 1 / (1 + e⁻ˣ)           f′ = y·(1 − y)
    tanh         f(x) = (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)   f′ = 1 − y²
    SiLU         f(x) = x·σ(x)                  f′ = σ + x·σ·(1 − σ)

Sigmoid: y′ = e⁻ˣ/(1 + e⁻ˣ)² = y·(1 − y), since 1 − y = e⁻ˣ/(1 + e⁻ˣ). It is at most 1/4, which is why deep
chains of sigmoids lose their gradient. tanh(x) = 2σ(2x) − 1, so its derivative is 4σ(1 − σ) = 1 − y².
"""

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


@dataclass(frozen=True)
class Relu:
    """max(x, 0). Saves where it let x through."""

    def forward(self, x: Array) -> tuple[Array, Array]:
        """y = max(x, 0)."""
        return np.maximum(x, 0), x > 0

    def backward(self, dy: Array, saved: Array) -> Array:
        """δ where x > 0."""
        expect_gradient(dy, saved.shape, "a ReLU")
        return dy * saved


@dataclass(frozen=True)
class LeakyRelu:
    """x above 0, a small multiple of it below (Maas et al. 2013)."""

    slope: float = 0.01

    def forward(self, x: Array) -> tuple[Array, Array]:
        """y = x where x > 0, slope·x elsewhere."""
        positive = x > 0
        return np.where(positive, x, self.slope * x), positive

    def backward(self, dy: Array, saved: Array) -> Array:
        """δ where x > 0, slope·δ elsewhere."""
        expect_gradient(dy, saved.shape, "a leaky ReLU")
        return np.where(saved, dy, self.slope * dy)


@dataclass(frozen=True)
class Relu6:
    """A ReLU that stops at 6 (MobileNets)."""

    def forward(self, x: Array) -> tuple[Array, Array]:
        """y = min(max(x, 0), 6)."""
        return np.clip(x, 0, 6), (x > 0) & (x < 6)

    def backward(self, dy: Array, saved: Array) -> Array:
        """δ where 0 < x < 6."""
        expect_gradient(dy, saved.shape, "a ReLU6")
        return dy * saved


@dataclass(frozen=True)
class Sigmoid:
    """1 / (1 + e⁻ˣ). Saves y, which is all that its derivative needs."""

    def forward(self, x: Array) -> tuple[Array, Array]:
        """y = σ(x)."""
        y = sigmoid(x)
        return y, y

    def backward(self, dy: Array, saved: Array) -> Array:
        """δ·y·(1 − y)."""
        expect_gradient(dy, saved.shape, "a sigmoid")
        dx: Array = dy * saved * (1 - saved)
        return dx


@dataclass(frozen=True)
class Tanh:
    """The hyperbolic tangent. Saves y."""

    def forward(self, x: Array) -> tuple[Array, Array]:
        """y = tanh(x)."""
        y = np.tanh(x)
        return y, y

    def backward(self, dy: Array, saved: Array) -> Array:
        """δ·(1 − y²)."""
        expect_gradient(dy, saved.shape, "a tanh")
        dx: Array = dy * (1 - saved * saved)
        return dx


@dataclass(frozen=True)
class Silu:
    """x·σ(x), also called swish (X3D). Saves x."""

    def forward(self, x: Array) -> tuple[Array, Array]:
        """y = x·σ(x)."""
        return x * sigmoid(x), x

    def backward(self, dy: Array, saved: Array) -> Array:
        """δ·(σ + x·σ·(1 − σ))."""
        expect_gradient(dy, saved.shape, "a SiLU")
        gate = sigmoid(saved)
        dx: Array = dy * gate * (1 + saved * (1 - gate))
        return dx
