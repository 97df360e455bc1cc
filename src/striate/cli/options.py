"""A verb as a command: a function of striate and one that prints what it returns. The parameters of both are
its options; a `Verb` says only what their signatures cannot.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import MISSING, dataclass, field, replace
from typing import Any, Literal, get_args, get_origin

from striate.cli.signatures import Parameter, fields_of, keywords_of, signature_of
from striate.cli.verbs import FUNCTIONS

FORMS = {
    "json": "Print JSON and nothing else on standard output.",
    "csv": "Print CSV and nothing else on standard output.",
    "markdown": "Print Markdown and nothing else on standard output.",
    "html": "Write one self-contained page.",
}
"""The forms of a result that several verbs print, with their help."""

METAVARS = {
    "against": "NETWORK",
    "at": "Y,X",
    "backbone": "NETWORK",
    "device": "DEVICE",
    "embed": "LAYER",
    "freeze": "PART",
    "group_by": "PATTERN",
    "hop": "SECONDS",
    "html": "FILE",
    "image": "FILE",
    "input": "SHAPE",
    "label": "CLASS",
    "layout": "AXES",
    "min_duration": "SECONDS",
    "min_gap": "SECONDS",
    "minutes": "MINUTES",
    "minutes_each": "MINUTES",
    "mirrored": "A=B",
    "options": "NAME=VALUE",
    "out": "FOLDER",
    "resume": "RUN",
    "reversed": "A=B",
    "runs": "RUN",
    "seconds": "SECONDS",
    "size": "PIXELS",
    "short_side": "PIXELS",
    "shell": "SHELL",
    "show": "PICTURE",
    "span": "SECONDS",
    "target": "CLASS",
    "time": "WAY",
    "top": "K",
    "transform": "FUNCTION",
    "unit": "LAYER[:Y,X]",
    "weight": "K,C,I,J",
    "weights": "FILE",
    "window": "SECONDS",
}
"""What stands for a value in help, by the option's name: a name means one thing in all verbs."""

LONGEST = 40
"""Characters of all choices of an option that may stand for its value; more are told in its help."""


@dataclass(frozen=True)
class Asked:
    """What the words of a command ask for."""

    words: tuple[str, ...]
    """As they were typed, the verb included."""
    values: Mapping[str, Any]
    """What they give, by the names of options, and nothing else."""


