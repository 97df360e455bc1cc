"""The witnesses that the tests in this folder call: torch in float64, numbers tried, and drawn shapes."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from hypothesis import settings
from hypothesis import strategies as st

from striate.derivation.numerical import numerical_gradient, weighted_sum

drawn = settings(deadline=None, derandomize=True, max_examples=100, database=None)
seeds = st.integers(0, 2**20)
TOLERANCE = 1e-10


def randoms(seed: int, *shapes: Sequence[int]) -> list[np.ndarray]:
    """One standard normal array per shape."""
    random = np.random.default_rng(seed)
    return [random.standard_normal(tuple(shape)) for shape in shapes]


def close(ours, theirs, tolerance: float = TOLERANCE) -> None:
    """Equal to 1e-10, shape included; tensors are taken as they are."""
    theirs = theirs.detach().numpy() if isinstance(theirs, torch.Tensor) else np.asarray(theirs)
    assert np.shape(ours) == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def torch_says(f: Callable[..., torch.Tensor], dy_seed: int, *arrays: np.ndarray):
    """(y, dy, gradients) of f by autograd, for a random upstream gradient dy."""
    tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
    y = f(*tensors)
    dy = randoms(dy_seed, y.shape)[0]
    y.backward(torch.tensor(dy))
    return y.detach().numpy(), dy, [tensor.grad.numpy() for tensor in tensors]


def tried(f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """∂⟨dy, f(x)⟩/∂x, number by number."""
    return numerical_gradient(lambda point: weighted_sum(f(point), dy), x)


def per_axis(draw, axes: int, least: int, most: int) -> tuple[int, ...]:
    """A whole number for each axis."""
    return tuple(draw(st.integers(least, most)) for _ in range(axes))


def sizes_that_fit(draw, kernel, padding, dilation, more: int = 4) -> tuple[int, ...]:
    """Input sizes on which a kernel fits at least once."""
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    return tuple(
        max(1, span - 2 * p) + draw(st.integers(0, more)) for span, p in zip(spans, padding, strict=True)
    )
