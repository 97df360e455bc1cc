"""Whether an operation acts element by element: asked of the operation itself, on small tensors.

PyTorch's own tag for that is missing on some (hardswish), and no list is ever whole. Each element of each
input is changed in turn: only the outputs at its position may change with it, and at some values they must.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload

from striate.tracing.arguments import META, first_result, swap, tensors_in

_DRAWS = 6
_ANY = torch.empty((), device=META)  # stands for a tensor where only the other arguments matter
_known: dict[Any, bool] = {}


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
