"""Writing whole files or none, and reading JSON that anybody may have changed."""

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from striate.errors import ArgumentError, RunError
from striate.plain_values import parse_json

LARGEST_JSON = 256 << 20
"""Bytes of a JSON file that is read at all; the largest record of ours has some hundred thousand."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_WORDS_OF_FULL = (
    "No space left",
    "file write failed",
    "failed writing file",
    "os error 28",
    "File too large",
)
"""How writers that lose the system's number say it. torch's zip writer says "failed writing file"."""


def write(path: Path, save: Callable[[Path], object], before: Path | None = None) -> None:
    """Lets `save` write a file beside `path`, then puts it in its place in one step.

    Links that somebody has laid there are replaced, never followed.

    Args:
        path: the file; its folder is made if need be.
        save: writes the file that it is given the path of.
        before: where the file that stood at `path` is kept; by default nowhere.

    Raises:
        RunError: the disk is full, or the folder cannot be written; `path` is as it was.
    """
    beside = _beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = _create(beside)
        save(beside)
        beside.chmod(mode)  # some writers make a file of their own, which nobody else may read
        _flush(beside)
        if before is not None and path.exists():
            _keep(path, before)
        beside.replace(path)
    except BaseException as problem:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        reason = _why(problem)
        if reason is None:
            raise
        raise RunError(
            f"could not save {path}: {reason}; what was saved before is intact: make room or choose another "
            "folder with --out, then try again (a training goes on with --resume)"
        ) from problem


def write_text(path: Path, text: str) -> None:
    """Writes a text as `write` does.

    Args:
        path: the file.
        text: in UTF-8; what that cannot hold, as in some file names, is escaped.

    Raises:
        RunError: as for `write`.
    """
    write(path, lambda beside: beside.write_text(text, encoding="utf-8", errors="backslashreplace"))


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def _create(path: Path) -> int:
    """Makes an empty file where nothing is, and gives the mode that the system finds right for it."""
    path.unlink(missing_ok=True)
    file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    try:
        return stat.S_IMODE(os.fstat(file).st_mode)
    finally:
        os.close(file)


def _keep(path: Path, before: Path) -> None:
    """Gives the file a second name, so that `path` is there at every moment."""
    link = _beside(before)
    link.unlink(missing_ok=True)
    try:
        os.link(path, link)
    except OSError:  # a file system without links
        shutil.copyfile(path, link)
    link.replace(before)


def _flush(path: Path) -> None:
    """Makes sure that the bytes are on the disk before the name points to them."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _why(problem: BaseException | None) -> str | None:
    """The reason in words if the file system caused it, maybe by way of another error."""
    while problem is not None:
        if isinstance(problem, OSError):
            return "the disk is full" if problem.errno in _FULL else (problem.strerror or str(problem))
        if any(words in str(problem) for words in _WORDS_OF_FULL):
            return "the disk is full"
        problem = problem.__cause__ or problem.__context__
    return None


def read_json(path: Path) -> Any:
    """The value in a file of JSON.

    Raises:
        RunError: it cannot be read, is larger than any such file could be, or holds no JSON.
    """
    return _parsed(_read_bytes(path), path.name)


def read_json_lines(path: Path) -> list[Any]:
    """The values in a file that holds one a line.

    Raises:
        RunError: as `read_json`, or a line holds no JSON.
    """
    lines = enumerate(_read_bytes(path).splitlines(), 1)
    return [_parsed(line, f"line {number}") for number, line in lines if line.strip()]


def _parsed(text: bytes, name: str) -> Any:
    try:
        return parse_json(text, name)
    except ArgumentError as problem:
        raise RunError(str(problem)) from None


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_JSON + 1)
    except OSError as problem:
        raise RunError(f"{path.name} cannot be read: {problem.strerror or problem}") from None
    if len(content) > LARGEST_JSON:
        raise RunError(f"{path.name} is larger than any file of this kind")
    return content
