"""Where the frames of one clip come from: a video file, or a folder of images."""

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from striate.data.images.reading import Header, decode_image, read_header
from striate.data.suffixes import IMAGE_SUFFIXES
from striate.data.unreadable_files import UnreadableError
from striate.data.video.timeline import timeline_of
from striate.data.video.video_file import Video, VideoError, open_video
from striate.data.video.video_frames import Converter, FrameReader, decode_all, upright


class ClipSource(ABC):
    """The frames of one clip, numbered from 0 in the order in which they are shown."""

    length: int

    @property
    def damaged(self) -> int:
        """How many frames, of those decoded so far, were not whole: a decoder makes up what is missing."""
        return 0

    @abstractmethod
    def numbers(self, positions: np.ndarray) -> np.ndarray:
        """The numbers, int64, of the frames shown at these positions (see `Sampling`)."""

    @abstractmethod
    def seconds(self, position: float) -> float | None:
        """From the beginning of the first frame, whatever its time in the file; None where not known."""

    @property
    def duration(self) -> float | None:
        """Seconds from its beginning to its end; None where that is not known."""
        begin, end = self.seconds(0), self.seconds(self.length)
        return None if begin is None or end is None else end - begin

    @abstractmethod
    def pictures(
        self, table: np.ndarray, channels: int, size: tuple[int, int] | None, crop: float
    ) -> Iterator[dict[int, np.ndarray]]:
        """For each row of frame numbers its frames by number, uint8 (H, W, C).

        Args:
            table: (R, T) int64, rows of frame numbers.
            channels: 1 or 3.
            size: (H, W); None keeps the clip's own.
            crop: where the cut lies along the long side, from 0 to 1.
        """

    @abstractmethod
    def decode_all(self) -> None:
        """Decodes every frame. Raises VideoError if something is wrong."""

    @abstractmethod
    def header(self) -> Header:
        """What the clip is like, from its first frame."""


def refuse_damaged(source: ClipSource) -> None:
    """Raises VideoError if a frame that was decoded is not whole: nothing is learnt from what is made up."""
    if source.damaged:
        are = "is" if source.damaged == 1 else "are"
        raise VideoError(f"{source.damaged} of the frames that it is decoded from {are} damaged")


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
        self._video, self._timeline = video, timeline_of(video)
        self.length = len(self._timeline)
        self._damaged: set[int] = set()

    @property
    def damaged(self) -> int:
        return len(self._damaged)

    def numbers(self, positions: np.ndarray) -> np.ndarray:
        return self._timeline.numbers(positions)

    def seconds(self, position: float) -> float:
        return self._video.seconds(self._timeline.duration * position / self.length)

    def pictures(
        self, table: np.ndarray, channels: int, size: tuple[int, int] | None, crop: float
    ) -> Iterator[dict[int, np.ndarray]]:
        convert = Converter(channels, size, crop)
        with closing(FrameReader(self._video, table)) as reader:
            for row in table:
                numbers = np.unique(row)
                frames = reader.frames(numbers)
                pictures = {
                    int(number): convert(frame) for number, frame in zip(numbers, frames, strict=True)
                }
                self._damaged |= reader.damaged
                yield pictures

    def decode_all(self) -> None:
        decode_all(self._video)

    def header(self) -> Header:
        number = np.zeros(1, np.int64)
        with closing(FrameReader(self._video, number)) as reader:
            first = next(reader.frames(number))
        grey = len(first.format.components) == 1 and not first.format.has_palette
        return Header(*upright(first), grey, self.length, self.duration)


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
        with _frame(self._paths[number]) as path:
            return np.moveaxis(decode_image(path, channels=channels, size=size, crop=crop), 0, -1)

    def decode_all(self) -> None:
        for number in range(self.length):
            self._picture(number, 1, (8, 8), 0.5)

    def header(self) -> Header:
        with _frame(self._paths[0]) as path:
            return read_header(path)._replace(frames=self.length)


@contextmanager
def _frame(path: str) -> Iterator[str]:
    """A frame's file; where it cannot be read, the clip cannot."""
    try:
        yield path
    except UnreadableError as error:
        raise VideoError(f"frame {Path(path).name}: {error.reason}") from None


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
