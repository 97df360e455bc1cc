"""What a function or a dataclass takes, read from its source: nothing heavy is imported for it.

A verb's options are its function's parameters: their annotations say what a word must be, `Args:` what they
are for. What no word can say, as a function or a module, is left out.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, dataclass
from functools import cache, reduce
from itertools import pairwise
from operator import or_
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args

import striate

_WORDS = {"Any": str, "int": int, "float": float, "str": str, "bool": bool, "Path": Path}
_ROWS = ("Sequence", "Iterable", "tuple", "list")
_MAPPINGS = ("Mapping", "dict")


@dataclass(frozen=True)
class Kind:
    """What the words of one option must be."""

    element: Any
    """The annotation of one value."""
    values: int | None = 1
    """How many there are; None for any number."""
    named: bool = False
    """Whether each is NAME=VALUE, and all together are a dict."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function, or field of a dataclass, that words can say."""

    name: str
    kind: Kind
    default: Any
    """MISSING where it must be given."""
    help: str


@dataclass(frozen=True)
class Signature:
    """What a function takes, and what it says of itself."""

    text: str
    """Its docstring before `Args:`."""
    parameters: tuple[Parameter, ...]


class Module:
    """The source of one module, and its names."""

    def __init__(self, path: Path) -> None:
        self.names: dict[str, ast.AST] = {}
        self.imported: dict[str, str] = {}
        for node in _top_level(ast.parse(path.read_text(encoding="utf-8")).body):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                self.names[node.name] = node
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self.names[node.targets[0].id] = node.value
            elif isinstance(node, ast.ImportFrom):
                self.imported |= {one.asname or one.name: node.module or "" for one in node.names}

    def find(self, name: str) -> "tuple[ast.AST | None, Module]":
        """What a name stands for, and where that is written; None for what is not ours."""
        home = self.imported.get(name, "")
        if name in self.names or not home.startswith("striate."):
            return self.names.get(name), self
        return module(home).find(name)


@cache
def module(name: str) -> Module:
    """A module of this package by its name, `striate.room.file`."""
    place = Path(striate.__file__).parent.joinpath(*name.split(".")[1:])
    return Module(place / "__init__.py" if place.is_dir() else place.with_suffix(".py"))


@cache
def signature_of(where: str, name: str) -> Signature:
    """What a function takes.

    >>> [one.name for one in signature_of("striate", "check_data").parameters]
    ['source', 'workers']
    """
    function, home = module(where).find(name)
    assert isinstance(function, ast.FunctionDef)
    text, _, told = (ast.get_docstring(function) or "").partition("\n\nArgs:\n")
    helps, taken = _explained(told), function.args
    places = [*taken.args, *taken.kwonlyargs]
    defaults = [*[None] * (len(taken.args) - len(taken.defaults)), *taken.defaults, *taken.kw_defaults]
    found = (
        _parameter(place.arg, place.annotation, default, helps.get(place.arg, ""), home)
        for place, default in zip(places, defaults, strict=True)
    )
    own = tuple(filter(None, found))
    text = re.split(r"\n\n(?:Returns|Raises):|\n\n>>>", text)[0]
    return Signature(text, (*own, *_like(function, {place.arg for place in places}, home)))


def _like(function: ast.FunctionDef, own: set[str], home: Module) -> Iterator[Parameter]:
    """What `checked.like` lets it take besides."""
    for made in function.decorator_list:
        match made:
            case ast.Call(func=ast.Name(id="like"), args=[ast.Name(id=other)], keywords=keywords):
                named = {str(one.arg): ast.literal_eval(one.value).split() for one in keywords}
                theirs = [one for one in keywords_of(home.imported[other], other) if one.name not in own]
                wanted = named.get("only") or [one.name for one in theirs]
                left_out = named.get("without", ())
                yield from (one for one in theirs if one.name in wanted and one.name not in left_out)


@cache
def keywords_of(where: str, name: str) -> tuple[Parameter, ...]:
    """What a function takes by name alone."""
    function, _ = module(where).find(name)
    assert isinstance(function, ast.FunctionDef)
    named = {one.arg for one in function.args.kwonlyargs}
    return tuple(one for one in signature_of(where, name).parameters if one.name in named)


