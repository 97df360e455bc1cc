"""The words of a command line → a command, or one sentence that says what is wrong with them.

`argparse` parses and writes the help; a command's dataclass says what there is to parse.
"""

import argparse
import ast
import re
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import MISSING
from inspect import cleandoc
from typing import Any, NoReturn, TypeVar, cast, get_type_hints

from striate.checked import meant
from striate.checked.values import MisfitError, as_annotated
from striate.checked.words import EXAMPLES, expected
from striate.cli.options import Option, Positional, options_of, unmarked
from striate.cli.torchrun_errors import leaving_once
from striate.errors import ArgumentError

Command = TypeVar("Command")
WIDEST = 100
"""Columns of the help; longer lines are hard to read."""


def read(command: type[Command], verb: str, words: Sequence[str]) -> Command:
    """Reads the words into a command; prints the help and leaves with code 0 where they ask for it.

    Raises:
        ArgumentError: the words do not fit, or something is missing.
    """
    values = given_in(command, verb, words)
    for option in options_of(command):
        if option.default is MISSING and option.place not in values:
            raise ArgumentError(f"{verb} needs {option.flag}: for example `{example_of(command)}`")
    return cast(Command, _made(command, values))


def recipe_settings(command: type, verb: str, words: Sequence[str]) -> dict[str, Any]:
    """What the words say of the recipe, by the names that a verb's function takes."""
    given = given_in(command, verb, words)
    return {place[-1]: value for place, value in given.items() if place[0] == "settings"}


def given_in(command: type, verb: str, words: Sequence[str]) -> dict[tuple[str, ...], Any]:
    """What the words give, by its place in the command, and nothing else."""
    options = list(options_of(command))
    parser = Parser(prog=f"striate {verb}")
    parser.fill(command)
    plain = [re.sub(r"^--[\w-]+", lambda flag: flag[0].replace("_", "-"), word) for word in words]
    with leaving_once():
        found, left = parser.parse_known_intermixed_args(plain)
    if left:
        raise ArgumentError(_unknown(options, verb, next((w for w in left if w.startswith("-")), left[0])))
    return {
        tuple(place.split(".")): tuple(value) if isinstance(value, list) else value
        for place, value in vars(found).items()
        if value not in (None, [])
    }


class Parser(argparse.ArgumentParser):
    """A parser whose errors are ArgumentErrors, and whose help is a command's docstring and options."""

    def __init__(self, **how: Any) -> None:
        width = min(shutil.get_terminal_size((80, 24)).columns, WIDEST)
        super().__init__(
            add_help=False,
            allow_abbrev=False,
            argument_default=argparse.SUPPRESS,
            formatter_class=lambda prog: _Formatter(prog, max_help_position=26, width=width),
            **how,
        )
        self.options: dict[str, Option] = {}

    def fill(self, command: type) -> None:
        """Adds a command's options, in groups."""
        self.description = cleandoc(command.__doc__ or "")
        groups: dict[str, Any] = {}
        self._positionals.title = "arguments"
        for option in options_of(command):
            self.options[option.flag] = option
            names, how = _argument(option)
            if option.group and option.group not in groups:
                title = f"options, {option.group[:1].lower()}{option.group[1:]}"
                groups[option.group] = self.add_argument_group(title)
            groups.get(option.group, self).add_argument(*names, **how)
        positional = [one for one in self.options.values() if one.marked(Positional)]
        self.usage = " ".join([self.prog, *map(_usage, positional), "[options]"])
        self.add_argument("-h", "--help", action="help", help="Show this and leave.")

    def error(self, message: str) -> NoReturn:
        """Says in our words what argparse found wrong."""
        named = re.match(r"argument (--[\w-]+)(?:/|,|:| )", message)
        option = self.options.get(named[1]) if named else None
        if option is None or named is None:
            raise ArgumentError(f"{self.prog}: {message}: see `{self.prog} --help`")
        if value := re.search(r"ignored explicit argument '(.*)'", message):
            came = f"{option.flag}={value[1]}"
            raise ArgumentError(f"{option.flag} takes no value; got {came!r}: leave ={value[1]} out")
        number = len(option.default) if isinstance(option.default, tuple) and not option.many else 1
        values = "a value" if number == 1 else f"{number} values"
        raise ArgumentError(f"{option.flag} needs {values}: for example {option.flag} {_example(option)}")


