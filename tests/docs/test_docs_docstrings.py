"""Every public function says what each of its arguments is, in the form that the reference is made from."""

import inspect
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import striate

SOURCE = Path(striate.__file__).parent
ROOMS = sorted(path.stem for path in SOURCE.iterdir() if path.name[0] not in "_." and path.suffix != ".typed")
SECTION = re.compile(r"^(Args|Returns|Raises|Yields|Examples):$")


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Functions that `striate` or a room lists in `__all__`."""
    for name in ["striate", *(f"striate.{room}" for room in ROOMS)]:
        module = import_module(name)
        for listed in getattr(module, "__all__", ()):
            value = getattr(module, listed)
            if inspect.isfunction(value):
                yield f"{name}.{listed}", value


PUBLIC = dict(public())


def described(function: Callable[..., Any]) -> list[str]:
    """The names under `Args:` of its docstring."""
    lines = (inspect.getdoc(function) or "").splitlines()
    inside, names = False, []
    for line in lines:
        if line and not line.startswith(" "):
            inside = line == "Args:"
        elif inside and (found := re.match(r"    (\*{0,2}\w+):? ?", line)) and line[4] != " ":
            assert line.startswith(f"    {found[1]}: "), line
            names.append(found[1].lstrip("*"))
    return names


def parameters(function: Callable[..., Any]) -> list[str]:
    """Its arguments, those of another function that it also takes left to that one."""
    code = inspect.unwrap(function).__code__
    gathering = sum(bool(code.co_flags & flag) for flag in (inspect.CO_VARARGS, inspect.CO_VARKEYWORDS))
    own = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + gathering]
    said = [name for name in inspect.signature(function).parameters if name in own and name[0] != "_"]
    return [*said, *(name for name in own if name not in said and name[0] != "_")]


@pytest.mark.parametrize("name", PUBLIC)
def test_each_argument_stands_under_args(name):
    assert described(PUBLIC[name]) == parameters(PUBLIC[name])


@pytest.mark.parametrize("name", PUBLIC)
def test_the_first_line_is_a_sentence_of_its_own(name):
    first, *rest = (inspect.getdoc(PUBLIC[name]) or "").split("\n", 1)
    assert first.endswith((".", ":", "?")), first
    assert not rest or rest[0].startswith("\n"), first


def test_the_names_are_read_as_a_reader_reads_them():
    def example(one: int, *others: int, **rest: int) -> None:
        """Does.

        Args:
            one: the first,
                with more on a second line.
            *others: more.
            **rest: by name.

        Returns:
            nothing: at all.
        """

    assert described(example) == ["one", "others", "rest"] == parameters(example)
