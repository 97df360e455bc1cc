"""By which door a user came, and a sentence in the words of that door.

Sentences are written once, in the words of the command line: "give --label NAME". Who calls a function has
no such option, and reads "give label=NAME".
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

_SWITCHES = (
    "again|all|all_classes|backward|browser|causal|csv|delta|events|flip|from_scratch|int8|json|lookahead|"
    "markdown|measure|offline|streaming|through"
)
SWITCHES = frozenset(_SWITCHES.split("|"))
"""What is True or False."""
_WORDS = (
    "auto|camera|cpu|crop|fast|fp32|macs|off|own|pad|parameters|plain|squash|thorough|time|whole|2d|3d|2plus1d|"
    "tsm|rnn|lstm|gru|two-stream"
)
"""Values that are words. Any other word behind an option only goes on with the sentence."""
_NUMBER = r"\d[\d.e+-]*"
_SIZES = r"\d+(?:x\d+)+"
_METAVAR = r"[A-Z]{2,}"
_VALUE = rf"{_NUMBER}|{_SIZES}|{_METAVAR}|(?:{_WORDS})|[^\s,;:)]*[/.][^\s,;:)]+"
_OPTION = re.compile(
    r"(?<![\w'\"-])--(?P<no>no-)?(?P<name>[a-z][a-z0-9-]*)"
    rf"(?: (?P<value>{_VALUE})(?=[\s,;:)]|$)|(?P<out> out\b))?"
)
_COMMAND = re.compile(r"(`[^`]*`)")
_typed = False


@contextmanager
def command_line() -> Iterator[None]:
    """Inside the block a user is at the command line, and reads what is written for it."""
    global _typed
    before, _typed = _typed, True
    try:
        yield
    finally:
        _typed = before


def worded(sentence: str) -> str:
    """The sentence in the words of the door by which the user came; whole commands stay as they are.

    >>> worded("try --batch-size 64, leave --out out, add --causal (--no-flip: see `striate train --help`)")
    'try batch_size=64, leave out= out, add causal=True (flip=False: see `striate train --help`)'
    """
    if _typed:
        return sentence
    parts = _COMMAND.split(sentence)
    return "".join(part if n % 2 else _OPTION.sub(_keyword, part) for n, part in enumerate(parts))


def _keyword(option: re.Match[str]) -> str:
    name, value = option["name"].replace("-", "_"), option["value"]
    if option["no"]:
        return f"{name}=False"
    if value is not None:
        return f"{name}={_written(value)}"
    if option["out"] or name not in SWITCHES:
        return f"{name}={option['out'] or ''}"
    return f"{name}=True"


def _written(value: str) -> str:
    """A value as Python writes it."""
    if re.fullmatch(_SIZES, value):
        return f"({value.replace('x', ', ')})"
    plain = re.fullmatch(rf"{_METAVAR}|{_NUMBER}", value)
    return value if plain else f'"{value}"'
