"""Arguments of a call: what a network is called with, and those of an operation, with the tensors in them.

Those of a network go by place and by name, and their tensors have a name each; these may stand in lists,
tuples, dictionaries and dataclasses, beside whatever else it takes. Those of an operation go by name, with
their defaults and their geometry made plain.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache
from inspect import Parameter, signature
from typing import Any

import torch
from torch import Tensor, nn
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


def unwrapped(tensor: Tensor) -> Tensor:
    """The tensor that operations take, inside of those of `torch.func`."""
    while is_wrapped(tensor):
        tensor = torch._C._functorch.get_unwrapped(tensor)
    return tensor


def bodiless(tensor: Tensor) -> bool:
    """Whether a tensor has a shape and no values."""
    return tensor.device.type == "meta"


def tensors_in(values: Iterable[Any]) -> Iterator[Tensor]:
    """All tensors among arguments, in order, those in lists, tuples and dictionaries too; of tensors that are
    made of others, as nested ones, the first of these.
    """
    for value in values:
        if isinstance(value, Tensor):
            while type(value) is not Tensor and hasattr(value, "__tensor_flatten__"):
                value = getattr(value, value.__tensor_flatten__()[0][0])
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


@dataclass(frozen=True)
class Inputs:
    """The arguments of one call of a network."""

    args: tuple[Any, ...]
    """By place."""
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    """By name."""

    def tensors(self) -> list[Tensor]:
        """All tensors among the arguments, in order, each once."""
        found = [tensor for _, tensor in leaves((*self.args, *self.kwargs.values()))]
        return list({id(tensor): tensor for tensor in found}.values())

    def mapped(self, change: Callable[[Tensor], Tensor]) -> "Inputs":
        """The same arguments, every tensor changed; one that stands in several places is changed once."""
        changed: dict[int, Tensor] = {}

        def once(tensor: Tensor) -> Tensor:
            return changed.setdefault(id(tensor), change(tensor))

        kwargs = {name: swapped(value, once) for name, value in self.kwargs.items()}
        return Inputs(tuple(swapped(value, once) for value in self.args), kwargs)

    def names(self, network: nn.Module) -> list[str]:
        """What the tensors are called, by the arguments of the network's forward; `a.image` inside one."""
        by_place = zip(_places(network, len(self.args)), self.args, strict=True)
        named: dict[int, str] = {}
        for name, argument in (*by_place, *self.kwargs.items()):
            for path, tensor in leaves(argument):
                named.setdefault(id(tensor), ".".join([name, *path]))
        return list(named.values())


def as_inputs(given: "Inputs | Sequence[Any]") -> Inputs:
    """Arguments by place as inputs."""
    return given if isinstance(given, Inputs) else Inputs(tuple(given))


def leaves(value: Any) -> Iterator[tuple[tuple[str, ...], Tensor]]:
    """All tensors in a value, each with the keys and places that lead to it."""
    if isinstance(value, Tensor):
        yield (), value
    for key, inside in _items(value):
        for path, tensor in leaves(inside):
            yield (key, *path), tensor


def swapped(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """A value with every tensor in it changed."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, Mapping):
        return {key: swapped(inside, change) for key, inside in value.items()}
    if isinstance(value, list | tuple):
        inside = [swapped(each, change) for each in value]
        return type(value)(*inside) if hasattr(value, "_fields") else type(value)(inside)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {name: swapped(inside, change) for name, inside in _items(value)}
        return replace(value, **changed)
    return value


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    """What a value holds, each with its key, place or field."""
    if isinstance(value, Mapping):
        yield from ((str(key), inside) for key, inside in value.items())
    elif isinstance(value, list | tuple):
        yield from zip(getattr(value, "_fields", map(str, range(len(value)))), value, strict=True)
    elif is_dataclass(value) and not isinstance(value, type):
        yield from ((each.name, getattr(value, each.name)) for each in fields(value) if each.init)


def _places(network: nn.Module, count: int) -> list[str]:
    """The names of the first arguments of a forward; `input`, `input2` where it says none."""
    known = getattr(network, "input_names", ())
    try:
        taken = signature(network.forward).parameters.values()
    except (TypeError, ValueError):  # no Python function
        taken = dict[str, Parameter]().values()
    plain = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    named = [*known] or [one.name for one in taken if one.kind in plain]
    rest = ["input" if place == 0 else f"input{place + 1}" for place in range(len(named), count)]
    return [*named, *rest][:count]
