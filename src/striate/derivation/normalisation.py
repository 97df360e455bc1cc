"""Batch normalisation, training and evaluation (Ioffe & Szegedy 2015).

For each channel, over the M = N·Π size numbers it has in a batch:

    μ = 1/M Σ x        v = 1/M Σ (x − μ)²        x̂ = (x − μ)/√(v + ε)        y = γ·x̂ + β

Backward. γ and β see y directly; let r = 1/√(v + ε) and g = γ·δ = ∂L/∂x̂:

    ∂L/∂β = Σ δ                    ∂L/∂γ = Σ δ·x̂

In training μ and v depend on every x too. ∂μ/∂x_i = 1/M, ∂v/∂x_i = 2(x_i − μ)/M and ∂r/∂v = −r³/2, so

    ∂x̂_j/∂x_i = r·([i = j] − 1/M) − (x_j − μ)·r³·(x_i − μ)/M = r·([i = j] − 1/M − x̂_i·x̂_j/M)

    ∂L/∂x_i = Σ_j g_j·∂x̂_j/∂x_i = r·( g_i − mean(g) − x̂_i·mean(g·x̂) )

It takes away from the gradient its mean and its part along x̂: a shift or a scale of x changes nothing.
In evaluation μ and v are constants and ∂L/∂x = r·g.

Which of the two is no mode but what is given: with `mean` and `variance` they are constants.
"""

from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np

from striate.derivation.shapes import Array, Sizes, expect_gradient, expect_shape
from striate.errors import ArgumentError


class Gradients(NamedTuple):
    """∂L/∂ of what the layer took; γ and β have none where they were not given."""

    input: Array
    weight: Array | None
    bias: Array | None


class Saved(NamedTuple):
    """x̂ and γ, and per channel (C,): r, and the mean and variance that were used."""

    normal: Array
    weight: Array | None
    has_bias: bool
    scale: Array
    mean: Array
    variance: Array
    constant: bool


class Running(NamedTuple):
    """Mean and variance for evaluation, (C,) each; torch starts them at 0 and 1."""

    mean: Array
    variance: Array


@dataclass(frozen=True)
class BatchNorm:
    """ε, and how much of a batch enters the running statistics (torch's `momentum`)."""

    epsilon: float = 1e-5
    momentum: float = 0.1

    def forward(
        self,
        x: Array,
        weight: Array | None = None,
        bias: Array | None = None,
        mean: Array | None = None,
        variance: Array | None = None,
    ) -> tuple[Array, Saved]:
        """(N, C, *size) → the same shape; weight γ, bias β, mean and variance are (C,).

        Without `mean` and `variance` the batch's own are used: training.
        """
        check(x, {"weight": weight, "bias": bias, "mean": mean, "variance": variance})
        constant = mean is not None and variance is not None
        mu, v = (mean, variance) if mean is not None and variance is not None else moments(x)
        scale = 1 / np.sqrt(v + self.epsilon)
        normal = (x - wide(mu, x)) * wide(scale, x)
        y = normal if weight is None else normal * wide(weight, x)
        y = y if bias is None else y + wide(bias, x)
        return y, Saved(normal, weight, bias is not None, scale, mu, v, constant)

    def backward(self, dy: Array, saved: Saved) -> Gradients:
        """δ → the gradients of input, γ and β."""
        normal, weight = saved.normal, saved.weight
        expect_gradient(dy, normal.shape, "a batch normalisation")
        axes = other_axes(dy)
        db, dw = dy.sum(axis=axes), (dy * normal).sum(axis=axes)
        g = dy
        if not saved.constant:
            count = dy.size // len(db)
            g = dy - wide(db / count, dy) - normal * wide(dw / count, dy)
        factor = saved.scale if weight is None else saved.scale * weight
        dx = g * wide(factor, dy)
        return Gradients(dx, None if weight is None else dw, db if saved.has_bias else None)

    def running(self, before: Running, saved: Saved) -> Running:
        """(1 − m)·before + m·batch, after a batch; here the variance divides by M − 1, as in torch."""
        count = saved.normal.size // len(saved.mean)
        batch = saved.mean, saved.variance * (count / (count - 1))
        m = self.momentum
        return Running(*((1 - m) * old + m * new for old, new in zip(before, batch, strict=True)))


@dataclass(frozen=True)
class GroupNorm:
    """Each sample by itself, its channels in so many groups of neighbours (Wu & He 2018).

    As many groups as channels is instance normalisation (Ulyanov et al. 2016). The numbers of a group are
    what a batch normalisation calls a channel, so that its derivation holds; γ and β stay per channel.
    """

    groups: int
    epsilon: float = 1e-5

    def forward(
        self, x: Array, weight: Array | None = None, bias: Array | None = None
    ) -> tuple[Array, tuple[Array, Array | None, bool, Saved]]:
        """(N, C, *size) → the same shape; weight γ and bias β are (C,)."""
        check(x[:1].repeat(2, axis=0), {"weight": weight, "bias": bias, "mean": None, "variance": None})
        rows = x.reshape(1, len(x) * self.groups, -1)
        normal, saved = BatchNorm(self.epsilon).forward(rows, None, None, *moments(rows))
        saved = saved._replace(constant=False)
        normal = normal.reshape(x.shape)
        y = normal if weight is None else normal * wide(weight, x)
        return y if bias is None else y + wide(bias, x), (normal, weight, bias is not None, saved)

    def backward(self, dy: Array, saved: tuple[Array, Array | None, bool, Saved]) -> Gradients:
        """δ → the gradients of input, γ and β."""
        normal, weight, has_bias, rows = saved
        expect_gradient(dy, normal.shape, "a group normalisation")
        g = dy if weight is None else dy * wide(weight, dy)
        dx = BatchNorm(self.epsilon).backward(g.reshape(rows.normal.shape), rows).input.reshape(dy.shape)
        axes = other_axes(dy)
        dw = None if weight is None else (dy * normal).sum(axis=axes)
        return Gradients(dx, dw, dy.sum(axis=axes) if has_bias else None)


def check(x: Array, given: dict[str, Array | None]) -> None:
    """x has channels, more than one number each, and every array given has one number per channel."""
    if x.ndim < 2:
        raise ArgumentError(f"a batch normalisation got an input of shape {x.shape}, expected (N, C, ...)")
    for name, array in given.items():
        if array is not None:
            expect_shape(
                array, x.shape[1:2], f"the {name} of a batch normalisation", "one number per channel"
            )
    mean, variance = given["mean"], given["variance"]
    if (mean is None) != (variance is None):
        raise ArgumentError("a batch normalisation got one of mean and variance: give both, or neither")
    if mean is None and prod(x.shape) == x.shape[1]:
        raise ArgumentError(
            f"a batch normalisation got {x.shape}, one number per channel, whose variance is always 0: "
            "give more samples, or mean and variance"
        )


def other_axes(x: Array) -> Sizes:
    """All axes but the channels'."""
    return (0, *range(2, x.ndim))


def wide(per_channel: Array, x: Array) -> Array:
    """(C,) → (C, 1, ..., 1), to stand beside (N, C, *size)."""
    return per_channel.reshape(-1, *(1,) * (x.ndim - 2))


def moments(x: Array) -> tuple[Array, Array]:
    """μ and v of each channel; v divides by M, not M − 1."""
    return x.mean(axis=other_axes(x)), x.var(axis=other_axes(x))