class _Formatter(argparse.HelpFormatter):
    """Paragraphs are wrapped; what is indented, as examples are, stays as it is."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n\n".join(
            part if "\n  " in part else textwrap.fill(part, width) for part in text.split("\n\n")
        )

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _argument(option: Option) -> tuple[list[str], dict[str, Any]]:
    """What argparse is told of an option."""
    how: dict[str, Any] = {"help": (option.help + _default(option)).replace("%", "%%")}
    place = ".".join(option.place)
    if option.switch:
        action = "store_true" if option.only_on else argparse.BooleanOptionalAction
        return [option.flag], {**how, "dest": place, "action": action}
    how |= {"type": lambda text: _value(option, text), "metavar": option.metavar}
    how |= {"choices": option.choices} if option.choices else {}
    if option.marked(Positional):
        return [place], {**how, "nargs": "*" if option.many else "?", "default": None}
    if option.many:
        how |= {"nargs": "+", "action": "extend"}
    elif isinstance(option.default, tuple):
        how["nargs"] = len(option.default)
    return [option.flag], {**how, "dest": place}


def _usage(option: Option) -> str:
    text = f"{option.metavar} ..." if option.many else option.metavar
    return text if option.default is MISSING else f"[{text}]"


def _default(option: Option) -> str:
    """What holds where it is not given; nothing where its help says so, or nothing does."""
    value = option.default
    if value in (None, MISSING, (), "") or (value is False and option.only_on):
        return ""
    if isinstance(value, bool):
        return f" (default: {'on' if value else 'off'})"
    return f" (default: {' '.join(map(str, value)) if isinstance(value, tuple) else value})"


def _value(option: Option, text: str) -> Any:
    """One value. Raises ArgumentError."""
    try:
        kind = type(option.choices[0]) if option.choices else option.element
        value = {int: int, float: float}.get(kind, str)(text)
        return as_annotated(option.element, value, option.name)
    except (ValueError, MisfitError) as problem:
        why = f" ({problem})" if isinstance(problem, MisfitError) and str(problem) else ""
        known = expected(option.element).replace("'", "")
        flag = "" if option.marked(Positional) else f"{option.flag} "
        raise ArgumentError(
            f"{option.flag} must be {known}; got {text!r}{why}: for example {flag}{_example(option)}"
        ) from None


def _example(option: Option) -> str:
    """A value, as it would be typed."""
    if option.choices:
        return str(option.choices[0])
    if option.element in (int, float) and option.default not in (None, MISSING, ()):
        values = option.default if isinstance(option.default, tuple) else (option.default,)
        return " ".join(f"{value:g}" for value in values)
    known = EXAMPLES.get(option.name, "").strip("[]()").replace("'", "").replace(",", "")
    return known or option.metavar


def _unknown(options: Sequence[Option], verb: str, word: str) -> str:
    if not word.startswith("-"):
        takes = " ".join(one.metavar for one in options if one.marked(Positional)) or "no words but options"
        return f"{verb} takes {takes}; got {word!r} besides: leave it out"
    flag = word.partition("=")[0]
    names = {one.name: one.flag for one in options if not one.marked(Positional)}
    near = meant(flag, names)
    if near is None:
        return f"{verb} has no option {flag}: `striate {verb} --help` lists what it has"
    return f"{verb} has no option {flag}: did you mean {names[near]}?"


def example_of(command: type) -> str:
    """The first example of a command's help."""
    return str(re.findall(r"^ +(striate .+?)(?:   |$)", command.__doc__ or "", re.MULTILINE)[0])


def _made(command: Any, values: Mapping[tuple[str, ...], Any]) -> Any:
    """A command, or a part of one, of values by their places."""
    own = {place[0]: value for place, value in values.items() if len(place) == 1}
    for name in {place[0] for place in values if len(place) > 1}:
        deeper = {place[1:]: value for place, value in values.items() if place[0] == name}
        own[name] = _made(unmarked(get_type_hints(command, include_extras=True)[name])[0], deeper)
    return command(**own)


def options(pairs: Sequence[str]) -> dict[str, Any]:
    """`widths=32,64 dropout=0.2` as keyword arguments.

    >>> options(["widths=32,64", "dropout=0.2"])
    {'widths': (32, 64), 'dropout': 0.2}
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign or not name.isidentifier():
            raise ArgumentError(
                f"--options takes NAME=VALUE; got {pair!r}: for example --options widths=32,64"
            )
        try:
            found[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            found[name] = text
    return found
