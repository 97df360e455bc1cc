"""The arguments of an ATen call by name, with their defaults, and its geometry made plain."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import torch
from torch._ops import OpOverload


@cache
def base_name(func: OpOverload) -> str:
    """`convolution` for `aten.convolution.default`; in-place variants keep their underscore."""
    return func._schema.name.split("::")[-1]


@cache
def full_name(func: OpOverload) -> str:
    """`aten.convolution`: what a status names."""
    return func._schema.name.replace("::", ".")


@cache
def parameter_defaults(func: OpOverload) -> tuple[tuple[str, Any], ...]:
    """The names of the arguments with their defaults."""
    return tuple((argument.name, argument.default_value) for argument in func._schema.arguments)


@cache
def is_view(func: OpOverload) -> bool:
    """Whether the result shares memory with the first argument, which is not written."""
    arguments = func._schema.arguments
    alias = arguments[0].alias_info if arguments else None
    return alias is not None and not alias.is_write


@cache
def written(func: OpOverload) -> tuple[str, ...]:
    """The names of the arguments that the operation writes into."""
    return tuple(a.name for a in func._schema.arguments if a.alias_info is not None and a.alias_info.is_write)


@cache
def is_pointwise(func: OpOverload) -> bool:
    """Whether PyTorch says that every element of the result comes from the inputs' at its position."""
    return torch.Tag.pointwise in func.tags


def bind(func: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """All arguments by name."""
    return {
        name: args[position] if position < len(args) else kwargs.get(name, default)
        for position, (name, default) in enumerate(parameter_defaults(func))
    }


def spread(value: Any, count: int, default: int) -> tuple[int, ...]:
    """A geometry of `count` axes from a list, a list of one, or nothing."""
    values = (
        [default]
        if value is None or value == []
        else list(value)
        if isinstance(value, (list, tuple))
        else [value]
    )
    return tuple(int(v) for v in (values * count if len(values) == 1 else values))


def from_front(dims: Any, rank: int) -> tuple[int, ...]:
    """Dimensions counted from the front; no list, or an empty one, means all."""
    if dims is None or dims == []:
        return tuple(range(rank))
    several = dims if isinstance(dims, (list, tuple)) else [dims]
    return tuple(sorted({int(dim) % rank if rank else 0 for dim in several}))
