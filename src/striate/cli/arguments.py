"""The words of a command line → what they ask for, or one sentence that says what is wrong with them.

`argparse` parses and writes the help; the options of a verb say what there is to parse.
"""

import argparse
import ast
import re
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import Any, NoReturn

from striate.checked import meant
from striate.checked.values import MisfitError, as_annotated
from striate.checked.words import EXAMPLES, expected
from striate.cli.config import config_text, left_out, overridden, words_of_config
from striate.cli.idle import refuse_idle
from striate.cli.options import METAVARS, Asked, Option, Verb, as_typed, needed, options_of
from striate.cli.signatures import signature_of
from striate.cli.torchrun_errors import leaving_once
from striate.errors import ArgumentError
from striate.torchrun import leads

WIDEST = 100
"""Columns of the help; longer lines are hard to read."""
CONFIG = (
    "Take options from this TOML file, by their names, as learning_rate = 0.01; or from the run.json of a "
    "run, to train as it did. What is typed counts before it."
)
PRINT_CONFIG = "Print the options, typed and of a file, as such a file, and leave."
ONE_FORM = ("csv", "markdown", "json")
"""Forms of a result of which only one can be printed."""


def read(verb: Verb, name: str, words: Sequence[str]) -> Asked:
    """Reads the words behind the verb; prints the help and leaves with code 0 where they ask for it.

    Raises:
        ArgumentError: the words do not fit, or something is missing.
    """
    parser = Parser(prog=f"striate {name}")
    parser.fill(verb)
    plain = [re.sub(r"^--[\w-]+", lambda flag: flag[0].replace("_", "-"), word) for word in words]
    with leaving_once():
        found, left = parser.parse_known_intermixed_args(plain)
    left = [word for word in left if word != "--"]
    if left:
        raise ArgumentError(parser.unknown(next((word for word in left if word.startswith("-")), left[0])))
    given = {one: value for one, value in vars(found).items() if value not in (None, [], ())}
    config, shown = given.pop("config", None), given.pop("print_config", False)
    if config is not None:
        given = _with_config(parser, config, given)
    if shown:
        print(config_text(given))
        raise SystemExit(0)
    missing = [one.flag for one in parser.options if needed(one) and one.name not in given]
    if verb.needs and not given.keys() & set(verb.needs):
        missing = [" or ".join(one.flag for one in parser.options if one.name in verb.needs)]
    if missing:
        raise ArgumentError(f"{name} needs {' and '.join(missing)}: for example `{parser.example}`")
    forms = [f"--{form}" for form in ONE_FORM if form in given]
    if len(forms) > 1:
        raise ArgumentError(f"{' and '.join(forms)} are two forms of one result: give one of them")
    refuse_idle(verb, given)
    return Asked(("striate", *name.split(), *words), given)


def _with_config(parser: "Parser", path: str, given: dict[str, Any]) -> dict[str, Any]:
    """What was typed, and besides it what a file says. Raises ArgumentError."""
    words, typed, other = words_of_config(path, parser.options, given)
    found, _ = parser.parse_known_intermixed_args(words)
    if typed and leads():
        print(overridden(path, typed), file=sys.stderr)
    if other and leads():
        print(left_out(path, other), file=sys.stderr)
    said = {one: value for one, value in vars(found).items() if value not in (None, [], ())}
    return {**said, **given}


class Parser(argparse.ArgumentParser):
    """A parser whose errors are ArgumentErrors, and whose help is what a verb's function says of itself."""

    def __init__(self, **how: Any) -> None:
        width = min(shutil.get_terminal_size((80, 24)).columns, WIDEST)
        super().__init__(
            add_help=False,
            allow_abbrev=False,
            argument_default=argparse.SUPPRESS,
            formatter_class=lambda prog: _Formatter(prog, max_help_position=26, width=width),
            **how,
        )
        self._negative_number_matcher = re.compile(r"-\.?\d")  # also of several, as -1,2: no option
        self.options: list[Option] = []
        self.example = ""

    def fill(self, verb: Verb) -> None:
        """Adds the options of a verb, in groups."""
        self.options = options_of(verb)
        self.example = verb.examples.strip().splitlines()[0].partition("  ")[0]  # without what is said of it
        flags = {one.name: one.flag for one in self.options}
        said = as_typed(signature_of(*verb.home).text, flags)
        self.description = f"{said}\n\nexamples:{textwrap.indent(verb.examples, '  ')}"
        groups: dict[str, Any] = {"": self}
        self._positionals.title = "arguments"
        for option in self.options:
            if option.group not in groups:
                groups[option.group] = self.add_argument_group(f"options, {option.group}")
            names, how = _argument(option)
            groups[option.group].add_argument(*names, **how)
        if verb.configured:
            self.add_argument("--config", metavar="FILE", help=CONFIG)
            self.add_argument("--print-config", action="store_true", help=PRINT_CONFIG)
        positional = [_usage(one) for one in self.options if one.positional]
        self.usage = " ".join([self.prog, *positional, "[options]"])
        self.add_argument("-h", "--help", action="help", help="Show this and leave.")

    def error(self, message: str) -> NoReturn:
        """Says in our words what argparse found wrong."""
        named = re.match(r"argument (?:-\w/)?(--[\w-]+)(?:/|,|:| )", message)
        if named and (value := re.search(r"ignored explicit argument '(.*)'", message)):
            came = f"{named[1]}={value[1]}"
            raise ArgumentError(f"{named[1]} takes no value; got {came!r}: leave ={value[1]} out")
        option = next((one for one in self.options if named and one.flag == named[1]), None)
        if option is None:
            raise ArgumentError(f"{self.prog}: {message}: see `{self.prog} --help`")
        values = "a value" if option.values in (1, None) else f"{option.values} values"
        raise ArgumentError(f"{option.flag} needs {values}: for example {option.flag} {_example(option)}")

    def unknown(self, word: str) -> str:
        """What is wrong with a word that no option takes."""
        verb = self.prog.removeprefix("striate ")
        if not word.startswith("-"):
            takes = " ".join(one.flag for one in self.options if one.positional) or "no words but options"
            return f"{verb} takes {takes}; got {word!r} besides: leave it out"
        flag = word.partition("=")[0]
        known = {one.name: one for one in self.options}
        near = meant(flag, [*(one for one in known if not known[one].positional), *known])
        hint = f"`{self.prog} --help` lists what it has"
        if near is not None:
            place = f"{known[near].flag} stands without one, as in `{self.example}`"
            hint = place if known[near].positional else f"did you mean {known[near].flag}?"
        return f"{verb} has no option {flag}: {hint}"


