"""Frames of clips, one after the other in a file, and beside it the CRC-32 of each, which every read checks.

Frames are on the disk before anything says that they are, and are read with the file's own calls: a file
mapped into memory that somebody cuts would end the process.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import BinaryIO, Self
from weakref import finalize
from zlib import crc32

import numpy as np

from striate.errors import DataError, not_written
from striate.runs import open_own

Shape = tuple[int, int, int]
"""Frames, height, width of a clip."""
_SUM = np.dtype("<u4")


def sums_of(path: Path) -> Path:
    """The file of checksums beside a file of frames."""
    return path.with_suffix(".crc32")


class FrameFile:
    """Clips of different lengths and sizes, frame by frame, each frame checked when it is read."""

    def __init__(self, path: Path, planes: int, shapes: Sequence[Shape], seal: int | None = None) -> None:
        """Opens it.

        Args:
            path: the frames, beside which their checksums are.
            planes: of a frame.
            shapes: (T, H, W) of each clip.
            seal: CRC-32 of the checksums, if it is known.

        Raises:
            DataError: file and checksums are not as long as the clips say, or not those of the seal.
        """
        self.path, self.planes, self.shapes = path, planes, shapes
        lengths, frame_sizes = _sizes(planes, shapes)
        self._first = np.cumsum(lengths) - lengths  # number of each clip's first frame, among all
        self._starts = np.cumsum(lengths * frame_sizes) - lengths * frame_sizes  # bytes before each clip
        check_lengths(path, planes, shapes)
        self._sums = np.fromfile(sums_of(path), _SUM)
        if seal is not None and crc32(self._sums.data) != seal:
            raise DataError(f"{sums_of(path)} is damaged or of another packed set: pack it again")
        self._lock = Lock()
        self._file = path.open("rb", buffering=0)
        finalize(self, self._file.close)

    def read(self, row: int, numbers: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
        """Frames of one clip, uint8 (T, planes, H, W).

        Args:
            row: the clip.
            numbers: (T,) of its frames; None reads all.

        Raises:
            DataError: a frame is not what was written.
        """
        T, H, W = self.shapes[row]
        numbers = range(T) if numbers is None else numbers
        frames = np.empty((len(numbers), self.planes, H, W), np.uint8)
        for frame, number in zip(frames, numbers, strict=True):
            self._read_into(frame, row, int(number))
        return frames

    def _read_into(self, frame: np.ndarray, row: int, number: int) -> None:
        with self._lock:
            self._file.seek(int(self._starts[row]) + number * frame.nbytes)
            whole = self._file.readinto(frame.data) == frame.nbytes
        if not whole or crc32(frame.data) != self._sums[self._first[row] + number]:
            what = "is damaged" if whole else "was cut"
            raise DataError(
                f"{self.path} {what} (clip {row}, frame {number}): remove its folder and pack again"
            )


def _sizes(planes: int, shapes: Sequence[Shape]) -> tuple[np.ndarray, np.ndarray]:
    """(N,) frames of each clip, and (N,) bytes of one of its frames."""
    table = np.array(shapes, np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1] * table[:, 2] * planes


def check_lengths(path: Path, planes: int, shapes: Sequence[Shape]) -> None:
    """Raises DataError unless frames and checksums are as long as the clips (T, H, W) say."""
    lengths, frame_sizes = _sizes(planes, shapes)
    _check_size(path, int((lengths * frame_sizes).sum()))
    _check_size(sums_of(path), int(lengths.sum()) * _SUM.itemsize)


def _check_size(path: Path, expected: int) -> None:
    size = path.stat().st_size if path.is_file() else 0
    if size != expected:
        raise DataError(f"{path} should have {expected:,} bytes and has {size:,}: pack it again")


def open_to_add(path: Path) -> BinaryIO:
    """A file that is added to at its end, and read and cut. Raises OSError for a link: see `open_own`."""
    return os.fdopen(open_own(path, os.O_APPEND | getattr(os, "O_BINARY", 0)), "ab+")


class FrameWriter:
    """A file of frames and its checksums, open for adding to them."""

    def __init__(self, path: Path, planes: int) -> None:
        self._path, self._planes = path, planes
        self._frames = open_to_add(path)
        try:
            self._sums = open_to_add(sums_of(path))
        except OSError:
            self._frames.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._frames.close()
        self._sums.close()

    def cut(self, shapes: Sequence[Shape]) -> int:
        """Keeps those of the first clips that are there and whole; returns their number."""
        self._frames.seek(0)
        self._sums.seek(0)
        kept = 0
        for T, H, W in shapes:
            if not self._is_whole(T, self._planes * H * W):
                break
            kept += 1
        lengths, frame_sizes = _sizes(self._planes, shapes[:kept])
        self._frames.truncate(int((lengths * frame_sizes).sum()))
        self._sums.truncate(int(lengths.sum()) * _SUM.itemsize)
        return kept

    def _is_whole(self, frames: int, size: int) -> bool:
        sums = self._sums.read(frames * _SUM.itemsize)
        return len(sums) == frames * _SUM.itemsize and all(
            len(content := self._frames.read(size)) == size and crc32(content) == expected
            for expected in np.frombuffer(sums, _SUM)
        )

    def append(self, clip: np.ndarray) -> None:
        """Adds frames, uint8 (T, planes, H, W), and does not return before they are on the disk."""
        clip = np.ascontiguousarray(clip)
        for file, content in (
            (self._frames, clip.data),
            (self._sums, np.array([crc32(frame.data) for frame in clip], _SUM).data),
        ):
            file.write(content)
            _sync(file)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Says in a sentence what keeps a packed set from being written."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"cannot write into {folder}: {not_written(error)}; make room, then run the same again to go on"
        ) from None
