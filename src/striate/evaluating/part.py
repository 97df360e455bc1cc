"""One part of many files: which they are, and a line for each that says what was found: it is done."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, BinaryIO

from striate.data import Skipped
from striate.errors import ArgumentError, DataError, RunError, not_written
from striate.evaluating.asking import Looking
from striate.evaluating.run_model import Trained
from striate.evaluating.scoring import Progress
from striate.plain_values import ToJson
from striate.runs import MODEL, lock, open_own, write_text

ABOUT = "about.json"
"""What made the lines of a folder: the network, and what was asked for."""


@dataclass(frozen=True)
class Part:
    """One of several parts, each for a process of its own, on any machine."""

    number: int
    """From 1."""
    of: int

    @classmethod
    def parse(cls, text: str) -> "Part":
        """From "3/8", the third of eight.

        Raises:
            ArgumentError: it is nothing of the kind.
        """
        number, slash, of = text.partition("/")
        if slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of):
            return cls(int(number), int(of))
        raise ArgumentError(f"a part is one of several, as 1/8 to 8/8; got {text!r}: number the parts from 1")

    def holds(self, file: str) -> bool:
        """Whether a file belongs to it: its name alone decides, whatever else is in the list, and where."""
        digest = sha256(file.encode("utf-8", "surrogateescape")).digest()
        return int.from_bytes(digest[:8], "big") % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


class PartLines:
    """The lines of a part in a folder: what was found in each file, and which could not be read.

    A line torn by a kill is taken off when the part is written again, and its file looked at again.
    """

    def __init__(self, folder: Path, part: Part) -> None:
        name = f"part-{part.number}-of-{part.of}"
        self.found, self.skipped = folder / f"{name}.jsonl", folder / f"{name}.skipped.jsonl"
        self._folder, self._lock = folder, f".{name}.lock"

    @contextmanager
    def writing(self) -> Iterator[set[str]]:
        """Holds the part for this process, and gives the files that have a line.

        Raises:
            RunError: another process writes it, or the folder cannot be written.
            DataError: a line is none of these.
        """
        with lock(self._folder, "prediction", self._lock):
            yield {name for file in (self.found, self.skipped) for name in _names(file)}

    def add(self, found: Iterable[dict[str, Any]], skipped: Iterable[Skipped]) -> None:
        """Adds lines, on the disk before this returns.

        Raises:
            RunError: they cannot be written; what was written before stays.
        """
        _append(self.found, found)
        _append(self.skipped, ({"file": one.path, "reason": one.reason} for one in skipped))


def _names(path: Path) -> Iterator[str]:
    """The files that have a whole line; what is torn off a line at the end is cut away."""
    if not path.exists():
        return
    with _opened(path) as file:
        end = 0
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                file.truncate(end)
                return
            end += len(line)
            try:
                yield str(json.loads(line)["file"])
            except (ValueError, TypeError, KeyError):
                raise DataError(
                    f"line {number} of {path} is damaged: take it out, and its file is looked at again"
                ) from None


def _append(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if not text:
        return
    try:
        with _opened(path) as file:
            size = file.seek(0, 2)
            try:
                file.write(text.encode("utf-8", "backslashreplace"))
                file.flush()
            except OSError:
                file.truncate(size)
                raise
    except OSError as problem:
        raise RunError(
            f"could not write {path}: {not_written(problem)}; what was found before is kept: make room, then "
            "give the same command again"
        ) from problem


def _opened(path: Path) -> BinaryIO:
    return os.fdopen(open_own(path), "r+b")


def same_makers(folder: Path, about: dict[str, Any]) -> None:
    """Notes what makes the lines of a folder, or makes sure that it is what made those that are there.

    Raises:
        ArgumentError: they are by another network, or were asked for in another way.
        DataError: the note is damaged.
    """
    path = folder / ABOUT
    if not path.exists():
        write_text(path, json.dumps(about, indent=2, ensure_ascii=False) + "\n")
    try:
        noted = dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        raise DataError(f"{path} is damaged: name another folder with --out") from None
    plain = json.loads(json.dumps(about))
    differ = [name for name in plain if plain[name] != noted.get(name)]
    if differ:
        name = differ[0]
        raise ArgumentError(
            f"{folder} holds what was found with {name} {_told(noted.get(name))}, and now it is "
            f"{_told(plain[name])}: ask for the same, or name another folder with --out"
        )


def _told(value: object) -> str:
    return "none" if value is None else str(value)


def of_part(files: Sequence[str], part: Part) -> list[str]:
    """The files of a part, in order, each once."""
    return [file for file in dict.fromkeys(files) if part.holds(file)]


@dataclass(frozen=True)
class PartDone(ToJson):
    """What was done of one part of many files."""

    part: str
    """As "3/8"."""
    file: str
    """The file of its predictions, a line of JSON each."""
    skipped_file: str
    """The file that lists those that could not be read, with the reason; it gone, they are tried again."""
    files: int
    """Of the part."""
    before: int
    """Of these were looked at by an earlier process."""
    predicted: int
    """Are told by this one."""
    unreadable: int
    """Could not be read by this one."""


def predict_part(
    trained: Trained,
    files: Sequence[Path],
    part: Part,
    out: Path,
    asked: dict[str, Any],
    looking: Looking,
    progress: Progress | None,
) -> PartDone:
    """Looks at the files of a part that have no line yet, and adds their lines as they come.

    Args:
        trained: the network.
        files: of all parts.
        part: which of them.
        out: the folder of the lines.
        asked: what decides what is told of a file.
        looking: yields what is found in files, some at a time.
        progress: called with (files done, all of the part).

    Raises:
        ArgumentError: the folder holds lines of another network, or asked for in another way.
        RunError: another process writes this part, or the folder cannot be written.
        DataError: a line in it is damaged.
    """
    lines, predicted, unreadable = PartLines(out, part), 0, 0
    mine = of_part([str(file) for file in files], part)
    with lines.writing() as known:
        same_makers(out, {"parts": part.of, "network": identity(trained), **asked})
        left = [Path(file) for file in mine if file not in known]
        before = len(mine) - len(left)
        for seen in looking(left):
            lines.add((one.to_json() for one in seen.found), seen.skipped)
            predicted, unreadable = predicted + len(seen.found), unreadable + len(seen.skipped)
            if progress is not None:
                progress(before + predicted + unreadable, len(mine))
    counts = {"files": len(mine), "before": before, "predicted": predicted, "unreadable": unreadable}
    return PartDone(str(part), str(lines.found), str(lines.skipped), **counts)


def identity(trained: Trained) -> str:
    """What tells a network from another of the same name: the checksum of its weights, or their name."""
    for path in (trained.run / MODEL, trained.run):
        if path.is_file():
            with path.open("rb") as file:
                return f"sha256 {file_digest(file, 'sha256').hexdigest()}"
    return next(iter(trained.notes), str(trained.run))
