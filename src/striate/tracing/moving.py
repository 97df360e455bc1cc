"""Where the elements of a result come from, of operations that only move them: asked of the operation.

It runs on elements that bear their number, so that the result says which of them stands where. A second run
on random numbers shows whether that was all that it did.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch._ops import OpOverload

from striate.tracing.arguments import bodiless, first_result, swap, tensors_in

Positions = NDArray[np.int64]
MOST = 1 << 22  # elements that are numbered


def sources_of(func: OpOverload, named: Mapping[str, Any]) -> Positions | None:
    """For each element of the first result, which element of the first tensor it is; −1: a zero.

    None if the operation does anything else, or if its positions are not known.
    """
    moved, *known = tensors_in(named.values())
    alike = moved.is_floating_point() or moved.is_complex()
    if not alike or moved.numel() > MOST or any(bodiless(t) or t.is_floating_point() for t in known):
        return None
    try:
        numbered = _result(func, named, torch.arange(1, moved.numel() + 1, dtype=torch.float64))
        if numbered.numel() > MOST:
            return None
        generator = torch.Generator().manual_seed(0)
        drawn = 2 * torch.rand(moved.numel() + 1, generator=generator, dtype=torch.float64) - 1
        drawn[0] = 0
        positions = numbered.long()
        if not bool(torch.equal(drawn[positions], _result(func, named, drawn[1:]))):
            return None
    except Exception:  # any operation may refuse these tensors, in any way
        return None
    return positions.numpy() - 1


def _result(func: OpOverload, named: Mapping[str, Any], values: Tensor) -> Tensor:
    """The first result on these values, which lie in memory as the first tensor's do."""
    first = next(tensors_in(named.values()))
    data = torch.empty_strided(first.shape, first.stride(), dtype=values.dtype)
    data.copy_(values.view(first.shape))
    return first_result(func, swap(dict(named), lambda tensor: data if tensor is first else tensor))
