"""How the verbs read their arguments: a frozen dataclass each, whose docstring is the help."""

import ast
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import tyro

from striate.cli.torchrun_errors import leaving_once
from striate.errors import ArgumentError

Command = TypeVar("Command")

Flag = Annotated[bool, tyro.conf.FlagCreatePairsOff]
"""Off unless it is given."""


def read(command: type[Command], verb: str, words: Sequence[str], default: Command | None = None) -> Command:
    """Reads the words into a command; leaves with exit code 2, or 0 for --help, as command lines do."""
    config = (tyro.conf.DisallowNone,)
    with leaving_once():
        if default is not None:
            return tyro.cli(command, prog=f"striate {verb}", args=list(words), default=default, config=config)
        return tyro.cli(command, prog=f"striate {verb}", args=list(words), config=config)


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
        except (ValueError, SyntaxError):
            found[name] = text
    return found