@dataclass(frozen=True)
class Verb:
    """What the signatures of its two functions cannot say of a command."""

    function: str
    """What does it: a name in `striate`, or `module:name`."""
    show: Callable[..., int | None]
    """Prints the result, with what was `Asked` and options of its own; an exit code where it is not 0."""
    positional: tuple[str, ...] = ()
    """Which of its options are given by their position."""
    examples: str = ""
    """Whole commands, one a line."""
    needs: tuple[str, ...] = ()
    """Of these one must be given."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """Titles of options that stand together in the help, each with their names, or with `module:Dataclass`
    for the fields of one. Fields that the function has no parameter for are settings, which it takes besides.
    """
    metavars: Mapping[str, str] = field(default_factory=dict)
    """Where `METAVARS` does not fit."""
    without: tuple[str, ...] = ()
    """Of the fields of dataclasses in `groups`, those that it does not take."""
    beside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Options that do something only beside one of others."""
    instead: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Options beside which others do nothing."""
    refuse: Callable[[Asked], object] | None = None
    """Raises ArgumentError for options that do not go together."""
    progress: Callable[[Asked], AbstractContextManager[Any]] | None = None
    """What gives the function its `progress`."""
    configured: bool = False
    """Whether its options may come from a file, by `--config`."""
    goes_on: Callable[[Asked], bool] = lambda asked: False
    """Whether the same command, given again, goes on where Ctrl-C stopped it."""

    @property
    def shown(self) -> tuple[Parameter, ...]:
        """The options of what shows its result."""
        return keywords_of(self.show.__module__, self.show.__name__)

    @property
    def home(self) -> tuple[str, str]:
        """The module and the name of the function."""
        where, colon, name = self.function.rpartition(":")
        return (where, name) if colon else ("striate", name)


@dataclass(frozen=True)
class Option:
    """One option of a command."""

    name: str
    """As a keyword of the function."""
    element: Any
    """What one value is."""
    values: int | None
    """How many it takes; None for any number."""
    named: bool
    """Whether each value is NAME=VALUE."""
    default: Any
    """MISSING where it must be given."""
    help: str
    metavar: str
    positional: bool
    group: str
    either: bool
    """Whether it is a switch with a `--no-…`."""

    @property
    def flag(self) -> str:
        """As it is typed; of a positional one, what stands for it."""
        return self.metavar if self.positional else f"--{self.name.replace('_', '-')}"

    @property
    def choices(self) -> tuple[Any, ...]:
        """What may be given, where that can be listed."""
        return get_args(self.element) if get_origin(self.element) is Literal else ()


def options_of(verb: Verb) -> list[Option]:
    """Every option of a command: those of its function, the settings beside them, those of what shows it."""
    own = signature_of(*verb.home).parameters
    shown = verb.shown
    groups = dict(_groups(verb))
    settings = [one for title in groups for one in groups[title] if isinstance(one, Parameter)]
    titles = {getattr(one, "name", one): title for title in groups for one in groups[title]}
    taken = {one.name for one in own}
    beside = [one for one in settings if one.name not in taken]
    found = [
        _option(one, verb, titles.get(one.name, ""), either=one in beside) for one in (*own, *shown, *beside)
    ]
    flags = {one.name: one.flag for one in found}
    return [replace(one, help=as_typed(one.help, flags)) for one in found]


def _groups(verb: Verb) -> Iterator[tuple[str, tuple[Parameter | str, ...]]]:
    for title, what in verb.groups.items():
        where, colon, name = what.rpartition(":")
        fields = [one for one in fields_of(where, name) if one.name not in verb.without] if colon else ()
        yield title, tuple(fields or what.split())


def _option(one: Parameter, verb: Verb, group: str, either: bool) -> Option:
    kind = one.kind
    known = get_args(kind.element) if get_origin(kind.element) is Literal else ()
    positional = one.name in verb.positional
    by_kind = {int: "N", float: "X"}.get(kind.element, "NAME")
    listed = "|".join(map(str, known))
    usual = METAVARS.get(one.name, by_kind) if not known or len(listed) > LONGEST else listed
    text = _explained(one) or FORMS.get(one.name, "")
    return Option(
        one.name,
        kind.element,
        kind.values,
        kind.named,
        one.default,
        text if listed in ("", usual) else f"{text} Known: {', '.join(map(str, known))}.",
        verb.metavars.get(one.name, one.name.upper() if positional else usual),
        positional,
        group,
        kind.element is bool and (either or one.default is True),
    )


def _explained(one: Parameter) -> str:
    """What it is for; where that is said of another verb, as that one says it."""
    elsewhere = re.fullmatch(r"as (?:for|in) `(\w+)`\.", one.help)
    if not elsewhere:
        return one.help
    return next(
        _explained(same) for same in signature_of("striate", elsewhere[1]).parameters if same.name == one.name
    )


def as_typed(text: str, flags: Mapping[str, str]) -> str:
    """A docstring in the words of the command line.

    >>> as_typed('in place of `frame_rate`, "auto" as for `get_data`', {"frame_rate": "--frame-rate"})
    'In place of --frame-rate, auto as for `striate data get`'
    """
    commands = {function: f"`striate {words}`" for function, words in FUNCTIONS.items()}
    ours = re.sub(r"; in\s+Python\s[^.]*", "", text)
    said = re.sub(r"`([^`]+)`", lambda code: flags.get(code[1]) or commands.get(code[1]) or code[1], ours)
    said = re.sub(r'"([^"\s]*)"', r"\1", said)
    return said if text[:1] in ('"', "`") else said[:1].upper() + said[1:]


def needed(option: Option) -> bool:
    """Whether the function has nothing that could stand for it."""
    return option.default is MISSING
