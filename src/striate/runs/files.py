"""Writing whole files or none, and the checksums that binary files carry inside."""

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from striate.errors import RunError, not_written

# Checksums that binary files carry inside, over every byte of them.
#
# A seal is a mark with the SHA-256 of the file, taken with 64 zeros in its place. Files of `safetensors`
# carry it in their metadata, archives of `torch.save` in the comment at the end of a zip; other readers see
# neither. Nothing in such formats notices a flipped bit by itself: safetensors has no checksum, and torch
# does not look at the zip's.

MARK = b"striate sha256 "
BLANK = MARK + b"0" * 64
"""A seal before the file is known; goes into the metadata of safetensors under `KEY`."""
KEY = "checksum"

_END_OF_ZIP, _END_LENGTH = b"PK\x05\x06", 22
_LARGEST_HEADER = 100 << 20
_AT_ONCE = 1 << 20


def seal(path: Path) -> None:
    """Writes a file's checksum into it: into the blank seal of a safetensors file, or behind a zip.

    Args:
        path: of the file.

    Raises:
        ValueError: it is neither.
    """
    with path.open("r+b") as file:
        _add_to_zip(file)
        place = _place(file)
        if place is None:
            raise ValueError(f"{path} has no place for a seal")
        digest = _digest(file, place)
        file.seek(place + len(MARK))
        file.write(digest.encode())


def has_seal(file: BinaryIO) -> bool:
    """Whether a file carries a seal, right or wrong.

    Args:
        file: open for reading bytes.
    """
    return _place(file) is not None


def intact(file: BinaryIO) -> bool:
    """Whether a file carries a seal, and its bytes are those that were sealed.

    Args:
        file: open for reading bytes.
    """
    place = _place(file)
    if place is None:
        return False
    file.seek(place + len(MARK))
    return file.read(64) == _digest(file, place).encode()


def _add_to_zip(file: BinaryIO) -> None:
    """Gives a zip without a comment a blank seal as its comment; leaves other files as they are."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_LENGTH))
    end = file.read()
    if end.startswith(_END_OF_ZIP) and end.endswith(b"\0\0"):
        file.seek(size - 2)
        file.write(struct.pack("<H", len(BLANK)) + BLANK)


def _place(file: BinaryIO) -> int | None:
    """Where the seal begins."""
    size = file.seek(0, os.SEEK_END)
    at_end = max(0, size - len(BLANK))
    file.seek(at_end)
    if file.read(len(MARK)) == MARK:
        return at_end
    file.seek(0)
    start = file.read(8)
    length = int.from_bytes(start, "little")
    if len(start) < 8 or length > min(size, _LARGEST_HEADER):
        return None
    found = file.read(length).find(MARK)
    return None if found < 0 or 8 + found + len(BLANK) > size else 8 + found


def _digest(file: BinaryIO, place: int) -> str:
    """SHA-256 of the file, with zeros where the seal at `place` says it."""
    sha = hashlib.sha256()
    file.seek(0)
    sha.update(file.read(place))
    file.seek(len(BLANK), os.SEEK_CUR)
    sha.update(BLANK)
    while part := file.read(_AT_ONCE):
        sha.update(part)
    return sha.hexdigest()


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
    if not path.name:  # "." or "/"
        raise RunError(f"could not save {path}: it is a folder; name a file in it")
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
        if isinstance(problem, FileExistsError | NotADirectoryError):
            raise RunError(f"could not save {path}: {reason}; name another place") from problem
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
            return "the disk is full" if problem.errno in _FULL else not_written(problem)
        if any(words in str(problem) for words in _WORDS_OF_FULL):
            return "the disk is full"
        problem = problem.__cause__ or problem.__context__
    return None
