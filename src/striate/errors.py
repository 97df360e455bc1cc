"""Every error that a user can cause, as a tree. Each message is one sentence: what came, what was
expected, what to do. The command line prints it and leaves with exit code 2.

StriateError
├── ArgumentError    a value that no run of the tool could accept, an unknown name
├── DataError        files, folders, labels, images, clips
├── NetworkError     a network that cannot be built, or does not take this input
│   └── WeightsError weights that do not fit; carries the table of what is missing
├── RunError         a run folder: half-written, newer, in use
├── TrainingError    a training that cannot go on: loss not finite, out of memory
└── MissingExtraError  an optional dependency is not installed; names the command that installs it

Sentences are written once, in the words of the command line: "give --label NAME". Who calls a function has
no such option, and reads "give label=NAME".
"""

import errno
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches

_CONTROLS = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c\u2028\u2029]"
)
"""What moves the cursor, colours, or turns the direction of writing."""
_MOST_NAMES = 40  # the networks are fewer
_MOST_LIKE = 8


class StriateError(Exception):
    """A mistake in what came in, told in one sentence.

    `str(error)` is that sentence, fit for a terminal, in the words of the door by which the user came.
    """

    def __str__(self) -> str:
        return worded(self.sentence)

    @property
    def sentence(self) -> str:
        """As it was written, with options as the command line has them."""
        return printable(super().__str__())


class ArgumentError(StriateError):
    """A value or a name that cannot be accepted."""


class DataError(StriateError):
    """Files, folders, labels, images or clips that cannot be used."""


class NetworkError(StriateError):
    """A network that cannot be built, or that does not take the input given."""


class WeightsError(NetworkError):
    """Weights that do not fit a network. `table` lists (parameter, in the file, in the network)."""

    def __init__(self, message: str, table: Iterable[tuple[str, str, str]] = ()) -> None:
        super().__init__(message)
        self.table = tuple(table)


class RunError(StriateError):
    """A run folder that is half-written, of a newer version, or in use."""


class TrainingError(StriateError):
    """A training that cannot go on."""


class MissingExtraError(StriateError):
    """An optional dependency that is not installed."""

    def __init__(self, extra: str, what_for: str) -> None:
        super().__init__(f"{what_for} needs the extra {extra!r}: pip install 'striate[{extra}]'")


def not_written(problem: OSError) -> str:
    """Why something could not be written.

    >>> not_written(FileExistsError(17, "File exists"))
    'a file stands where a folder is to be'
    """
    if problem.errno in (errno.EEXIST, errno.ENOTDIR):  # of a link or a name that has to be new nobody hears
        return "a file stands where a folder is to be"
    return problem.strerror or str(problem) or type(problem).__name__


def printable(text: str) -> str:
    """A text whose control characters, which a terminal would obey, are written out; line breaks stay.

    >>> printable("\x1b[31mred.png")
    '\\\\x1b[31mred.png'
    """
    return _CONTROLS.sub(lambda found: repr(found[0])[1:-1], text)


def one_line(text: str) -> str:
    """A text that is printable and has no line breaks either: a name with one in it is no second row.

    >>> one_line("a.png\\nb.png")
    'a.png\\\\nb.png'
    """
    return printable(text).replace("\n", "\\n")


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """The sentence for an unknown name, with the nearest known one.

    >>> unknown("backbone", "resnet81", ["resnet18", "plain"])
    "unknown backbone 'resnet81': did you mean 'resnet18'? Known: plain, resnet18"
    """
    names = sorted(known) or ["none"]
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? Known" if near else "known"
    shown = name if len(name) <= 60 else f"{name[:60]}…"
    return f"unknown {kind} {shown!r}: {hint}: {some(names, name)}"


def some(names: list[str], like: str) -> str:
    """The names if a reader can look through them, else those most like what came, and how many more."""
    if len(names) <= _MOST_NAMES:
        return ", ".join(names)
    near = get_close_matches(like, names, n=_MOST_LIKE, cutoff=0.4) or names[:_MOST_LIKE]
    return f"{', '.join(sorted(near))} … (+{len(names) - len(near)})"


def plain_reason(error: Exception) -> str:
    """Why a file cannot be read, in a few words, whatever was raised."""
    if isinstance(error, MemoryError):
        return "too large for the memory"
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


# By which door a user came, and a sentence in the words of that door.

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
