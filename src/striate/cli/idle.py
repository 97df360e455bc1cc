"""Options that would do nothing: who gives one means something by it, so it is refused."""

from collections.abc import Collection, Iterator

from striate.cli.options import Verb
from striate.errors import ArgumentError


def refuse_idle(verb: Verb, given: Collection[str]) -> None:
    """Raises ArgumentError for an option that does nothing beside, or without, what else is given."""
    for sentence in _idle(verb, set(given)):
        raise ArgumentError(sentence)


def _idle(verb: Verb, given: set[str]) -> Iterator[str]:
    for name, others in verb.beside.items():
        if name in given and not given & set(others):
            flag, one = _flag(verb, name), "one of them" if len(others) > 1 else "it"
            needed = " or ".join(_flag(verb, other) for other in others)
            yield f"{flag} does nothing without {needed}: give {one} too, or leave {flag} out"
    for name, others in verb.instead.items():
        for other in others:
            if name in given and other in given:
                yield f"{_flag(verb, other)} does nothing beside {_flag(verb, name)}: leave one of them out"


def _flag(verb: Verb, name: str) -> str:
    if name in verb.positional:
        return verb.metavars.get(name, name.upper())
    return f"--{name.replace('_', '-')}"
