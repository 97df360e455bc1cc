"""Plain values: what JSON can hold, made from a frozen dataclass and turned back into one by its annotations.

In go dataclasses of numbers, texts, paths, tuples, dicts and other dataclasses; out come dicts, lists, texts,
numbers, booleans and None, or the other way round, with every value checked. This room knows no file and no
meaning: what a file holds is said by the dataclass that its reader names.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from operator import attrgetter
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, ClassVar, Literal, Self, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from striate.errors import ArgumentError, unknown

Value = TypeVar("Value")


class ToJson:
    """A dataclass whose fields, or what `in_json` names, are its plain values."""

    __slots__ = ()
    in_json: ClassVar[str] = ""
    """What is told, in this order, where it is not the fields; see `picked`."""

    def to_json(self) -> dict[str, Any]:
        """Plain values by name: texts, numbers, booleans, None, lists and dicts."""
        return picked(self, self.in_json) if self.in_json else cast("dict[str, Any]", to_plain(self))


def picked(value: object, names: str) -> dict[str, Any]:
    """The plain forms of attributes, each by its name or another that stands before it.

    >>> picked(3 + 4j, "real imaginary=imag")
    {'real': 3.0, 'imaginary': 4.0}
    """
    return {name: _part(get(value)) for name, get in _getters(names)}


@cache
def _getters(names: str) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    pairs = (name.partition("=") for name in names.split())
    return tuple((name, attrgetter(path or name)) for name, _, path in pairs)


class JsonValue(ToJson):
    """A dataclass that comes back from its plain values."""

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`.

        Raises:
            ArgumentError: a field that is missing, unknown, of another type, or refused by the class.
        """
        return from_plain(cls, values)


def to_plain(value: Any) -> Any:
    """The plain form of a value. Parts that have a `to_json` of their own say theirs by it.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Crop:
    ...     size: tuple[int, int]
    ...     file: Path | None = None
    >>> to_plain(Crop((3, 4), Path("a.png")))
    {'size': [3, 4], 'file': 'a.png'}
    """
    if isinstance(value, tuple | list):
        return [_part(part) for part in value]
    if isinstance(value, Mapping):
        return {str(key): _part(part) for key, part in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _part(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):  # numbers and arrays of NumPy
        return value.tolist()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"no plain form of {type(value).__name__}")


_PLAIN = frozenset({bool, int, float, str, NoneType})


def _part(value: Any) -> Any:
    if type(value) in _PLAIN:  # most of what there is
        return value
    own = getattr(value, "to_json", None)
    return to_plain(value) if own is None else own()


def from_plain(kind: type[Value], value: Any, name: str = "") -> Value:
    """The value of that type whose plain form this is.

    Args:
        kind: a dataclass, or any annotation made of those, numbers, texts, paths, tuples, lists, dicts,
            `Literal` and unions.
        value: what `to_plain` gave, or a reader of JSON.
        name: what the value is called in an error, as "recipe".

    Raises:
        ArgumentError: it is none of that type. The sentence names the part, as "recipe.epochs".

    >>> from_plain(tuple[int, ...], [3, 4])
    (3, 4)
    >>> from_plain(dict[str, float], {"a": 0.5, "b": "x"}, "shares")
    Traceback (most recent call last):
    striate.errors.ArgumentError: shares.b must be a number; got 'x'
    """
    return cast("Value", _read(kind, value, name))


def _read(kind: Any, value: Any, name: str) -> Any:
    if kind is Any or kind is object:
        return value
    if is_dataclass(kind):
        return _dataclass(kind, value, name)
    if kind in _SIMPLE:
        fits, make, _ = _SIMPLE[kind]
        return make(value) if fits(value) else _refuse(kind, value, name)
    return _COMPOSED[get_origin(kind)](kind, value, name)


def _dataclass(kind: Any, value: Any, name: str) -> Any:
    own = getattr(kind, "from_json", None)
    if name and own is not None and own.__func__ is not JsonValue.from_json.__func__:  # type: ignore[attr-defined]
        return own(value)
    what = name or _words(kind)
    if not isinstance(value, Mapping):
        raise ArgumentError(f"{what} must be {_words(kind)}; got {_brief(value)}")
    known = {field.name: field for field in fields(kind) if field.init}
    for key in value:
        if key not in known:
            raise ArgumentError(f"{what}: {unknown('field', str(key), known)}")
    needed = [key for key, field in known.items() if MISSING is field.default is field.default_factory]
    lacking = [key for key in needed if key not in value]
    if lacking:
        raise ArgumentError(f"{what} lacks {', '.join(lacking)}")
    hints = _hints(kind)
    return kind(**{key: _read(hints[key], part, _joined(name, key)) for key, part in value.items()})


