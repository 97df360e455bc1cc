"""Dropout and the residual sum: which paths a signal takes.

Dropout (Srivastava et al. 2014). A mask keeps each number with probability 1 − p; what is kept grows by
1/(1 − p), so that the expected sum stays and evaluation needs no change:

    y = x · mask / (1 − p)                ∂L/∂x = δ · mask / (1 − p)

Residual sum (He et al. 2015). y = x + F(x) depends on x in two ways, so

    ∂L/∂x = δ + F′(x)ᵀ·δ

The sum itself hands δ unchanged to both sides; the first term is a path on which nothing can vanish.
"""

from dataclasses import dataclass

import numpy as np

from striate.derivation.shapes import Array, Sizes, expect_gradient, expect_shape
from striate.errors import ArgumentError


@dataclass(frozen=True)
class Dropout:
    """The probability p of losing a number. The mask is given: without one, nothing is dropped.

    >>> Dropout(0.5).forward(np.array([1.0, 2.0]), mask=np.array([True, False]))[0]
    array([2., 0.])
    """

    p: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.p < 1:
            raise ArgumentError(f"a dropout of p={self.p} is outside 0 ≤ p < 1: p is the share that is lost")

    def mask(self, shape: Sizes, random: np.random.Generator) -> Array:
        """True where a number is kept."""
        return random.random(shape) >= self.p

    def forward(self, x: Array, mask: Array | None = None) -> tuple[Array, Array | None]:
        """y = x·mask/(1 − p); x itself without a mask, as in evaluation."""
        if mask is None:
            return x, None
        expect_shape(mask, x.shape, "the mask of a dropout", "the shape of its input")
        return x * mask / (1 - self.p), mask

    def backward(self, dy: Array, saved: Array | None) -> Array:
        """δ·mask/(1 − p)."""
        if saved is None:
            return dy
        expect_gradient(dy, saved.shape, "a dropout")
        return dy * saved / (1 - self.p)


@dataclass(frozen=True)
class ResidualSum:
    """y = x + F(x), given both."""

    def forward(self, x: Array, branch: Array) -> tuple[Array, Sizes]:
        """Two arrays of one shape → their sum."""
        expect_shape(branch, x.shape, "the branch of a residual sum", "the shape of the input it is added to")
        return x + branch, x.shape

    def backward(self, dy: Array, saved: Sizes) -> tuple[Array, Array]:
        """δ for the input and δ for the branch."""
        expect_gradient(dy, saved, "a residual sum")
        return dy, dy
