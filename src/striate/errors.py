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
"""

import errno
import re
from collections.abc import Iterable
from difflib import get_close_matches

from striate.doors import worded

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
    return f"unknown {kind} {shown!r}: {hint}: {_some(names, name)}"


def _some(names: list[str], like: str) -> str:
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