_hints = cache(get_type_hints)


def _union(kind: Any, value: Any, name: str) -> Any:
    """The first of the types that the value fits; what a class refuses of its own is said as it says it."""
    problems = []
    if value is None and NoneType in get_args(kind):
        return None
    for member in get_args(kind):
        try:
            return _read(member, value, name)
        except ArgumentError as problem:
            if is_dataclass(member) and isinstance(value, Mapping):
                problems.append(problem)
    if problems:
        raise problems[0]
    return _refuse(kind, value, name)


def _literal(kind: Any, value: Any, name: str) -> Any:
    fits = any(type(value) is type(choice) and value == choice for choice in get_args(kind))
    return value if fits else _refuse(kind, value, name)


def _tuple(kind: Any, value: Any, name: str) -> Any:
    members = get_args(kind)
    if members[1:] == (...,):
        return _sequence(kind, value, name)
    if not isinstance(value, list | tuple) or len(members) != len(value):
        return _refuse(kind, value, name)
    pairs = enumerate(zip(members, value, strict=True))
    return tuple(_read(member, part, f"{name}[{number}]") for number, (member, part) in pairs)


def _sequence(kind: Any, value: Any, name: str) -> Any:
    if not isinstance(value, list | tuple):
        return _refuse(kind, value, name)
    member = get_args(kind)[0]
    parts = (_read(member, part, f"{name}[{number}]") for number, part in enumerate(value))
    return list(parts) if get_origin(kind) is list else tuple(parts)


def _mapping(kind: Any, value: Any, name: str) -> Any:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        return _refuse(kind, value, name)
    _, member = get_args(kind)
    return {key: _read(member, part, _joined(name, key)) for key, part in value.items()}


def _joined(name: str, key: str) -> str:
    return f"{name}.{key}" if name else key


def _is_finite(value: Any) -> bool:
    try:
        return type(value) in (int, float) and math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False


_Simple = tuple[Callable[[Any], bool], Callable[[Any], Any], str]
_SIMPLE: dict[Any, _Simple] = {
    bool: (lambda value: isinstance(value, bool), bool, "true or false"),
    int: (lambda value: type(value) is int, int, "a whole number"),
    float: (_is_finite, float, "a number"),
    str: (lambda value: isinstance(value, str), str, "a text"),
    Path: (lambda value: isinstance(value, str | Path), Path, "a path"),
    NoneType: (lambda value: value is None, lambda value: None, "null"),
}
"""For each simple type: whether a value fits, what is made of it, and the type in words."""

_COMPOSED: dict[Any, Callable[[Any, Any, str], Any]] = {
    Union: _union,
    UnionType: _union,
    Literal: _literal,
    tuple: _tuple,
    list: _sequence,
    Sequence: _sequence,
    dict: _mapping,
    Mapping: _mapping,
}


def _refuse(kind: Any, value: Any, name: str) -> Any:
    raise ArgumentError(f"{name or 'the value'} must be {_words(kind)}; got {_brief(value)}")


def _words(kind: Any) -> str:
    """A type, as a sentence says it."""
    if kind in _SIMPLE:
        return _SIMPLE[kind][2]
    if is_dataclass(kind):
        return f"a dict of {', '.join(field.name for field in fields(kind))}"
    origin, members = get_origin(kind), get_args(kind)
    if origin is Literal:
        return f"one of {', '.join(map(str, members))}"
    if origin in (Union, UnionType):
        return " or ".join(map(_words, members))
    if origin is tuple and members[1:] != (...,):
        return f"a list of {len(members)} ({', '.join(map(_words, members))})"
    if origin in (tuple, list, Sequence):
        return f"a list, each {_words(members[0])}"
    return "a dict with texts as names"


def _brief(value: Any) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # Python writes no number of thousands of digits
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:79]}…"
