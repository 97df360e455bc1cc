"""How a refusal says what an argument must be and what came instead."""

import os
import reprlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import FunctionType, ModuleType, NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

EXAMPLES = {
    "at": "(4, 4)",
    "backbone": "'resnet18'",
    "batch": "8",
    "batch_size": "128",
    "channels": "3",
    "classes": "10",
    "clip": "'clips/jump/a.mp4'",
    "data": "'photos/'",
    "device": "'cpu'",
    "epochs": "12",
    "files": "['cat.jpg', 'dog.jpg']",
    "filter": "3",
    "flow": "'dis'",
    "frames": "8",
    "group_by": "r'(person[0-9]+)'",
    "image": "'dog.png'",
    "input": "(3, 224, 224)",
    "inputs": "'digits/test/17'",
    "label": "'cat'",
    "language": "'en'",
    "layer": "'conv1'",
    "layout": "'NTC'",
    "learning_rate": "0.003",
    "match": "'macs'",
    "measure": "True",
    "minutes": "10",
    "minutes_each": "10",
    "network": "'resnet18'",
    "num_threads": "4",
    "options": "{'widths': (32, 64)}",
    "out": "'runs/first'",
    "patience": "3",
    "rate": "0.01",
    "recipe": "'fast'",
    "resume": "'runs/photos-plain'",
    "run": "'runs/digits-plain'",
    "runs": "['runs/a', 'runs/b']",
    "seed": "0",
    "seeds": "3",
    "shape": "(8, 3, 224, 224)",
    "show": "('maps', 'filters')",
    "size": "112",
    "source": "'photos/'",
    "split": "'test'",
    "stride": "2",
    "target": "'cat'",
    "time": "'tsm'",
    "weight": "(5, 3, 1, 1)",
    "weights": "'resnet18.pth'",
    "window": "2",
    "workers": "4",
}
"""What may stand for an argument of that name: a word means one thing in all of striate."""

MOST = {
    "batch": 1 << 20,
    "batch_size": 1 << 20,
    "channels": 1 << 12,
    "classes": 1 << 20,
    "clips": 1 << 10,
    "epochs": 10**9,
    "frames": 1 << 16,
    "input": 1 << 20,
    "num_threads": 1 << 10,
    "seeds": 10_000,
    "shape": 1 << 20,
    "short_side": 1 << 14,
    "size": 1 << 14,
    "stride": 1 << 20,
    "workers": 1 << 10,
}
"""The largest number of that name that is taken for meant; more would only exhaust the memory."""

_NAMES = {
    int: "a whole number",
    float: "a finite number",
    bool: "True or False",
    str: "a string",
    Path: "a path",
    os.PathLike: "a path",
    NoneType: "None",
    None: "None",
    Any: "anything",
}
_SEVERAL = {
    int: "whole numbers",
    float: "finite numbers",
    str: "strings",
    Path: "paths",
}
ROWS = (tuple, list, Sequence, Collection, Iterable)
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 60


def expected(kind: Any) -> str:
    """An annotation in words.

    >>> expected(int | None), expected(tuple[float, float]), expected(Literal["auto", "plain"])
    ('a whole number or None', '2 finite numbers', "'auto' or 'plain'")
    """
    return _or(dict.fromkeys(_alternatives(kind)))


def unnamed(kind: Any) -> Any:
    """What an alias that carries a name stands for (`type X = ...`; NumPy's NDArray is one since 2.5)."""
    while hasattr(kind, "__value__"):
        kind = kind.__value__
    return kind


def _alternatives(kind: Any) -> list[str]:
    kind = unnamed(kind)
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated or isinstance(kind, TypeVar):
        return _alternatives(parts[0] if parts else Any)
    if origin in (Union, UnionType):
        told = [text for part in parts for text in _alternatives(part)]
        return ["a name" if text == "a string" and "a path" in told else text for text in told]
    if origin is Literal:
        return [repr(part) for part in parts]
    if (origin or kind) in _NAMES:
        return [_NAMES[origin or kind]]
    return [_of_class(origin or kind, parts)]


def _of_class(kind: Any, parts: tuple[Any, ...]) -> str:
    if kind is Callable:
        return "a function"
    if isinstance(kind, type) and issubclass(kind, Mapping):
        return "a dict"
    if kind in ROWS:
        return _row(kind, parts)
    return (
        _a(kind.__name__)
        if kind.__module__.startswith("striate")
        else _a(f"{kind.__module__.removesuffix('.modules.module')}.{kind.__name__}")
    )


def _row(kind: Any, parts: tuple[Any, ...]) -> str:
    fixed = kind is tuple and len(parts) > 0 and parts[-1] is not Ellipsis
    plural = _SEVERAL.get(parts[0]) if parts else None
    if plural is None:
        inside = expected(parts[0]) if parts else "anything"
        plural = "names or paths" if inside == "a name or a path" else f"a row of which each is {inside}"
    return f"{len(parts)} {plural}" if fixed else plural


def _or(texts: Iterable[str]) -> str:
    """`a, b or c`."""
    *before, last = texts
    return f"{', '.join(before)} or {last}" if before else last


def came(value: Any) -> str:
    """A value in a few words, whatever it is.

    >>> came("x"), came({"a": 1}), came(came)
    ("'x'", "the dict {'a': 1}", 'the function came')
    """
    if isinstance(value, ModuleType | FunctionType | type):
        kind = {ModuleType: "module", FunctionType: "function"}.get(type(value), "class")
        return f"the {kind} {value.__name__}"
    if hasattr(value, "shape") and hasattr(value, "dtype") and len(value.shape):
        kind = "array" if type(value).__name__ == "ndarray" else type(value).__name__
        return f"{_a(kind)} of shape {tuple(value.shape)}"
    plain = value is None or isinstance(value, bool | int | float | str | bytes | Path)
    if plain or isinstance(value, dict | list | tuple | set | frozenset):
        text = _shortened(value)
        return text if plain or text[:1] in "([" else f"the {type(value).__name__} {text}"
    return _a(type(value).__name__)


def _shortened(value: Any) -> str:
    try:
        return " ".join(_SHORT.repr(value).split())
    except Exception:  # a repr of somebody's own, or a number with too many digits to write
        return _a(type(value).__name__)


def _a(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
