"""The words of a command line → a command, or one sentence that says what is wrong with them."""

import ast
import sys
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, replace
from typing import Any, TypeVar, cast, get_type_hints

from striate.checked import meant
from striate.checked.values import MisfitError, as_annotated
from striate.checked.words import EXAMPLES, expected
from striate.cli.help import example_of, help_of
from striate.cli.options import Option, options_of, unmarked
from striate.cli.torchrun_errors import leads
from striate.errors import ArgumentError

Command = TypeVar("Command")


def read(command: type[Command], verb: str, words: Sequence[str], default: Command | None = None) -> Command:
    """Reads the words into a command; prints the help and leaves with code 0 where they ask for it.

    default: what the words are laid over, in place of the command's own defaults.

    Raises:
        ArgumentError: the words do not fit, or something is missing.
    """
    if any(word in ("-h", "--help") for word in words):
        if leads():
            print(help_of(command, verb))
        sys.exit(0)
    values = given_in(command, verb, words)
    for option in options_of(command):
        if option.default is MISSING and option.place not in values:
            raise ArgumentError(f"{verb} needs {option.flag}: for example `{example_of(command)}`")
    return cast(Command, _laid_over(command if default is None else default, values))


def given_in(command: type, verb: str, words: Sequence[str]) -> dict[tuple[str, ...], Any]:
    """What the words give, by its place in the command, and nothing else."""
    options = options_of(command)
    values: dict[tuple[str, ...], Any] = {}
    loose: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            loose += rest
            break
        if not word.startswith("--") and not (word.startswith("-") and word[1:2].isalpha()):
            loose.append(word)
            continue
        option, value = _named(options, verb, word, rest)
        if option.many and option.place in values:
            value = (*values[option.place], *value)
        values[option.place] = value
    return values | _by_position(options, verb, loose)


def recipe_settings(command: type, verb: str, words: Sequence[str]) -> dict[str, Any]:
    """What the words say of the recipe, by the names that a verb's function takes."""
    return {
        place[-1]: value for place, value in given_in(command, verb, words).items() if place[0] == "recipe"
    }


def _named(options: Sequence[Option], verb: str, word: str, rest: list[str]) -> tuple[Option, Any]:
    """The option that a word names, and its value, which is taken from what follows."""
    flag, sign, text = word.partition("=")
    flag = flag.replace("_", "-")
    for option in options:
        if option.positional:
            continue
        if option.kind is bool and flag == f"--no-{option.flag[2:]}" and not option.only_on and not sign:
            return option, False
        if flag == option.flag:
            if option.kind is bool and sign:
                raise ArgumentError(f"{flag} takes no value; got {word!r}: leave {sign}{text} out")
            return option, _value(option, [text] if sign else _following(option, flag, rest))
    raise ArgumentError(_unknown(options, verb, flag))


def _following(option: Option, flag: str, rest: list[str]) -> list[str]:
    """The words that belong to an option."""
    taken: list[str] = []
    while rest and not rest[0].startswith("--") and (option.many or len(taken) < option.number):
        taken.append(rest.pop(0))
    if len(taken) < option.number:
        values = "a value" if option.number == 1 else f"{option.number} values"
        raise ArgumentError(f"{flag} needs {values}: for example {flag} {_example(option)}")
    return taken


def _value(option: Option, texts: Sequence[str]) -> Any:
    if option.kind is bool:
        return True
    values = tuple(_one(option, text) for text in texts)
    return values if option.many or option.number > 1 else values[0]


def _one(option: Option, text: str) -> Any:
    try:
        value = {int: int, float: float}.get(option.element, str)(text)
        return as_annotated(option.element, value, option.name)
    except (ValueError, MisfitError) as problem:
        why = f" ({problem})" if isinstance(problem, MisfitError) and str(problem) else ""
        raise ArgumentError(
            f"{option.flag} must be {_expected(option)}; got {text!r}{why}: for example "
            f"{'' if option.positional else option.flag + ' '}{_example(option)}"
        ) from None


def _expected(option: Option) -> str:
    *before, last = option.choices or (expected(option.element),)
    return f"{', '.join(before)} or {last}" if before else last


def _example(option: Option) -> str:
    """A value, as it would be typed."""
    if option.choices:
        return option.choices[0]
    if option.default not in (None, MISSING, ()) and option.element in (int, float):
        values = option.default if isinstance(option.default, tuple) else (option.default,)
        return " ".join(f"{value:g}" for value in values)
    known = EXAMPLES.get(option.name, "").strip("[]()").replace("'", "").replace(",", "")
    return known or option.metavar


def _unknown(options: Sequence[Option], verb: str, flag: str) -> str:
    names = {one.name: one.flag for one in options if not one.positional}
    near = meant(flag, names)
    if near is None:
        return f"{verb} has no option {flag}: `striate {verb} --help` lists what it has"
    return f"{verb} has no option {flag}: did you mean {names[near]}?"


def _by_position(options: Sequence[Option], verb: str, loose: list[str]) -> dict[tuple[str, ...], Any]:
    values: dict[tuple[str, ...], Any] = {}
    positional = [option for option in options if option.positional]
    for option in positional:
        mine, loose = (loose, []) if option.many else (loose[:1], loose[1:])
        if mine:
            values[option.place] = _value(option, mine)
    if loose:
        takes = " ".join(option.metavar for option in positional) or "no words but options"
        raise ArgumentError(f"{verb} takes {takes}; got {loose[0]!r} besides: leave it out")
    return values


def _laid_over(base: Any, values: Mapping[tuple[str, ...], Any]) -> Any:
    """A command, or a part of one, with values by their places; base: what they replace, or the class."""
    changes: dict[str, Any] = {place[0]: value for place, value in values.items() if len(place) == 1}
    inner = {place[0] for place in values if len(place) > 1}
    for name in inner:
        deeper = {place[1:]: value for place, value in values.items() if place[0] == name}
        part = unmarked(get_type_hints(base)[name])[0] if isinstance(base, type) else getattr(base, name)
        changes[name] = _laid_over(part, deeper)
    return base(**changes) if isinstance(base, type) else replace(base, **changes)


def options(pairs: Sequence[str]) -> dict[str, Any]:
    """`widths=32,64 dropout=0.2` as keyword arguments.

    >>> options(["widths=32,64", "dropout=0.2"])
    {'widths': (32, 64), 'dropout': 0.2}
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign or not name.isidentifier():
            raise ArgumentError(f"--option takes NAME=VALUE; got {pair!r}: for example --option widths=32,64")
        try:
            found[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            found[name] = text
    return found
