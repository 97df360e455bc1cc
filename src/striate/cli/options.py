"""A command as a frozen dataclass: its fields are its options, the strings below them and its docstring its
help. A field that is a dataclass itself gives its own fields as further options, in a group of their own.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints


@dataclass(frozen=True)
class Metavar:
    """What stands for an option's value in the help."""

    text: str


class Positional(Metavar):
    """Marks an argument that is given by its position."""


class _OnlyOn:
    """Marks a bool that is off unless it is given."""


Flag = Annotated[bool, _OnlyOn()]
"""Off unless it is given."""
Folder = Annotated[Path, Metavar("FOLDER")]
File = Annotated[Path, Metavar("FILE")]
Name = Annotated[str, Metavar("NAME")]

_METAVARS: dict[Any, str] = {int: "N", float: "X", str: "NAME", Path: "PATH"}


@dataclass(frozen=True)
class Option:
    """One argument of a command."""

    place: tuple[str, ...]
    """The names of the fields that lead to it, from the command down."""
    kind: Any
    """Its annotation, without None."""
    default: Any
    """MISSING where it must be given."""
    marks: tuple[Any, ...]
    """What its annotation is marked with."""
    group: str
    """What the dataclass that holds it says of itself; nothing for the command's own."""
    help: str
    """What stands below it in the source."""

    @property
    def name(self) -> str:
        """As a keyword of a function."""
        return self.place[-1]

    @property
    def flag(self) -> str:
        """As it is typed; of a positional argument, what stands for it."""
        return self.metavar if self.marked(Positional) else f"--{self.name.replace('_', '-')}"

    def marked(self, mark: type) -> bool:
        """Whether its annotation carries such a mark."""
        return any(isinstance(one, mark) for one in self.marks)

    @property
    def switch(self) -> bool:
        """Whether it takes no value."""
        return self.kind is bool

    @property
    def only_on(self) -> bool:
        """Whether there is no `--no-…` for it."""
        return self.marked(_OnlyOn)

    @property
    def many(self) -> bool:
        """Whether it takes any number of values."""
        return get_origin(self.kind) is tuple and get_args(self.kind)[-1] is Ellipsis

    @property
    def element(self) -> Any:
        """What one value is."""
        return get_args(self.kind)[0] if get_origin(self.kind) is tuple else self.kind

    @property
    def choices(self) -> tuple[Any, ...]:
        """What may be given, where that can be listed."""
        return get_args(self.element) if get_origin(self.element) is Literal else ()

    @property
    def metavar(self) -> str:
        """What stands for one value."""
        marks = [mark.text for mark in self.marks if isinstance(mark, Metavar)]
        return marks[0] if marks else "|".join(map(str, self.choices)) or _METAVARS[self.element]


def options_of(holder: type, place: tuple[str, ...] = (), group: str = "") -> Iterator[Option]:
    """Every option of a command, in the order in which they stand in it."""
    hints, helps = get_type_hints(holder, include_extras=True), _helps(holder)
    for field in fields(holder):
        kind, marks = unmarked(hints[field.name])
        where = (*place, field.name)
        if is_dataclass(kind):
            assert isinstance(kind, type)
            yield from options_of(kind, where, inspect.cleandoc(kind.__doc__ or "").split(".")[0])
        else:
            default = field.default if field.default_factory is MISSING else field.default_factory()
            yield Option(where, kind, default, marks, group, helps.get(field.name, ""))


def unmarked(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    """An annotation without None and marks, and the marks, those of a tuple's elements included."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        inner, marks = unmarked(parts[0])
        return inner, (*parts[1:], *marks)
    if origin in (Union, UnionType):
        (one,) = (part for part in parts if part is not NoneType)
        return unmarked(one)
    if origin is tuple:
        inside = [unmarked(part) if part is not Ellipsis else (part, ()) for part in parts]
        return tuple[tuple(inner for inner, _ in inside)], inside[0][1]  # type: ignore[misc]  # made at run time
    return kind, ()


@cache
def _helps(holder: type) -> dict[str, str]:
    """Each field of a dataclass with the string below it."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(holder))).body
    assert isinstance(body, ast.ClassDef)
    return dict(_pairs(body.body))


def _pairs(body: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, text in pairwise(body):
        named = isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if named and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            yield field.target.id, " ".join(str(text.value.value).split())  # type: ignore[attr-defined]
