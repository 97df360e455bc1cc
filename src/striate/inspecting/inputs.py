"""What a user says of a network's inputs, as the arguments that it is called with.

A shape is that of one input without the batch and becomes a tensor without memory; a tensor or an array is
taken as it is, a number as a number. Lists, tuples and dictionaries may hold any of them.

In texts, `3x224x224` is a shape and `int64:16` one of whole numbers; `0.5`, `true`, `none`, `int:3` and
`text:left` are themselves. `mask=1x8x8` is an argument by name, `batch.image=3x8x8` an entry of a dictionary,
`pair.0=3x8x8` one of a tuple; `0.image=3x8x8` an entry of the first argument.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from striate.checked.words import MOST
from striate.errors import ArgumentError
from striate.numbers import by
from striate.tracing import Inputs, example

Given = Tensor | NDArray[Any] | Mapping[Any, Any] | str | Sequence[Any]
Shape = tuple[int, ...]

_WORDS = {"true": True, "false": False, "none": None}
_VALUES: dict[str, Callable[[str], Any]] = {"int": int, "float": float, "text": str}
_TYPES = {
    name: getattr(torch, name)
    for name in (
        "float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool",
        "complex64",
    )
}  # fmt: skip
_SAY = (
    "say a shape such as 3x224x224, of whole numbers int64:16; a number such as 0.5, int:3, true, none or "
    "text:left; and by name mask=1x224x224"
)


def inputs_of(given: Given, network: nn.Module, batch: int = 1) -> Inputs:
    """The arguments of one call.

    Args:
        given: one input, several in a list, or a dictionary of them by name.
        network: whose precision tensors of a shape take.
        batch: how many inputs at once; of shapes, not of tensors.
    """
    made = _Maker(network, batch)
    if _is_shape(given) or not isinstance(given, Mapping | list | tuple):
        given = [given]
    if isinstance(given, Mapping):
        by_place = sorted(key for key in given if isinstance(key, int))
        named = {key: value for key, value in given.items() if not isinstance(key, int)}
        return Inputs(
            tuple(made.value(given[key]) for key in by_place),
            {str(key): made.value(value) for key, value in named.items()},
        )
    return _from_row(given, made)


def shape_in(given: Any) -> Shape | None:
    """The shape of the one input that is given, without the batch; None where there are more, or others."""
    if isinstance(given, list | tuple) and len(given) == 1 and isinstance(given[0], str | Tensor):
        given = given[0]
    if isinstance(given, Tensor | np.ndarray):
        return tuple(given.shape[1:])
    if isinstance(given, str):
        return parse_shape(given) if "=" not in given and ":" not in given else None
    if _is_shape(given):
        return _checked(given)
    return None


def one_shape(given: Any) -> Shape | None:
    """The shape that is given, where one is; for what takes one input only."""
    if given is None:
        return None
    shape = shape_in(given)
    if shape is None:
        raise ArgumentError(f"an input is one shape such as 3x224x224; got {given!r}")
    return shape


def parse_shape(text: str) -> Shape:
    """`3x224x224` as numbers.

    >>> parse_shape("3x8x112x112")
    (3, 8, 112, 112)
    """
    shape = _shape(text)
    if shape is None or not shape or min(shape) < 1:
        raise ArgumentError(
            f"an input is channels, frames if any, height and width, as in 3x224x224; got {text!r}"
        )
    return _checked(shape)


def with_channels_first(shape: Shape | None) -> Shape | None:
    """A shape whose channels seem to stand last, as it is probably meant; None for any other.

    >>> with_channels_first((224, 224, 3)), with_channels_first((3, 224, 224))
    ((3, 224, 224), None)
    """
    last = shape is not None and len(shape) > 2 and shape[-1] in (1, 3, 4) and min(shape[:-1]) > 4
    return (shape[-1], *shape[:-1]) if shape is not None and last else None


def value_of(text: str) -> Any:
    """What a text stands for: a shape, or a number, word or shape of a type.

    >>> value_of("3x8x8"), value_of("0.5"), value_of("none"), value_of("int:3")
    ((3, 8, 8), 0.5, None, 3)
    """
    kind, colon, rest = text.partition(":")
    if colon and kind in _VALUES:
        return _number(_VALUES[kind], rest, text)
    if colon and kind in _TYPES:
        return torch.empty(parse_shape(rest) if rest else (), dtype=_TYPES[kind], device="meta")
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _shape(text) is None and not colon:
        return _number(float, text, text)
    if colon:
        raise ArgumentError(f"{text!r} is no input: {_SAY}")
    return parse_shape(text)


def _number(kind: Callable[[str], Any], said: str, text: str) -> Any:
    try:
        return kind(said)
    except ValueError:
        raise ArgumentError(f"{text!r} is no input: {_SAY}") from None


def _shape(text: str) -> Shape | None:
    """A text of whole numbers between crosses; None for any other."""
    try:
        return tuple(int(part) for part in text.lower().replace("×", "x").split("x"))
    except ValueError:
        return None


def _is_shape(given: Any) -> bool:
    row = isinstance(given, list | tuple | range)
    return row and all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in given)


def _checked(given: Sequence[int]) -> Shape:
    shape = tuple(int(n) for n in given)
    if not shape or min(shape) < 1:
        raise ArgumentError(f"an input shape is positive numbers such as (3, 224, 224); got {tuple(given)!r}")
    if max(shape) > MOST["input"]:
        raise ArgumentError(f"an axis of an input is at most {MOST['shape']:,} long; got {by(shape)}")
    return shape


class _Maker:
    """Makes arguments for a network."""

    def __init__(self, network: nn.Module, batch: int) -> None:
        self.network, self.batch = network, batch

    def value(self, given: Any) -> Any:
        """One argument, or what stands in one."""
        if isinstance(given, str):
            given = value_of(given)
            if isinstance(given, Tensor):
                return torch.empty((self.batch, *given.shape), dtype=given.dtype, device="meta")
        if isinstance(given, np.ndarray):
            return torch.from_numpy(given)
        if _is_shape(given) and given:
            return example(self.network, _checked(given), self.batch)
        if isinstance(given, Mapping):
            return {key: self.value(inside) for key, inside in given.items()}
        if isinstance(given, list | tuple):
            inside = [self.value(each) for each in given]
            return type(given)(*inside) if hasattr(given, "_fields") else type(given)(inside)
        return given


def _from_row(given: Sequence[Any], made: _Maker) -> Inputs:
    """Inputs in a list: by place, and texts with a name before a sign of equality by that."""
    args: list[Any] = []
    tree: dict[str, Any] = {}
    for one in given:
        if isinstance(one, str) and "=" in one:
            path, _, text = one.partition("=")
            _put(tree, path.split("."), made.value(text), path)
        else:
            args.append(made.value(one))
    places = {key: tree.pop(key) for key in sorted(key for key in tree if key.isdecimal())}
    args.extend(_closed(value) for value in places.values())
    return Inputs(tuple(args), {name: _closed(value) for name, value in tree.items()})


class _Branch(dict[str, Any]):
    """Entries of a dictionary or tuple, as long as more of them may come."""


def _put(tree: dict[str, Any], path: Sequence[str], value: Any, whole: str) -> None:
    """Puts a value where its path says."""
    for key in path[:-1]:
        tree = tree.setdefault(key, _Branch())
        if not isinstance(tree, _Branch):
            raise ArgumentError(
                f"the input {whole!r} lies in one that is given already: give one or the other"
            )
    if not all(path) or path[-1] in tree:
        raise ArgumentError(f"the input {whole!r} {'is given twice' if all(path) else 'has no name'}")
    tree[path[-1]] = value


def _closed(value: Any) -> Any:
    """A branch as the dictionary that it is, or the tuple where its keys are places."""
    if not isinstance(value, _Branch):
        return value
    entries = {key: _closed(inside) for key, inside in value.items()}
    if set(entries) == {str(place) for place in range(len(entries))}:
        return tuple(entries[str(place)] for place in range(len(entries)))
    return entries
