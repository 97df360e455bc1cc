"""What every operation asks of the arrays it is given, each in one sentence with the values."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate.errors import ArgumentError

Array = NDArray[Any]
Sizes = tuple[int, ...]
PerAxis = int | Sequence[int]


def per_axis(value: PerAxis, axes: int, name: str, least: int = 1) -> Sizes:
    """One whole number per spatial axis; a single number stands for all of them.

    >>> per_axis(2, 3, "stride")
    (2, 2, 2)
    """
    sizes = (int(value),) * axes if isinstance(value, int | np.integer) else tuple(map(int, value))
    if len(sizes) != axes:
        raise ArgumentError(
            f"{name} {sizes} has {len(sizes)} numbers, but the input has {axes} spatial axes: "
            f"give one number, or {axes}"
        )
    if min(sizes) < least:
        raise ArgumentError(f"{name} {sizes} must be at least {least} on every axis")
    return sizes


def expect_spatial(x: Array, operation: str) -> Sizes:
    """The sizes after N and C; there must be at least one such axis."""
    if x.ndim < 3:
        raise ArgumentError(
            f"{operation} got an input of shape {x.shape}, expected (N, C, ...) with one or more spatial axes"
        )
    return x.shape[2:]


def expect_shape(array: Array, shape: Sizes, what: str, why: str) -> None:
    """`array` must have exactly this shape: `what` names it, `why` says where the shape comes from."""
    if array.shape != shape:
        raise ArgumentError(f"{what} has shape {array.shape}, expected {shape}: {why}")


def expect_gradient(dy: Array, shape: Sizes, operation: str) -> None:
    """The gradient that enters a backward pass has the shape of the output that left the forward pass."""
    expect_shape(dy, shape, f"the upstream gradient of {operation}", "the shape of its output")
