"""Activations made of straight lines: y = f(x), so ∂L/∂x = δ · f′(x), and f′ is a step.

    ReLU          f(x) = max(x, 0)                        f′ = 1 where x > 0, else 0
    leaky ReLU    f(x) = x, or a·x below 0                f′ = 1 where x > 0, else a
    ReLU6         f(x) = min(max(x, 0), 6)                f′ = 1 where 0 < x < 6, else 0
    hardtanh      f(x) = min(max(x, low), high)           f′ = 1 between, else 0
    threshold     f(x) = x above t, else v                f′ = 1 where x > t, else 0
    hard shrink   f(x) = x, or 0 where −λ ≤ x ≤ λ         f′ = 1 outside, else 0
    soft shrink   f(x) = x ∓ λ, or 0 where −λ ≤ x ≤ λ     f′ = 1 outside, else 0
    hard sigmoid  f(x) = min(max(x/6 + 1/2, 0), 1)        f′ = 1/6 where −3 < x < 3, else 0
    hard swish    f(x) = x·hardsigmoid(x)                 f′ = x/3 + 1/2 where −3 < x < 3, 1 above, 0 below

At a corner the slope is the one that torch takes. PReLU (He et al. 2015) is a leaky ReLU whose a is learned,
one for all channels or one each:

    ∂L/∂a = Σ δ·min(x, 0)
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from striate.derivation.activations import Activation
from striate.derivation.shapes import Array, expect_gradient
from striate.errors import ArgumentError


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
class Hardtanh(Activation):
    """x between two limits, the limit beyond."""

    low: float = -1.0
    high: float = 1.0

    def value(self, x: Array) -> Array:
        return np.clip(x, self.low, self.high)

    def slope(self, x: Array) -> Array:
        return (x > self.low) & (x < self.high)


@dataclass(frozen=True)
class Relu6(Hardtanh):
    """A ReLU that stops at 6 (MobileNets)."""

    low: float = 0.0
    high: float = 6.0


@dataclass(frozen=True)
class Threshold(Activation):
    """x above a threshold, one value for all others."""

    threshold: float
    below: float

    def value(self, x: Array) -> Array:
        return np.where(x > self.threshold, x, self.below)

    def slope(self, x: Array) -> Array:
        return x > self.threshold


@dataclass(frozen=True)
class HardShrink(Activation):
    """x, or 0 where it is small."""

    width: float = 0.5

    def value(self, x: Array) -> Array:
        return x * self.slope(x)

    def slope(self, x: Array) -> Array:
        return np.abs(x) > self.width


@dataclass(frozen=True)
class SoftShrink(Activation):
    """x brought nearer to 0, or 0 where it is small."""

    width: float = 0.5

    def value(self, x: Array) -> Array:
        shrunk: Array = np.sign(x) * np.maximum(np.abs(x) - self.width, 0)
        return shrunk

    def slope(self, x: Array) -> Array:
        return np.abs(x) > self.width


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


class PreluGradients(NamedTuple):
    """∂L/∂ of the input and of the slopes."""

    input: Array
    weight: Array


@dataclass(frozen=True)
class Prelu:
    """A leaky ReLU with learned slopes: weight (1,) for all channels, or (C,) for each its own."""

    def forward(self, x: Array, weight: Array) -> tuple[Array, tuple[Array, Array]]:
        """(N, C, ...) → the same shape."""
        if weight.size not in (1, x.shape[1] if x.ndim > 1 else 1):
            raise ArgumentError(
                f"a PReLU got {weight.size} slopes for an input of {x.shape}: give one, or one per channel"
            )
        wide = weight.reshape(-1, *(1,) * (x.ndim - 2)) if x.ndim > 1 else weight
        return np.where(x > 0, x, wide * x), (x, weight)

    def backward(self, dy: Array, saved: tuple[Array, Array]) -> PreluGradients:
        """δ or a·δ; for the slopes δ·min(x, 0)."""
        x, weight = saved
        expect_gradient(dy, x.shape, "a PReLU")
        wide = weight.reshape(-1, *(1,) * (x.ndim - 2)) if x.ndim > 1 else weight
        each = dy * np.minimum(x, 0)
        axes = tuple(range(x.ndim)) if weight.size == 1 else (0, *range(2, x.ndim))
        return PreluGradients(dy * np.where(x > 0, 1, wide), each.sum(axis=axes).reshape(weight.shape))
