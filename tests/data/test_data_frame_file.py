"""Files of frames: what is written comes back, frame by frame, and nothing else does."""

import os
from pathlib import Path

import numpy as np
import pytest
from data_files import noise
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.data.packed.frame_file import FrameFile, FrameWriter, sums_of
from striate.errors import DataError

SHAPES = [(3, 4, 5), (1, 2, 2), (4, 3, 7)]


def write(path: Path, planes: int = 2) -> list[np.ndarray]:
    """Clips (T, planes, H, W) of these shapes, in a file."""
    clips = [noise(T, planes, H, W, seed=row) for row, (T, H, W) in enumerate(SHAPES)]
    with FrameWriter(path, planes) as file:
        for clip in clips:
            file.append(clip)
    return clips


@given(planes=st.integers(1, 3), row=st.integers(0, 2), numbers=st.lists(st.integers(0, 3), max_size=6))
@settings(max_examples=40, deadline=None)
def test_frames_come_back(
    tmp_path_factory: pytest.TempPathFactory, planes: int, row: int, numbers: list[int]
) -> None:
    path = tmp_path_factory.mktemp("f") / "a.u8"
    clips = write(path, planes)
    numbers = [number % SHAPES[row][0] for number in numbers]
    file = FrameFile(path, planes, SHAPES)
    np.testing.assert_array_equal(file.read(row, numbers), clips[row][numbers])
    np.testing.assert_array_equal(file.read(row), clips[row])


def test_clips_that_do_not_lie_in_order_in_memory_are_written_in_order(tmp_path: Path) -> None:
    clip = np.moveaxis(noise(3, 5, 4, 2), 0, 1)  # (T, planes, H, W) of another order
    with FrameWriter(tmp_path / "a.u8", 3) as file:
        file.append(clip)
    np.testing.assert_array_equal(FrameFile(tmp_path / "a.u8", 3, [(5, 4, 2)]).read(0), clip)


@pytest.mark.parametrize("whole", range(4))
def test_what_is_not_whole_is_cut_off(tmp_path: Path, whole: int) -> None:
    path = tmp_path / "a.u8"
    clips = write(path)
    size = sum(clip.nbytes for clip in clips[:whole])
    if whole < 3:
        content = bytearray(path.read_bytes())
        content[size] ^= 1
        path.write_bytes(content)
    with FrameWriter(path, 2) as file:
        assert file.cut(SHAPES) == whole
    assert path.stat().st_size == size
    assert sums_of(path).stat().st_size == 4 * sum(T for T, _, _ in SHAPES[:whole])


def test_another_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.u8"
    write(path)
    size = path.stat().st_size
    os.truncate(path, size - 1)
    with pytest.raises(DataError) as raised:
        FrameFile(path, 2, SHAPES)
    assert str(raised.value) == f"{path} should have {size} bytes and has {size - 1}: pack it again"
    sums_of(path).unlink()
    path.write_bytes(bytes(size))
    with pytest.raises(DataError) as raised:
        FrameFile(path, 2, SHAPES)
    assert str(raised.value) == f"{sums_of(path)} should have 32 bytes and has 0: pack it again"


def test_a_damaged_frame_is_named_and_its_neighbours_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.u8"
    clips = write(path)
    content = bytearray(path.read_bytes())
    content[clips[0].nbytes + clips[1].nbytes + 2 * 3 * 7] ^= 128  # in frame 1 of clip 2
    path.write_bytes(content)
    file = FrameFile(path, 2, SHAPES)
    np.testing.assert_array_equal(file.read(2, [0, 2, 3]), clips[2][[0, 2, 3]])
    with pytest.raises(DataError) as raised:
        file.read(2, [1])
    assert str(raised.value) == (f"{path} is damaged (clip 2, frame 1): remove its folder and pack again")
