"""A part of a video as a clip of its own: only what it needs is decoded."""

from collections.abc import Iterator

import numpy as np

from striate.data.images.reading import Header
from striate.data.segment import Segment
from striate.data.video.frame_source import ClipSource, refuse_damaged
from striate.data.video.video_file import VideoError

_ROUNDING = 0.5
"""Seconds by which a segment may end behind its file: lists round."""
_NEAR = 0.02
"""Of a frame: a segment that begins or ends so near to a frame's beginning does so there."""


class SegmentError(VideoError):
    """A segment that is not in its file."""


class Part(ClipSource):
    """The frames of a segment, numbered from 0; its times are those of the file."""

    def __init__(self, source: ClipSource, segment: Segment) -> None:
        """Raises SegmentError for a segment that is not in the file, or empty."""
        begin, end = (position(source, segment, value) for value in _bounds(source, segment))
        self._source, self._begin = source, begin
        inside = np.array([begin + _NEAR / 2, end - _NEAR / 2]).clip(0, np.nextafter(source.length, 0))
        first, last = source.numbers(inside).tolist()
        self._first, self.length = first, max(1, last - first + 1)
        self._spacing = (end - begin) / self.length  # frames of the file for one of the part

    @property
    def damaged(self) -> int:
        return self._source.damaged

    def numbers(self, positions: np.ndarray) -> np.ndarray:
        there = self._source.numbers(self._begin + positions * self._spacing)
        numbers: np.ndarray = np.clip(there - self._first, 0, self.length - 1)
        return numbers

    def seconds(self, position: float) -> float | None:
        return self._source.seconds(self._begin + position * self._spacing)

    def pictures(
        self, table: np.ndarray, channels: int, size: tuple[int, int] | None, crop: float
    ) -> Iterator[dict[int, np.ndarray]]:
        for pictures in self._source.pictures(table + self._first, channels, size, crop):
            yield {number - self._first: picture for number, picture in pictures.items()}

    def decode_all(self) -> None:
        for _ in self.pictures(np.arange(self.length)[:, None], 1, (8, 8), 0.5):
            refuse_damaged(self)

    def header(self) -> Header:
        return self._source.header()._replace(frames=self.length, seconds=self.duration)


def _bounds(source: ClipSource, segment: Segment) -> tuple[float, float]:
    """Where it begins and ends, in its unit, inside of the file."""
    unit, rounding = ("s", _ROUNDING) if segment.unit == "t" else ("frames", 0)
    most = source.duration if segment.unit == "t" else source.length
    if most is None:
        raise SegmentError(
            "it is a folder of frames, which tells no times: say its part in frames, with start_frame and "
            "end_frame"
        )
    begin = 0.0 if segment.begin is None else segment.begin
    end = most if segment.end is None else segment.end
    if end > most + rounding or begin >= most:
        which = f"begins at {begin:.6g}" if begin >= most else f"ends at {end:.6g}"
        raise SegmentError(f"its segment {which} {unit}, and the file has {most:.6g} {unit}")
    if begin >= end:
        raise SegmentError(f"its segment is empty: it begins at {begin:.6g} {unit} and ends at {end:.6g}")
    return begin, min(end, most)


def position(source: ClipSource, segment: Segment, value: float) -> float:
    """A bound of the segment as a position in the file (see `Sampling`)."""
    scale = source.length / (source.duration or 1) if segment.unit == "t" else 1.0
    exact = value * scale
    return float(round(exact)) if abs(exact - round(exact)) < _NEAR else exact
