"""What a network is called with: arguments by place and by name, and the tensors in them, each with a name.

Tensors may stand in lists, tuples, dictionaries and dataclasses, beside numbers and whatever else it takes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from inspect import Parameter, signature
from typing import Any

from torch import Tensor, nn


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
