"""`striate completion`: the script that makes a shell complete verbs, options and their values."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Literal

from striate.cli.arguments import Parser, read
from striate.cli.options import Positional
from striate.cli.verbs import VERBS


@dataclass(frozen=True)
class Completion:
    """Print what makes a shell complete the words of striate: its verbs, options and their values.

    bash: add  eval "$(striate completion bash)"  to ~/.bashrc

    zsh: striate completion zsh > a file _striate in a folder of $fpath

    fish: striate completion fish > ~/.config/fish/completions/striate.fish

    examples:
      striate completion bash
    """

    shell: Annotated[Literal["bash", "zsh", "fish", "tcsh", "powershell"], Positional("SHELL")]
    """Whose words are to be completed."""


def main(words: Sequence[str]) -> int:
    """Prints the script."""
    shell = read(Completion, "completion", words).shell
    import shtab

    print(shtab.complete(whole(), shell))
    return 0


def whole() -> Parser:
    """One parser for all verbs, which says where files are meant."""
    parser = Parser(prog="striate")
    verbs = parser.add_subparsers()
    for verb, what in VERBS.items():
        room = import_module(f"striate.cli.{verb}")
        one = verbs.add_parser(verb, help=what)
        if verb == "data":
            under = one.add_subparsers()
            for word, (command, _) in room.SUBVERBS.items():
                _fill(under.add_parser(word), command)
        else:
            _fill(one, getattr(room, verb.capitalize()))
    return parser


def _fill(parser: Parser, command: type) -> None:
    from shtab import FILE

    parser.fill(command)
    for action in parser._actions:
        if action.metavar and not action.choices:
            action.complete = FILE  # type: ignore[attr-defined]  # what shtab reads