class _Formatter(argparse.HelpFormatter):
    """Paragraphs are wrapped; what is indented, as examples are, stays as it is."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n\n".join(
            part if "\n  " in part else textwrap.fill(part, width) for part in text.split("\n\n")
        )

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


class _Pairs(argparse.Action):
    """Values NAME=VALUE, together a dict."""

    def __call__(self, parser: Any, found: Any, values: Any, option_string: str | None = None) -> None:
        setattr(found, self.dest, {**getattr(found, self.dest, {}), **dict(values)})


class _Values(argparse.Action):
    """Several values, together a tuple; those of the same option given twice follow each other."""

    def __call__(self, parser: Any, found: Any, values: Any, option_string: str | None = None) -> None:
        setattr(found, self.dest, (*(getattr(found, self.dest, None) or ()), *values))


def _argument(option: Option) -> tuple[list[str], dict[str, Any]]:
    """What argparse is told of an option."""
    how: dict[str, Any] = {"help": (option.help + _default(option)).replace("%", "%%")}
    if option.element is bool:
        action = argparse.BooleanOptionalAction if option.either else "store_true"
        return [option.flag], {**how, "dest": option.name, "action": action}
    how |= {"type": lambda text: _value(option, text), "metavar": option.metavar}
    how |= {"choices": option.choices} if option.choices else {}
    if option.positional:
        several = {"nargs": "?"} if option.values == 1 else {"nargs": "*", "action": _Values}
        return [option.name], {**how, **several, "default": None}  # which is no text to be read as a value
    if option.values != 1:
        how |= {"nargs": option.values or "+", "action": _Pairs if option.named else _Values}
    return [option.flag], {**how, "dest": option.name}


def _usage(option: Option) -> str:
    text = option.metavar if option.values == 1 else f"{option.metavar} ..."
    return text if needed(option) else f"[{text}]"


def _default(option: Option) -> str:
    """What holds where it is not given; nothing where its help says so, or nothing does."""
    value = option.default
    if needed(option) or value in (None, (), "") or (value is False and not option.either):
        return ""
    if isinstance(value, bool):
        return f" (default: {'on' if value else 'off'})"
    return f" (default: {' '.join(map(str, value)) if isinstance(value, tuple) else value})"


def _value(option: Option, text: str) -> Any:
    """One value. Raises ArgumentError."""
    if option.named:
        return _pair(option, text)
    try:
        kind = type(option.choices[0]) if option.choices else option.element
        value = {int: int, float: float}.get(kind, str)(text)
        return as_annotated(option.element, value, option.name)
    except (ValueError, MisfitError) as problem:
        why = f" ({problem})" if isinstance(problem, MisfitError) and str(problem) else ""
        known = expected(option.element).replace("'", "")
        flag = "" if option.positional else f"{option.flag} "
        raise ArgumentError(
            f"{option.flag} must be {known}; got {text!r}{why}: for example {flag}{_example(option)}"
        ) from None


def _pair(option: Option, text: str) -> tuple[str, Any]:
    """`widths=32,64` as a name and a value."""
    name, sign, value = text.partition("=")
    if not sign or not name.isidentifier():
        raise ArgumentError(
            f"{option.flag} takes NAME=VALUE; got {text!r}: for example {option.flag} {_example(option)}"
        )
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return name, value


def _example(option: Option) -> str:
    """A value, as it would be typed."""
    if option.choices:
        return str(option.choices[0])
    if option.element in (int, float) and option.default:
        values = option.default if isinstance(option.default, tuple) else (option.default,)
        return " ".join(f"{value:g}" for value in values)
    if option.named:
        return "widths=32,64"
    known = ast.literal_eval(EXAMPLES.get(option.name, "None"))
    if known is None or (option.metavar == "FILE" and METAVARS.get(option.name) != "FILE"):
        return option.metavar.partition("[")[0]
    several = known if isinstance(known, tuple | list) else (known,)
    return {"SHAPE": "x", "Y,X": ",", "K,C,I,J": ","}.get(option.metavar, " ").join(map(str, several))
