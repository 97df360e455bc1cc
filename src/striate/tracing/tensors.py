"""Tensors among the arguments of a call, and whose memory they share."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor

META = torch.device("meta")


def memory(tensor: Tensor) -> int:
    """A number that tensors share when they share memory."""
    try:
        return int(tensor.untyped_storage()._cdata)
    except NotImplementedError:  # sparse tensors, tensors under vmap
        return -id(tensor)


def bodiless(tensor: Tensor) -> bool:
    """Whether a tensor has a shape and no values."""
    return tensor.device.type == "meta"


def tensors_in(values: Iterable[Any]) -> Iterator[Tensor]:
    """All tensors among arguments, in order, those in lists and tuples too."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from tensors_in(value)


def swap(value: Any, replace: Callable[[Tensor], Tensor]) -> Any:
    """Arguments with every tensor replaced."""
    if isinstance(value, Tensor):
        return replace(value)
    if isinstance(value, (list, tuple)):
        return type(value)(swap(each, replace) for each in value)
    if isinstance(value, dict):
        return {key: swap(each, replace) for key, each in value.items()}
    return value
