"""Files that cannot be read: the error that names one, those left out, and when these are too many."""

import errno
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np

from striate.errors import DataError
from striate.plain_values import ToJson

Job = TypeVar("Job")
Result = TypeVar("Result")
Broken = list[tuple[int, str]]
"""Row and reason of each file among several that cannot be read."""


class UnreadableError(DataError):
    """A file that cannot be read. `path` says which, `reason` why, `advice` what to do."""

    def __init__(self, path: str | Path, reason: str, kind: str = "image", advice: str | None = None) -> None:
        super().__init__(f"cannot read the {kind} {path}: {reason}; {advice or f'give a whole {kind} file'}")
        self.path, self.reason = path, reason


@dataclass(frozen=True)
class Skipped(ToJson):
    """A file that could not be read. `label` is the name of its class, where it has one."""

    path: str
    reason: str
    label: str | None = None


def open_regular(path: str | Path) -> BinaryIO:
    """A file, open for reading. Raises OSError for a pipe or a device, which might be waited for for ever."""
    file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.EINVAL, "not a file, but a folder, a pipe or a device", str(path))
    return os.fdopen(file, "rb")


@contextmanager
def saying_os_errors() -> Iterator[None]:
    """Turns what the system says of a path, such as that it is forbidden or too long, into a sentence."""
    try:
        yield
    except OSError as error:
        raise DataError(f"cannot read {error.filename}: {error.strerror}; give another path") from None


def read_each(jobs: Sequence[Job], *, read: Callable[[Job], Result]) -> tuple[list[Result], Broken]:
    """What `read` makes of those jobs that it can do, in order, and the others."""
    results: list[Result] = []
    broken: Broken = []
    for row, job in enumerate(jobs):
        try:
            results.append(read(job))
        except UnreadableError as error:
            broken.append((row, error.reason))
    return results, broken


def read_batch(
    jobs: Sequence[Job], *, read: Callable[[Job], np.ndarray], shape: tuple[int, ...]
) -> tuple[np.ndarray, Broken]:
    """uint8 (N, *shape), a row for each job, 0 where it cannot be done; and which these are."""
    pixels = np.zeros((len(jobs), *shape), np.uint8)
    broken: Broken = []
    for row, job in enumerate(jobs):
        try:
            pixels[row] = read(job)
        except UnreadableError as error:
            broken.append((row, error.reason))
    return pixels, broken


def refuse_many(skipped: Iterable[Skipped], totals: Mapping[str, int], items: str = "images") -> None:
    """Raises DataError if more than a tenth of a class was skipped: such a set would teach the wrong thing.

    Args:
        skipped: the files that were left out.
        totals: images of each class, the skipped ones included.
        items: what they are, in the plural.
    """
    skipped = list(skipped)
    for label, count in Counter(file.label for file in skipped).items():
        if label is not None and count * 10 > totals[label]:
            same = [file for file in skipped if file.label == label]
            raise DataError(
                f"{count} of {totals[label]} {items} of class {label!r} cannot be read, more than a tenth: "
                f"{_first(same)}; mend or remove them (striate data check lists them all)"
            )


def skipped_note(skipped: Iterable[Skipped]) -> tuple[str, ...]:
    """The note about skipped files: how many, and the first few by name; empty if there are none."""
    skipped = list(skipped)
    if not skipped:
        return ()
    return (f"{len(skipped)} unreadable file{'s' * (len(skipped) > 1)} skipped: {_first(skipped)}",)


def _first(skipped: list[Skipped], most: int = 3) -> str:
    names = ", ".join(f"{file.path} ({file.reason})" for file in skipped[:most])
    return names + ", …" * (len(skipped) > most)
