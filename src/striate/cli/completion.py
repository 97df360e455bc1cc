"""`striate completion`: the script that makes a shell complete verbs, options and their values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from striate.cli.arguments import read
from striate.cli.options import Option, Positional, helps_of, options_of
from striate.cli.verbs import VERBS, commands_of


@dataclass(frozen=True)
class Completion:
    """Print what makes a shell complete the words of striate: its verbs, options and their values.

    bash: add  eval "$(striate completion bash)"  to ~/.bashrc
    zsh:  add  eval "$(striate completion zsh)"   to ~/.zshrc
    fish: striate completion fish > ~/.config/fish/completions/striate.fish

    examples:
      striate completion bash
    """

    shell: Annotated[Literal["bash", "zsh", "fish"], Positional("SHELL")]
    """bash, zsh or fish."""


def main(words: Sequence[str]) -> int:
    """Prints the script."""
    shell = read(Completion, "completion", words).shell
    print(_fish() if shell == "fish" else _bash(zsh=shell == "zsh"))
    return 0


def _bash(zsh: bool) -> str:
    """One function, which zsh runs through its own imitation of bash's completion."""
    first = "autoload -Uz compinit bashcompinit && compinit && bashcompinit\n" if zsh else ""
    verbs = [f'  "") words="{" ".join(VERBS)}" ;;']
    values = []
    for spoken, command in commands_of():
        flags = [flag for option in options_of(command) for flag in _flags(option)]
        verbs.append(f'  "{spoken}") words="{" ".join([*flags, "--help"])}" ;;')
        values += [
            f'  "{spoken} {option.flag}") words="{" ".join(option.choices)}" ;;'
            for option in options_of(command)
            if option.choices and not option.positional
        ]
    verbs.append('  "data") words="get check pack flow" ;;')
    return first + SCRIPT.format(verbs="\n".join(verbs), values="\n".join(values))


SCRIPT = """\
_striate() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" verb="" words=""
  [ "$COMP_CWORD" -gt 1 ] && verb="${{COMP_WORDS[1]}}"
  [ "$verb" = data ] && [ "$COMP_CWORD" -gt 2 ] && verb="data ${{COMP_WORDS[2]}}"
  case "$verb" in
{verbs}
  esac
  case "$verb $before" in
{values}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _striate striate"""


def _flags(option: Option) -> Iterator[str]:
    if not option.positional:
        yield option.flag
        if option.kind is bool and not option.only_on:
            yield f"--no-{option.flag[2:]}"


def _fish() -> str:
    lines = [
        f"complete -c striate -n __fish_use_subcommand -a {verb} -d {_quoted(what)}"
        for verb, what in VERBS.items()
    ]
    for spoken, command in commands_of():
        condition = " && ".join(f"__fish_seen_subcommand_from {word}" for word in spoken.split())
        helps = helps_of(command)
        for option in options_of(command):
            for flag in _flags(option):
                values = (
                    f" -x -a {_quoted(' '.join(option.choices))}" if option.choices else " -r" * option.number
                )
                said = _quoted(helps[option.place].split(". ")[0])
                lines.append(f"complete -c striate -n {_quoted(condition)} -l {flag[2:]}{values} -d {said}")
    lines.append("complete -c striate -n '__fish_seen_subcommand_from data' -a 'get check pack flow'")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """As one word of a shell."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
