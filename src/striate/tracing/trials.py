"""What an operation does, asked of the operation itself: act element by element, or only move them.

PyTorch's own tag for what acts element by element is missing on some (hardswish), and no list is ever whole.
So each element of each small input is changed in turn: only the outputs at its position may change with it,
and at some values they must. What moves elements runs on elements that bear their number; a second run on
random numbers shows whether that was all that it did.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch._ops import OpOverload

from striate.tracing.arguments import META, bodiless, first_result, swap, tensors_in

_DRAWS = 6
_ANY = torch.empty((), device=META)  # stands for a tensor where only the other arguments matter
_known: dict[Any, bool] = {}
Positions = NDArray[np.int64]
MOST = 1 << 22  # elements that are numbered


def acts_elementwise(func: OpOverload, named: dict[str, Any], out: Sequence[int]) -> bool:
    """Whether the first result, of shape `out`, is made so. `named`: the arguments, by name and in order."""
    tensors = list(tensors_in(named.values()))
    if not tensors or not all(tensor.is_floating_point() for tensor in tensors):
        return False
    try:
        if tuple(torch.broadcast_shapes(*(t.shape for t in tensors))) != tuple(out):  # type: ignore[no-untyped-call]
            return False
    except RuntimeError:
        return False
    key = (
        func,
        tuple(tuple(_small(t.shape)) for t in tensors),
        repr(swap(named, lambda _: _ANY)),
    )
    if key not in _known:
        with torch.random.fork_rng(devices=[]):
            try:
                _known[key] = _tried(func, named, tensors)
            except Exception:  # any operation may refuse small tensors, in any way
                _known[key] = False
    return _known[key]


def _small(shape: Sequence[int]) -> Iterator[int]:
    """A shape of the same rank that broadcasts likewise: lengths of 1 stay."""
    return (1 if n == 1 else 2 + (len(shape) - axis) % 2 for axis, n in enumerate(shape))


def _tried(func: OpOverload, named: dict[str, Any], tensors: Sequence[Tensor]) -> bool:
    generator = torch.Generator().manual_seed(0)
    acted = [torch.zeros(tuple(_small(tensor.shape)), dtype=torch.bool) for tensor in tensors]
    for _ in range(_DRAWS):
        values = [6 * torch.rand(seen.shape, generator=generator) - 3 for seen in acted]
        before = _result(func, named, values)
        for which, seen in enumerate(acted):
            for position in range(seen.numel()):
                mine = torch.zeros(seen.shape, dtype=torch.bool)
                mine.view(-1)[position] = True
                other = [*values]
                other[which] = torch.where(mine, values[which] + 1.7, values[which])
                changed = _result(func, named, other) != before
                if bool((changed & ~mine.expand(changed.shape)).any()):
                    return False
                seen |= mine & bool(changed.any())
    return all(bool(seen.all()) for seen in acted)


def _result(func: OpOverload, named: dict[str, Any], values: Sequence[Tensor]) -> Tensor:
    """The first result on these tensors, which stay as they are."""
    queue = iter(values)
    return first_result(func, swap(named, lambda tensor: next(queue).clone()))


def sources_of(func: OpOverload, named: Mapping[str, Any]) -> Positions | None:
    """For each element of the first result, which element of the first tensor it is; −1: a zero.

    None if the operation does anything else, or if its positions are not known.
    """
    moved, *known = tensors_in(named.values())
    if moved.numel() > MOST or any(bodiless(t) or t.is_floating_point() for t in known):
        return None
    try:
        numbered = _on_first(func, named, torch.arange(1, moved.numel() + 1, dtype=torch.float64))
        if numbered.numel() > MOST:
            return None
        generator = torch.Generator().manual_seed(0)
        drawn = 2 * torch.rand(moved.numel() + 1, generator=generator, dtype=torch.float64) - 1
        drawn[0] = 0
        positions = numbered.long()
        if not bool(torch.equal(drawn[positions], _on_first(func, named, drawn[1:]))):
            return None
    except Exception:  # any operation may refuse these tensors, in any way
        return None
    return positions.numpy() - 1


def _on_first(func: OpOverload, named: Mapping[str, Any], values: Tensor) -> Tensor:
    """The first result on these values, which lie in memory as the first tensor's do."""
    first = next(tensors_in(named.values()))
    data = torch.empty_strided(first.shape, first.stride(), dtype=values.dtype)
    data.copy_(values.view(first.shape))
    return first_result(func, swap(dict(named), lambda tensor: data if tensor is first else tensor))
