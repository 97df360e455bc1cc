"""Where the frames of one clip come from: a video file, or a folder of images."""

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from striate.data.images.reading import IMAGE_SUFFIXES, try_header, try_read
from striate.data.video.video_file import Video, VideoError, open_video
from striate.data.video.video_frames import Converter, FrameReader, damage, upright


class ClipSource(ABC):
    """The frames of one clip, numbered from 0 in the order in which they are shown."""

    length: int

    @abstractmethod
    def numbers(self, positions: np.ndarray) -> np.ndarray:
        """The numbers, int64, of the frames shown at these positions (see `Sampling`)."""

    @abstractmethod
    def seconds(self, position: float) -> float | None:
        """From the beginning of the clip; None where that is not known."""

    @abstractmethod
    def pictures(
        self, table: np.ndarray, channels: int, size: tuple[int, int] | None, crop: float
    ) -> Iterator[dict[int, np.ndarray]]:
        """For each row of frame numbers, (R, T) int64, its frames by number: uint8 (H, W, C).

        crop: where the cut lies along the long side, from 0 to 1.
        """

    @abstractmethod
    def damage(self) -> str | None:
        """What is wrong when all frames are decoded; None if nothing is."""

    @abstractmethod
    def shape(self) -> tuple[int, int, bool]:
        """(H, W) as it is seen, and whether it is grey: from its first frame."""


@contextmanager
def open_clip(path: str | Path) -> Iterator[ClipSource]:
    """A video file, or a folder of frames. Raises VideoError, or what the decoders raise."""
    if Path(path).is_dir():
        yield _Folder(path)
    else:
        with open_video(path) as video:
            yield _File(video)


class _File(ClipSource):
    def __init__(self, video: Video) -> None:
        self._video = video
        self.length = len(video.timeline)

    def numbers(self, positions: np.ndarray) -> np.ndarray:
        return self._video.timeline.numbers(positions)

    def seconds(self, position: float) -> float:
        return self._video.seconds(self._video.timeline.duration * position / self.length)

    def pictures(
        self, table: np.ndarray, channels: int, size: tuple[int, int] | None, crop: float
    ) -> Iterator[dict[int, np.ndarray]]:
        reader, convert = FrameReader(self._video, table), Converter(channels, size, crop)
        for row in table:
            numbers = np.unique(row)
            frames = reader.frames(numbers)
            yield {int(number): convert(frame) for number, frame in zip(numbers, frames, strict=True)}

    def damage(self) -> str | None:
        return damage(self._video)

    def shape(self) -> tuple[int, int, bool]:
        number = np.zeros(1, np.int64)
        reader = FrameReader(self._video, number)
        first = next(reader.frames(number))
        reader.rewind()
        return *upright(first), len(first.format.components) == 1 and not first.format.has_palette


class _Folder(ClipSource):
    def __init__(self, path: str | Path) -> None:
        self._paths = frame_files(path)
        self.length = len(self._paths)
        if not self.length:
            raise VideoError("it holds no frames")

    def numbers(self, positions: np.ndarray) -> np.ndarray:
        numbers: np.ndarray = np.floor(positions).astype(np.int64)
        return numbers

    def seconds(self, position: float) -> None:
        return None

    def pictures(
        self, table: np.ndarray, channels: int, size: tuple[int, int] | None, crop: float
    ) -> Iterator[dict[int, np.ndarray]]:
        for row in table:
            yield {int(number): self._picture(int(number), channels, size, crop) for number in np.unique(row)}

    def _picture(self, number: int, channels: int, size: tuple[int, int] | None, crop: float) -> np.ndarray:
        pixels = try_read(self._paths[number], channels, size, crop)
        if isinstance(pixels, str):
            raise VideoError(f"frame {Path(self._paths[number]).name}: {pixels}")
        return np.moveaxis(pixels, 0, -1)

    def damage(self) -> str | None:
        for path in self._paths:
            if isinstance(pixels := try_read(path, 1, (8, 8)), str):
                return f"frame {Path(path).name}: {pixels}"
        return None

    def shape(self) -> tuple[int, int, bool]:
        header = try_header(self._paths[0])
        if isinstance(header, str):
            raise VideoError(f"frame {Path(self._paths[0]).name}: {header}")
        return tuple(header)  # type: ignore[return-value]


def frame_files(folder: str | Path) -> Sequence[str]:
    """The images of a folder in the order of the numbers in their names: frame 9 before frame 10."""
    with os.scandir(folder) as entries:
        names = [
            entry.name
            for entry in entries
            if Path(entry.name).suffix.lower() in IMAGE_SUFFIXES and not entry.name.startswith(".")
        ]
    return [os.path.join(folder, name) for name in sorted(names, key=_by_number)]  # noqa: PTH118


def _by_number(name: str) -> list[tuple[int, str]]:
    parts = re.split(r"(\d+)", name)
    return [(int(part), part) if part.isdecimal() else (-1, part) for part in parts]
