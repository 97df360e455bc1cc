"""A value and an annotation → the value as the annotation says, or a misfit."""

import ast
import errno
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from numbers import Integral, Real
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from striate.checked.words import EXAMPLES, MOST, ROWS, unnamed

_LARGEST = 1 << 63
_MISSING = (errno.ENOENT, errno.ENOTDIR)


class MisfitError(Exception):
    """A value that is not what the annotation says; its text says why, where the kind alone does not."""


def as_annotated(kind: Any, value: Any, name: str = "") -> Any:
    """The value in the form that an annotation says.

    >>> as_annotated(tuple[int, ...], [1, 2])
    (1, 2)
    """
    kind = unnamed(kind)
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated or isinstance(kind, TypeVar):
        return as_annotated(parts[0] if parts else Any, value, name)
    if origin in (Union, UnionType):
        return _first_that_fits(parts, value, name)
    if origin is Literal:
        return _one_of(parts, value)
    if kind in _PLAIN:
        return _PLAIN[kind](value, name)
    return _of_class(origin or kind, parts, value, name)


def has_example(name: str, kind: Any) -> bool:
    """Whether what `EXAMPLES` has of that name fits this argument: a word may mean two things after all.

    >>> has_example("classes", int), has_example("classes", str), has_example("no-such-name", int)
    (True, False, False)
    """
    if name not in EXAMPLES:
        return False
    try:
        as_annotated(kind, ast.literal_eval(EXAMPLES[name]), name)
    except MisfitError:
        return False
    return True


def _first_that_fits(kinds: Sequence[Any], value: Any, name: str) -> Any:
    if value is None and NoneType in kinds:
        return None  # before a row of which it would be one
    if isinstance(value, str) and str in kinds and any(_is_path(kind) for kind in kinds):
        return _path(value, name) and value  # a name or a path: it stays the text that it is
    misfits = []
    for kind in kinds:
        try:
            return as_annotated(kind, value, name)
        except MisfitError as misfit:
            misfits.append(str(misfit))
    raise MisfitError(max(misfits, key=len))


def _is_path(kind: Any) -> bool:
    return kind is Path or get_origin(kind) is os.PathLike


def _one_of(known: Sequence[Any], value: Any) -> Any:
    if isinstance(value, str | int) and value in known and type(value) in map(type, known):
        return value
    near = get_close_matches(value, [str(one) for one in known], n=1) if isinstance(value, str) else ()
    raise MisfitError(f"did you mean {near[0]}?" if near else "")


def _of_class(kind: Any, parts: tuple[Any, ...], value: Any, name: str) -> Any:
    if kind is os.PathLike:
        return _path(value, name)
    if isinstance(kind, type) and issubclass(kind, Mapping):
        return _mapping(parts, value, name)
    if kind in ROWS:
        return _several(kind, parts, value, name)
    if kind is Callable:
        fits = callable(value) and not hasattr(value, "state_dict")  # a network is no function here
    elif getattr(kind, "_is_protocol", False):
        fits = all(hasattr(value, part) for part in vars(kind) if not part.startswith("_"))
    else:
        fits = isinstance(value, kind)
    if not fits or isinstance(value, type):
        raise MisfitError
    return value


def _several(kind: Any, parts: tuple[Any, ...], value: Any, name: str) -> Any:
    """A tuple, or a list where a list is annotated. One thing stands for a row of one."""
    fixed = kind is tuple and len(parts) > 0 and parts[-1] is not Ellipsis
    if isinstance(value, bytes | bytearray | Mapping | type):
        raise MisfitError
    row = _listed(value)
    if fixed and len(row) != len(parts):
        raise MisfitError
    kinds = parts if fixed else [parts[0] if parts else Any] * len(row)
    fitting = [as_annotated(each, one, name) for each, one in zip(kinds, row, strict=True)]
    return fitting if kind is list else tuple(fitting)


def _listed(value: Any) -> list[Any]:
    if isinstance(value, str | os.PathLike) or not isinstance(value, Iterable):
        return [value]
    if getattr(value, "ndim", None) == 1 and hasattr(value, "tolist"):
        return list(value.tolist())  # plain numbers
    try:
        return list(value)
    except TypeError:  # an array of no axes
        raise MisfitError from None


def _mapping(parts: tuple[Any, ...], value: Any, name: str) -> Any:
    if not isinstance(value, Mapping):
        raise MisfitError
    key, element = parts or (Any, Any)
    for one, held in value.items():
        as_annotated(key, one)
        as_annotated(element, held)
    return value


def _whole(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise MisfitError
    most = MOST.get(name, _LARGEST - 1)
    if not -_LARGEST <= int(value) <= most:
        raise MisfitError(f"at most {most:,} is taken")
    return int(value)


def _number(value: Any, name: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise MisfitError
    try:
        number = float(value)
    except OverflowError:
        raise MisfitError from None
    if not math.isfinite(number):
        raise MisfitError
    return int(value) if isinstance(value, Integral) else number


def _truth(value: Any, name: str) -> bool:
    of_numpy = type(value).__module__ == "numpy" and type(value).__name__ in ("bool", "bool_")
    if not isinstance(value, bool) and not of_numpy:
        raise MisfitError
    return bool(value)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise MisfitError
    return str(value)


def _none(value: Any, name: str) -> None:
    if value is not None:
        raise MisfitError


def _path(value: Any, name: str) -> Path:
    """A path that the system can look for, whether or not there is something."""
    if not isinstance(value, str | os.PathLike):
        raise MisfitError
    text = os.fspath(value)
    if not isinstance(text, str):
        raise MisfitError
    if not text.strip():
        raise MisfitError("nothing")
    try:
        os.stat(text)  # noqa: PTH116 - a Path would take a text that holds a zero for missing
    except OSError as error:
        if error.errno not in _MISSING:
            raise MisfitError(error.strerror) from None
    except ValueError:  # a zero in it, or what no file name can hold
        raise MisfitError("no file can be called that") from None
    return Path(text)


_PLAIN: dict[Any, Callable[[Any, str], Any]] = {
    Any: lambda value, name: value,
    int: _whole,
    float: _number,
    bool: _truth,
    str: _text,
    Path: _path,
    NoneType: _none,
    None: _none,
}
