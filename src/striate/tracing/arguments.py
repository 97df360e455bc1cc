"""The arguments of a call: by name with their defaults, their geometry made plain, the tensors among them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor
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
def reshapes_in_place(func: OpOverload) -> bool:
    """Whether a tensor becomes a view of itself, as by `squeeze_`: its shape is another, its values stay."""
    name = base_name(func)
    packet = getattr(torch.ops.aten, name[:-1], None) if name.endswith("_") else None
    if packet is None:
        return False
    overloads = packet.overloads()
    return is_view(getattr(packet, func._overloadname if func._overloadname in overloads else overloads[0]))


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


META = torch.device("meta")


def memory(tensor: Tensor) -> int:
    """A number that tensors share when they share memory."""
    try:
        return int(tensor.untyped_storage()._cdata)
    except NotImplementedError:  # sparse tensors, tensors under vmap
        return -id(tensor)


def is_wrapped(tensor: Tensor) -> bool:
    """Whether a tensor is one of `torch.func`, around another that operations take."""
    return bool(torch._C._functorch.is_functorch_wrapped_tensor(tensor))


def bodiless(tensor: Tensor) -> bool:
    """Whether a tensor has a shape and no values."""
    return tensor.device.type == "meta"


def tensors_in(values: Iterable[Any]) -> Iterator[Tensor]:
    """All tensors among arguments, in order, those in lists, tuples and dictionaries too."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from tensors_in(value)
        elif isinstance(value, dict):
            yield from tensors_in(value.values())


def first_result(func: OpOverload, arguments: Mapping[str, Any]) -> Tensor:
    """The first tensor that an operation gives. arguments: by name and in order."""
    only_by_name = {argument.name for argument in func._schema.arguments if argument.kwarg_only}
    by_position = [value for name, value in arguments.items() if name not in only_by_name]
    return next(tensors_in([func(*by_position, **{name: arguments[name] for name in only_by_name})]))


def operands(args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Tensor]:
    """The tensors that an operation takes, whose lists hold things of one sort."""
    found: list[Tensor] = []
    for value in (*args, *kwargs.values()) if kwargs else args:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, (list, tuple)) and value and type(value[0]) is not int:
            found.extend(tensors_in(value))
    return found


def swap(value: Any, replace: Callable[[Tensor], Tensor]) -> Any:
    """Arguments with every tensor replaced."""
    if isinstance(value, Tensor):
        return replace(value)
    if isinstance(value, (list, tuple)):
        return type(value)(swap(each, replace) for each in value)
    if isinstance(value, dict):
        return {key: swap(each, replace) for key, each in value.items()}
    return value