@cache
def fields_of(where: str, name: str) -> tuple[Parameter, ...]:
    """The fields of a dataclass, each with the string below it.

    >>> [one.help for one in fields_of("striate.training.request", "MachineOptions")][:1]
    ['']
    """
    holder, home = module(where).find(name)
    assert isinstance(holder, ast.ClassDef)
    helps = dict(_below(holder.body))
    found = (
        _parameter(field.target.id, field.annotation, field.value, helps.get(field.target.id, ""), home)
        for field in holder.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    )
    return tuple(filter(None, found))


def _parameter(
    name: str, annotation: ast.AST | None, default: ast.AST | None, text: str, home: Module
) -> Parameter | None:
    kind = None if annotation is None else _kind(list(_alternatives(annotation, home)))
    value = MISSING if default is None else _constant(default, home)
    return None if kind is None else Parameter(name, kind, value, text)


def _explained(told: str) -> dict[str, str]:
    """Each argument with what stands behind its name.

    >>> _explained("    a: one\\n        thing.\\n    b: another.\\n\\nReturns:\\n    it.")
    {'a': 'one thing.', 'b': 'another.'}
    """
    entries = re.findall(r"^    (\w+): ((?:.|\n {8})*)", told.split("\n\n")[0], re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}


def _top_level(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a module, those for type checkers alone included."""
    for node in body:
        yield from node.body if isinstance(node, ast.If) else (node,)


def _below(body: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, text in pairwise(body):
        named = isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if named and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            yield field.target.id, " ".join(str(text.value.value).split())  # type: ignore[attr-defined]


def _constant(node: ast.AST, home: Module) -> Any:
    """A default: a plain value, or the name of one. What is neither is none that help could show."""
    if isinstance(node, ast.Name):
        found, there = home.find(node.id)
        return None if found is None else _constant(found, there)
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def _alternatives(node: ast.AST, home: Module) -> Iterator[Any]:
    """What an annotation allows: types, and `Kind` for rows and mappings; nothing that no word can say."""
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            yield from _alternatives(left, home)
            yield from _alternatives(right, home)
        case ast.Constant(value=None):
            yield NoneType
        case ast.Constant(value=str(text)):
            yield from _alternatives(ast.parse(text, mode="eval").body, home)
        case ast.Name(id=name) if name in _WORDS:
            yield _WORDS[name]
        case ast.Name(id=name):
            alias, there = home.find(name)
            if alias is not None and not isinstance(alias, ast.ClassDef):
                yield from _alternatives(alias, there)
        case ast.Subscript(value=ast.Name(id="Literal"), slice=known):
            yield Literal[ast.literal_eval(known)]
        case ast.Subscript(value=ast.Name(id=name)) if name in _MAPPINGS:
            yield Kind(str, None, named=True)
        case ast.Subscript(value=ast.Name(id=name), slice=inside) if name in _ROWS:
            yield from _row(inside, home)


def _row(inside: ast.AST, home: Module) -> Iterator[Kind]:
    parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    element = _union([one for one in _alternatives(parts[0], home) if one is not NoneType])
    fixed = len(parts) > 1 and not (isinstance(parts[1], ast.Constant) and parts[1].value is ...)
    if element is not None:
        yield Kind(element, len(parts) if fixed else None)


def _kind(allowed: list[Any]) -> Kind | None:
    """What its words are. Where a word may stand for numbers in a row, as 4,4 does, it is one word."""
    words = [one for one in allowed if not isinstance(one, Kind) and one is not NoneType]
    rows = [one for one in allowed if isinstance(one, Kind)]
    for row in sorted(rows, key=lambda row: row.named):
        if not words or (str in (row.element, *get_args(row.element)) and not row.named):
            return row
    element = _union(words)
    return None if element is None else Kind(element)


def _union(kinds: list[Any]) -> Any:
    return reduce(or_, kinds) if kinds else None
