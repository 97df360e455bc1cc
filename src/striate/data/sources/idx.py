"""The IDX format of the MNIST files: a header, then numbers, nothing else.

Bytes 0 and 1 are zero, byte 2 says the type of the numbers, byte 3 how many axes there are; then the length
of each axis as a big-endian 32-bit integer, then the numbers, big-endian, last axis fastest. Source: "THE IDX
FILE FORMAT" at the foot of LeCun, Cortes and Burges' MNIST page.
"""

import gzip
import math
import os
import zlib
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from striate.data.unreadable_files import open_regular
from striate.errors import DataError

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP = b"\x1f\x8b"
_MOST_AXES = 4
_BOMB_BYTES, _BOMB_RATIO = 256 << 20, 100
"""What unpacks to more than both, in bytes and by size packed, is taken for a trap: photographs do not."""


def read_idx(path: str | Path) -> np.ndarray:
    """The array in an IDX file, gzipped or not, in this machine's byte order.

    Raises DataError if the file is not IDX, is damaged, or holds less or more than its header promises.
    """
    try:
        with open_regular(path) as file:
            packed = file.read(2) == _GZIP
            file.seek(0)
            size = os.fstat(file.fileno()).st_size
            content = cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file
            return _array(path, content, size, packed)
    except (zlib.error, gzip.BadGzipFile, EOFError) as error:
        raise DataError(f"{path} is damaged ({error}): fetch it again") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None


def _array(path: str | Path, file: BinaryIO, size: int, packed: bool) -> np.ndarray:
    kind, shape = _header(path, file)
    start, length = 4 + 4 * len(shape), math.prod((kind.itemsize, *shape))  # may be beyond 64 bits
    if packed and length > max(_BOMB_BYTES, _BOMB_RATIO * size):
        raise DataError(f"{path} unpacks from {size:,} to {length:,} bytes, as images do not: fetch it again")
    content = _up_to(file, length + 1) if packed or start + length == size else b""
    found = start + len(content) if packed else size
    if found != start + length:
        raise DataError(
            f"{path} {'is cut short' if found < start + length else 'is too long'}: its header promises "
            f"{start + length} bytes, {found} were found; fetch it again"
        )
    return np.frombuffer(content, kind).reshape(shape).astype(kind.newbyteorder("="), copy=False)


def _up_to(file: BinaryIO, most: int) -> bytearray:
    """What comes from a file, at most so much; less where it is cut."""
    content = bytearray()
    with suppress(EOFError):
        while len(content) < most and (part := file.read(min(most - len(content), 1 << 20))):
            content += part
    return content


def _header(path: str | Path, file: BinaryIO) -> tuple[np.dtype, tuple[int, ...]]:
    head = file.read(4)
    kind, axes = (_TYPES.get(head[2]), head[3]) if len(head) == 4 else (None, 0)
    lengths = file.read(4 * axes)
    if kind is None or head[:2] != b"\0\0" or not 1 <= axes <= _MOST_AXES or len(lengths) != 4 * axes:
        raise DataError(
            f"{path} is not an IDX file: expected two zero bytes, a type of number (8 to 14) and the number "
            f"of axes (1 to {_MOST_AXES}) at its beginning, found {head.hex(' ') or 'nothing'}"
        )
    return np.dtype(kind), tuple(int(n) for n in np.frombuffer(lengths, ">u4"))


def as_bytes(path: str | Path, values: np.ndarray) -> np.ndarray:
    """Pixels of any IDX type as uint8: whole numbers in [0, 255] as they are, fractions in [0, 1] times 255.

    Raises DataError if they lie elsewhere: what their black and white are is not for us to guess.
    """
    if values.dtype == np.uint8:
        return values
    low, high = (values.min(), values.max()) if values.size else (0, 0)
    fraction = values.dtype.kind == "f" and high <= 1
    if not (low >= 0 and high <= 255):  # catches values that are not numbers, too
        raise DataError(
            f"{path} has pixels from {low:g} to {high:g}: "
            "expected whole numbers in [0, 255] or fractions in [0, 1]"
        )
    return np.rint(values * (255.0 if fraction else 1.0)).astype(np.uint8)
