"""Frames of clips in several files of about one size ("shards"), each of which holds whole clips.

Which clip lies where follows from the clips' shapes and the size of a shard: no table of it can be wrong.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from types import TracebackType
from typing import Self
from zlib import crc32

import numpy as np

from striate.data.packed.frame_file import FrameFile, FrameWriter, Shape, check_lengths, sums_of
from striate.errors import ArgumentError, DataError

_OPEN = 64
"""Shards that a process holds open, with the checksums of their frames."""
_UNITS = {"": 1, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SIZE = re.compile(r"([0-9]{1,15}) ?([KMGT]iB|B|)")

Bring = Callable[[Path, Callable[[Path], FrameFile]], FrameFile]
"""Gives a shard, by its path and what opens it."""


def bytes_of(text: str, name: str = "shard_size") -> int:
    """The bytes of a size in words, which `name` has. Raises ArgumentError for another word.

    >>> bytes_of("2MiB"), bytes_of("500")
    (2097152, 500)
    """
    match = _SIZE.fullmatch(text)
    if not match or not int(match[1]):
        raise ArgumentError(f"{name} must be a size such as 1GiB, 200MiB or 5000000; got {text!r}")
    return int(match[1]) * _UNITS[match[2]]


def shard_of(path: Path, number: int) -> Path:
    """The file of one shard: `frames-00003.u8`."""
    return path.with_name(f"{path.stem}-{number:05d}{path.suffix}")


def clips_of_shards(shapes: Sequence[Shape], capacity: int) -> list[int]:
    """How many clips each shard holds: as many as fit, and at least one.

    Args:
        shapes: (T, H, W) of each clip.
        capacity: values of one plane that a shard holds.

    >>> clips_of_shards([(2, 1, 1), (2, 1, 1), (9, 1, 1), (1, 1, 1)], capacity=4)
    [2, 1, 1]
    """
    counts: list[int] = []
    filled = capacity + 1
    for T, H, W in shapes:
        if not counts or filled + T * H * W > capacity:
            counts.append(0)
            filled = 0
        counts[-1] += 1
        filled += T * H * W
    return counts


def parts_of(path: Path, shapes: Sequence[Shape], capacity: int | None) -> list[tuple[Path, Sequence[Shape]]]:
    """The files that hold these clips, and the clips of each; without a capacity one file."""
    if capacity is None:
        return [(path, shapes)]
    ends = np.cumsum(clips_of_shards(shapes, capacity)).tolist()
    return [
        (shard_of(path, number), shapes[start:end])
        for number, (start, end) in enumerate(zip([0, *ends], ends, strict=False))
    ]


def seals_of(path: Path, shapes: Sequence[Shape], capacity: int | None) -> tuple[int, ...]:
    """CRC-32 of each shard's checksums, which are those of its frames; nothing without a capacity."""
    if capacity is None:
        return ()
    return tuple(crc32(sums_of(part).read_bytes()) for part, _ in parts_of(path, shapes, capacity))


class Shards:
    """Clips in several files, of which those are open that were read last."""

    def __init__(
        self,
        path: Path,
        planes: int,
        shapes: Sequence[Shape],
        capacity: int,
        seals: Sequence[int] = (),
        bring: Bring | None = None,
        most_open: int = _OPEN,
    ) -> None:
        """Opens them.

        Args:
            path: which `shard_of` makes their paths of.
            planes: of a frame.
            shapes: (T, H, W) of each clip.
            capacity: values of one plane that a shard holds.
            seals: CRC-32 of the checksums of each, if they are known.
            bring: opens a shard that may not be here yet. By default all must be here.
            most_open: at a time.

        Raises:
            DataError: files that must be here are missing or not as long as the clips say.
        """
        self.path, self.planes, self.shapes = path, planes, shapes
        self._seals, self._parts = seals, parts_of(path, shapes, capacity)
        self._bring = bring
        for part, of_part in self._parts if bring is None else ():
            check_lengths(part, planes, of_part)
        self._ends = np.cumsum([len(of_part) for _, of_part in self._parts])
        self._open = lru_cache(most_open)(self._opened)

    def read(self, row: int, numbers: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
        """Frames of one clip, as `FrameFile.read` gives them."""
        shard = int(np.searchsorted(self._ends, row, "right"))
        of_shard = row - int(self._ends[shard]) + len(self._parts[shard][1])
        try:
            return self._open(shard).read(of_shard, numbers)
        except DataError:  # of what was whole when it was brought: it is brought once more
            if self._bring is None:
                raise
        self._parts[shard][0].unlink(missing_ok=True)
        self._open.cache_clear()
        return self._open(shard).read(of_shard, numbers)

    def _opened(self, shard: int) -> FrameFile:
        seal = self._seals[shard] if self._seals else None
        part, shapes = self._parts[shard]
        open_it = partial(FrameFile, planes=self.planes, shapes=shapes, seal=seal)
        return self._bring(part, open_it) if self._bring else open_it(part)


class ShardWriter:
    """The shards of a set, the last of them open for adding to it."""

    def __init__(self, path: Path, planes: int, capacity: int) -> None:
        self._path, self._planes, self._capacity = path, planes, capacity
        self._number, self._filled = 0, 0
        self._file = FrameWriter(shard_of(path, 0), planes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.__exit__(kind, error, trace)

    def cut(self, shapes: Sequence[Shape]) -> int:
        """Keeps those of the first clips that are there and whole; returns their number."""
        kept = 0
        for number, (_, of_shard) in enumerate(parts_of(self._path, shapes, self._capacity)):
            self._go_to(number)
            whole = self._file.cut(of_shard)
            kept += whole
            if whole < len(of_shard):
                break
        self._end_with(shapes[:kept])
        return kept

    def _end_with(self, shapes: Sequence[Shape]) -> None:
        """Goes on after these clips; files of later ones are removed."""
        parts = parts_of(self._path, shapes, self._capacity)
        self._go_to(max(len(parts) - 1, 0))
        self._filled = sum(T * H * W for T, H, W in parts[-1][1]) if parts else 0
        if not parts:
            self._file.cut([])
        for path in self._path.parent.glob(f"{self._path.stem}-[0-9]*"):
            number = path.stem.removeprefix(f"{self._path.stem}-")
            if number.isdecimal() and int(number) > self._number:
                path.unlink()

    def append(self, clip: np.ndarray) -> None:
        """Adds frames, uint8 (T, planes, H, W), and does not return before they are on the disk."""
        T, _, H, W = clip.shape
        if self._filled and self._filled + T * H * W > self._capacity:
            self._go_to(self._number + 1)
            self._filled = 0
        self._file.append(clip)
        self._filled += T * H * W

    def _go_to(self, number: int) -> None:
        if number != self._number:
            self._file.__exit__(None, None, None)
            self._file = FrameWriter(shard_of(self._path, number), self._planes)
            self._number = number


Frames = FrameFile | Shards


def open_frames(
    path: Path, planes: int, shapes: Sequence[Shape], capacity: int | None, seals: Sequence[int] = ()
) -> Frames:
    """Clips of one file, or of shards where there is a capacity. Raises DataError if files are not whole."""
    return (
        FrameFile(path, planes, shapes) if capacity is None else Shards(path, planes, shapes, capacity, seals)
    )


def add_frames(path: Path, planes: int, capacity: int | None) -> FrameWriter | ShardWriter:
    """One file, or shards where there is a capacity, to add clips to."""
    return FrameWriter(path, planes) if capacity is None else ShardWriter(path, planes, capacity)
