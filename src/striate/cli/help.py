"""The help of a command: its docstring, then its arguments, in the width of the terminal."""

import inspect
import shutil
import textwrap
from collections.abc import Iterator
from dataclasses import MISSING

from striate.cli.options import Option, helps_of, options_of

WIDEST = 100
"""Columns; longer lines are hard to read."""
INDENT = 26
"""Columns before what is said of an argument."""


def help_of(command: type, verb: str) -> str:
    """The help of a command."""
    width = min(shutil.get_terminal_size((80, 24)).columns, WIDEST)
    every = options_of(command)
    positional = [option for option in every if option.positional]
    named = [option for option in every if not option.positional]
    usage = " ".join(["usage: striate", verb, *map(_usage, positional), "[options]"])
    parts = [usage, _wrapped(inspect.cleandoc(command.__doc__ or ""), width)]
    helps = helps_of(command)
    if positional:
        parts.append(_section("arguments:", positional, helps, width))
    for group in dict.fromkeys(option.group for option in named):
        heading = f"options, {group[0].lower()}{group[1:]}:" if group else "options:"
        parts.append(_section(heading, [one for one in named if one.group == group], helps, width))
    return "\n\n".join(parts)


def example_of(command: type) -> str:
    """The first example of a command's help."""
    lines = [line.strip() for line in (command.__doc__ or "").splitlines()]
    example = next(line for line in lines if line.startswith("striate "))
    return example.split("   ")[0]


def _usage(option: Option) -> str:
    text = f"{option.metavar} ..." if option.many else option.metavar
    return text if option.default is MISSING else f"[{text}]"


def _wrapped(text: str, width: int) -> str:
    """Paragraphs and examples in the width there is."""
    head, sign, examples = text.partition("\nexamples:\n")
    paragraphs = [_paragraph(paragraph, width) for paragraph in head.strip().split("\n\n")]
    shown = [_example(line, width) for line in examples.splitlines()]
    return "\n\n".join(paragraphs + ["\n".join(["examples:", *shown])] * bool(sign))


def _paragraph(text: str, width: int) -> str:
    """Wrapped, unless each of its lines fits: then its lines are meant."""
    lines = text.splitlines()
    return text if max(map(len, lines)) <= min(width, 80) else textwrap.fill(" ".join(lines), width)


def _example(line: str, width: int) -> str:
    """A command, with what is said of it below it and a backslash at its breaks where it is too long."""
    if len(line) <= width:
        return line
    command, _, said = line.strip().partition("   ")
    broken = textwrap.wrap(
        command, width - 2, initial_indent="  ", subsequent_indent=" " * 6, break_on_hyphens=False
    )
    return " \\\n".join(broken) + (f"\n      {said.strip()}" if said else "")


def _section(heading: str, options: list[Option], helps: dict[tuple[str, ...], str], width: int) -> str:
    lines = [textwrap.fill(heading, width)]
    for option in options:
        lines += _lines(_head(option), helps[option.place] + _default(option), width)
    return "\n".join(lines)


def _head(option: Option) -> str:
    if option.positional:
        return _usage(option).strip("[]")
    if option.kind is bool:
        return option.flag if option.only_on else f"{option.flag}, --no-{option.flag[2:]}"
    values = " ".join([option.metavar] * option.number) + " ..." * option.many
    return f"{option.flag} {values}"


def _default(option: Option) -> str:
    """What holds where it is not given; nothing where its help says so, or nothing does."""
    value = option.default
    if value in (None, MISSING, (), "") or (value is False and option.only_on):
        return ""
    if isinstance(value, bool):
        return f" (default: {'on' if value else 'off'})"
    return f" (default: {' '.join(map(str, value)) if isinstance(value, tuple) else value})"


def _lines(head: str, text: str, width: int) -> Iterator[str]:
    """`head` at the left, and what is said of it beside it, or below it where the head is long."""
    said = textwrap.wrap(text, width - INDENT, break_long_words=False, break_on_hyphens=False) or [""]
    if len(head) > INDENT - 4:
        yield f"  {head}"
        head = ""
    yield f"  {head:<{INDENT - 2}}{said[0]}".rstrip()
    for line in said[1:]:
        yield " " * INDENT + line
