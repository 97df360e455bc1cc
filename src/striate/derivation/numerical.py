"""The second witness of a backward pass: a gradient by trying.

For any function f of many numbers that returns one,

    ∂f/∂x_i ≈ (f(x + h·e_i) − f(x − h·e_i)) / 2h

with an error of h²·f‴/6, and a rounding of about 1e-16·|f|/h.

Two evaluations per number: far too slow to train with, and with no algebra in it that could be wrong.
"""

from collections.abc import Callable

import numpy as np

from striate.derivation.shapes import Array


def numerical_gradient(f: Callable[[Array], float], x: Array, step: float = 1e-5) -> Array:
    """∂f/∂x by trying, for x of any shape, in float64; x itself is left as it was.

    Args:
        f: a function of an array that gives one number.
        x: where its gradient is wanted.
        step: how far each entry is moved, either way.

    >>> numerical_gradient(lambda x: float((x**2).sum()), np.array([1.0, 3.0])).round(6)
    array([2., 6.])
    """
    point = x.astype(np.float64)
    gradient = np.empty_like(point)
    for i in np.ndindex(point.shape):
        here = point[i]
        point[i] = here + step
        above = f(point)
        point[i] = here - step
        gradient[i] = (above - f(point)) / (2 * step)
        point[i] = here
    return gradient


def weighted_sum(y: Array, weights: Array) -> float:
    """L = Σ weights·y, a loss with the upstream gradient ∂L/∂y = `weights`: to check one operation alone."""
    return float((y * weights).sum())
