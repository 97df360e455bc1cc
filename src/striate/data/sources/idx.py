"""The IDX format of the MNIST files: a header, then numbers, nothing else.

Bytes 0 and 1 are zero, byte 2 says the type of the numbers, byte 3 how many axes there are; then the length
of each axis as a big-endian 32-bit integer, then the numbers, big-endian, last axis fastest. Source: "THE IDX
FILE FORMAT" at the foot of LeCun, Cortes and Burges' MNIST page.
"""

import zlib
from pathlib import Path

import numpy as np

from striate.errors import DataError

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP = b"\x1f\x8b"


def read_idx(path: str | Path) -> np.ndarray:
    """The array in an IDX file, gzipped or not, in this machine's byte order.

    Raises DataError if the file is not IDX, is damaged, or holds less or more than its header promises.
    """
    content = _content(Path(path))
    kind, shape = _header(path, content)
    start = 4 + 4 * len(shape)
    expected = start + kind.itemsize * _product(shape)
    if len(content) != expected:
        raise DataError(
            f"{path} {'is cut short' if len(content) < expected else 'is too long'}: its header promises "
            f"{expected} bytes, {len(content)} were found; fetch it again"
        )
    values = np.frombuffer(content, kind, offset=start).reshape(shape)
    return values.astype(kind.newbyteorder("="))  # a copy, which can be written to


def _product(shape: tuple[int, ...]) -> int:
    """In Python's integers: a damaged header may promise more than 64 bits count."""
    total = 1
    for length in shape:
        total *= length
    return total


def _content(path: Path) -> bytes:
    """The bytes of a file, unpacked as far as they go."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None
    unpacked = b""
    while content.startswith(_GZIP):  # a gzip file may have several members
        member = zlib.decompressobj(wbits=31)
        try:
            unpacked += member.decompress(content)
        except zlib.error as error:
            raise DataError(f"{path} is damaged ({error}): fetch it again") from None
        content = member.unused_data
        if not content.startswith(_GZIP):
            return unpacked
    return content


def _header(path: str | Path, content: bytes) -> tuple[np.dtype, tuple[int, ...]]:
    kind, axes = (_TYPES.get(content[2]), content[3]) if len(content) >= 4 else (None, 0)
    if kind is None or content[:2] != b"\0\0" or axes == 0 or len(content) < 4 + 4 * axes:
        raise DataError(
            f"{path} is not an IDX file: expected two zero bytes, a type of number (8 to 14) and the number "
            f"of axes at its beginning, found {content[:4].hex(' ') or 'nothing'}"
        )
    return np.dtype(kind), tuple(int(n) for n in np.frombuffer(content, ">u4", axes, offset=4))


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
