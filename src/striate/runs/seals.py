"""Checksums that binary files carry inside, over every byte of them.

A seal is a mark with the SHA-256 of the file, taken with 64 zeros in its place. Files of `safetensors` carry
it in their metadata, archives of `torch.save` in the comment at the end of a zip; other readers see neither.
Nothing in such formats notices a flipped bit by itself: safetensors has no checksum, and torch does not look
at the zip's.
"""

import hashlib
import os
import struct
from pathlib import Path
from typing import BinaryIO

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
