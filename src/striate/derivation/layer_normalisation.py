"""Layer and RMS normalisation: each sample's last axes by themselves, y = γ·x̂ + β with a γ of each place.

Layer normalisation (Ba et al. 2016) is a batch normalisation over the M numbers of a row, not of a channel:

    μ = 1/M Σ x     v = 1/M Σ (x − μ)²     x̂ = (x − μ)/√(v + ε)     ∂L/∂x = r·(g − mean(g) − x̂·mean(g·x̂))

with g = γ·δ and r = 1/√(v + ε); see `normalisation.py` for how that follows. RMS normalisation (Zhang &
Sennrich 2019) takes no mean away, so that its term falls out:

    r = 1/√(mean(x²) + ε)      x̂ = r·x         ∂r/∂x_i = −r³·x_i/M         ∂L/∂x = r·(g − x̂·mean(g·x̂))
"""

from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np

from striate.derivation.normalisation import Gradients
from striate.derivation.shapes import Array, Sizes, expect_gradient
from striate.errors import ArgumentError


class Saved(NamedTuple):
    """x̂ in the shape of x, γ, and per row: r, μ (0 without) and v or the mean square, each (rows, 1)."""

    normal: Array
    weight: Array | None
    has_bias: bool
    scale: Array
    mean: Array
    variance: Array


@dataclass(frozen=True)
class LayerNorm:
    """Over the last axes, of the given sizes; weight γ and bias β are of that shape.

    centred: whether the mean is taken away; without, it is RMS normalisation.

    >>> LayerNorm((2,), 0.0).forward(np.array([[1.0, 3.0]]))[0]
    array([[-1.,  1.]])
    """

    shape: Sizes
    epsilon: float = 1e-5
    centred: bool = True

    def forward(
        self, x: Array, weight: Array | None = None, bias: Array | None = None
    ) -> tuple[Array, Saved]:
        """(..., *shape) → the same shape."""
        if x.shape[-len(self.shape) :] != tuple(self.shape):
            raise ArgumentError(
                f"a normalisation over {tuple(self.shape)} got an input of {x.shape}, whose last axes differ"
            )
        rows = x.reshape(-1, prod(self.shape))
        mean = rows.mean(axis=1, keepdims=True) * self.centred
        variance = np.square(rows - mean).mean(axis=1, keepdims=True)
        scale = 1 / np.sqrt(variance + self.epsilon)
        normal = ((rows - mean) * scale).reshape(x.shape)
        y = normal if weight is None else normal * weight
        y = y if bias is None else y + bias
        return y, Saved(normal, weight, bias is not None, scale, mean, variance)

    def backward(self, dy: Array, saved: Saved) -> Gradients:
        """δ → the gradients of input, γ and β."""
        expect_gradient(dy, saved.normal.shape, "a normalisation")
        own = tuple(range(dy.ndim - len(self.shape)))
        g = (dy if saved.weight is None else dy * saved.weight).reshape(len(saved.scale), -1)
        normal = saved.normal.reshape(g.shape)
        along = normal * (g * normal).mean(axis=1, keepdims=True)
        dx = saved.scale * (g - g.mean(axis=1, keepdims=True) * self.centred - along)
        dw = None if saved.weight is None else (dy * saved.normal).sum(axis=own)
        return Gradients(dx.reshape(dy.shape), dw, dy.sum(axis=own) if saved.has_bias else None)
