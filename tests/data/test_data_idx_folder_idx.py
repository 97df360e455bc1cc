"""The IDX format, against files written from its description by `struct`."""

import gzip
import re
import struct
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from data_files import IDX_TYPES, idx_bytes, write_idx
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from striate.data.sources.idx_folder import as_bytes, read_idx
from striate.errors import DataError

ARRAYS = st.sampled_from(sorted(IDX_TYPES)).flatmap(
    lambda kind: arrays(kind, array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4))
)


@given(values=ARRAYS, suffix=st.sampled_from(["", ".gz"]))
@settings(max_examples=60, deadline=None)
def test_every_type_and_shape_comes_back(values: np.ndarray, suffix: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, f"a{suffix}")
        write_idx(path, values)
        read = read_idx(path)
    assert read.dtype == values.dtype
    assert read.dtype.isnative
    assert read.flags.writeable
    np.testing.assert_array_equal(read, values)


def test_a_file_worked_by_hand(tmp_path: Path) -> None:
    """Two axes (2, 3) of 16-bit numbers: 1, 2, 258, −1, 0, 5."""
    (tmp_path / "a").write_bytes(
        bytes.fromhex("0000 0b 02 00000002 00000003 0001 0002 0102 ffff 0000 0005".replace(" ", ""))
    )
    assert read_idx(tmp_path / "a").tolist() == [[1, 2, 258], [-1, 0, 5]]


def test_gzip_with_several_members(tmp_path: Path) -> None:
    content = idx_bytes(np.arange(50, dtype=np.uint8))
    (tmp_path / "a.gz").write_bytes(gzip.compress(content[:20]) + gzip.compress(content[20:]))
    assert read_idx(tmp_path / "a.gz").tolist() == list(range(50))


def says(sentence: str) -> str:
    return f"^{re.escape(sentence)}$"


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_cut_short(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    content = idx_bytes(np.zeros((10, 3), np.uint8))[:35]
    path.write_bytes(gzip.compress(content) if suffix else content)
    sentence = f"{path} is cut short: its header promises 42 bytes, 35 were found; fetch it again"
    with pytest.raises(DataError, match=says(sentence)):
        read_idx(path)


def test_a_gzip_file_that_is_cut_short_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    packed = gzip.compress(idx_bytes(np.random.default_rng(0).integers(0, 256, (50, 50), dtype=np.uint8)))
    path.write_bytes(packed[:1500])
    with pytest.raises(
        DataError, match=r"is cut short: its header promises 2512 bytes, 1\d+ were found; fetch it"
    ):
        read_idx(path)


def test_too_long(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(idx_bytes(np.zeros(3, np.uint8)) + b"more")
    sentence = f"{tmp_path / 'a'} is too long: its header promises 11 bytes, 15 were found; fetch it again"
    with pytest.raises(DataError, match=says(sentence)):
        read_idx(tmp_path / "a")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "nothing"),
        (b"\x89PNG....", "89 50 4e 47"),
        (b"\0\0\x0a\x01\0\0\0\x01\0", "00 00 0a 01"),  # no such type
        (b"\0\0\x08\0\0\0\0\x01\0", "00 00 08 00"),  # no axes
        (b"\0\0\x08\x03\0\0\0\x01", "00 00 08 03"),  # ends within the lengths
        (b"\0\0\x08\x46" + b"\0\0\0\x01" * 70 + b"\0", "00 00 08 46"),  # seventy axes
    ],
)
def test_bad_magic(tmp_path: Path, content: bytes, found: str) -> None:
    (tmp_path / "a").write_bytes(content)
    sentence = (
        f"{tmp_path / 'a'} is not an IDX file: expected two zero bytes, a type of number (8 to 14) and the "
        f"number of axes (1 to 4) at its beginning, found {found}"
    )
    with pytest.raises(DataError, match=says(sentence)):
        read_idx(tmp_path / "a")


def test_lengths_beyond_64_bits_are_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\0\0\x08\x03" + b"\xff" * 12)
    with pytest.raises(DataError, match=rf"promises {16 + (2**32 - 1) ** 3} bytes, 16 were found"):
        read_idx(tmp_path / "a")


def test_damaged_gzip_and_missing_file(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(idx_bytes(np.arange(200, dtype=np.uint8))))
    packed[12:40] = b"\xff" * 28
    (tmp_path / "a.gz").write_bytes(packed)
    with pytest.raises(DataError, match=r"a\.gz is damaged \(.*\): fetch it again$"):
        read_idx(tmp_path / "a.gz")
    with pytest.raises(DataError, match=says(f"cannot read {tmp_path / 'b'}: No such file or directory")):
        read_idx(tmp_path / "b")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([0, 7, 255], np.int16), [0, 7, 255]),
        (np.array([0.0, 0.5, 1.0], np.float32), [0, 128, 255]),  # 127.5 to the even one
        (np.array([0.0, 0.6, 200.0], np.float64), [0, 1, 200]),
        (np.array([], np.int32), []),
    ],
)
def test_pixels_of_other_types(values: np.ndarray, expected: list[int]) -> None:
    pixels = as_bytes("a", values)
    assert pixels.dtype == np.uint8
    assert pixels.tolist() == expected


@pytest.mark.parametrize("values", [[-1.0, 3.0], [0.0, 256.0], [0.0, float("nan")]])
def test_pixels_out_of_range(values: list[float]) -> None:
    low, high = np.min(values), np.max(values)
    sentence = (
        f"a has pixels from {low:g} to {high:g}: expected whole numbers in [0, 255] or fractions in [0, 1]"
    )
    with pytest.raises(DataError, match=says(sentence)):
        as_bytes("a", np.array(values))


def test_a_file_that_unpacks_to_far_more_than_it_is_says_so(tmp_path: Path) -> None:
    """Before it is unpacked: a few kilobytes could fill the memory."""
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"\0\0\x08\x03" + struct.pack(">3I", 1 << 14, 1 << 12, 1 << 10)))
    sentence = (
        f"{path} unpacks from {path.stat().st_size:,} to {1 << 36:,} bytes, as images do not: fetch it again"
    )
    with pytest.raises(DataError, match=says(sentence)):
        read_idx(path)
