"""`striate completion`: the script that makes a shell complete verbs, options and their values."""

from importlib import import_module
from pathlib import Path
from typing import Literal, get_args

from striate.cli.arguments import Parser
from striate.cli.options import Asked, Verb
from striate.cli.verbs import DATA_VERBS, VERBS, module_of


def completion(shell: Literal["bash", "zsh", "fish", "tcsh", "powershell"]) -> str:
    """Prints what makes a shell complete the words of striate: its verbs, options and their values.

    bash: add  eval "$(striate completion bash)"  to ~/.bashrc

    zsh: striate completion zsh > a file _striate in a folder of $fpath

    fish: striate completion fish > ~/.config/fish/completions/striate.fish

    Args:
        shell: whose words are to be completed.
    """
    import shtab

    script: str = shtab.complete(whole(), shell)
    return script


def whole() -> Parser:
    """One parser for all verbs, which says where files are meant."""
    parser = Parser(prog="striate")
    for flag in ("--help", "--version"):
        parser.add_argument(flag, action="store_true")
    verbs = parser.add_subparsers()
    for verb, what in VERBS.items():
        home = import_module(module_of(verb))
        one = verbs.add_parser(verb, help=what)
        if verb == "data":
            under = one.add_subparsers()
            for word, of_data in home.VERBS.items():
                _fill(under.add_parser(word, help=DATA_VERBS[word]), of_data)
        else:
            _fill(one, home.VERB)
    return parser


def _fill(parser: Parser, verb: Verb) -> None:
    from shtab import FILE

    from striate.models import CATALOGUE, WAYS

    parser.fill(verb)
    offered = {"time": tuple(WAYS), "backbone": ("auto", *CATALOGUE)}
    files = {one.name for one in parser.options if Path in (one.element, *get_args(one.element))}
    for action in parser._actions:
        if action.dest in offered and action.nargs != 0:
            action.choices = offered[action.dest]
        elif action.dest in files:
            action.complete = FILE  # type: ignore[attr-defined]  # what shtab reads


def show(result: str, asked: Asked) -> None:
    """The script."""
    print(result)


VERB = Verb("striate.cli.completion:completion", show, ("shell",), examples="\nstriate completion bash")
