"""Frames of a video by number: as few decoded as possible, each brought to its size while it is converted.

Between two frames that are asked for, decoding goes on from where it is, or begins again at a key frame:
whichever decodes less. So a file with a key frame every second is searched, and one with a single key frame
is read from beginning to end. On the way, frames that no other is predicted from are not decoded at all.
"""

from collections.abc import Generator, Iterator

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from striate.data.video.video_file import MAY_MISS, Timeline, Video, VideoError, time_of

_SEEK = 2  # frames: a search costs less than decoding so many (measured on six files)


class FrameReader:
    """A decoder that moves through a video, forward as far as it can."""

    def __init__(self, video: Video, numbers: np.ndarray) -> None:
        """numbers: all that will be asked for."""
        self._video, self._counted = video, video.counted
        self._timeline: Timeline = video.timeline
        self._wanted = {int(time) for time in self._timeline.times[np.unique(numbers)]}
        self._frames = self._decode()
        self._frame: VideoFrame | None = None  # that came out last
        self._passed = -1  # its number
        self._landed = False  # whether the next frame's time is to tell its number, after a search

    def frames(self, numbers: np.ndarray) -> Iterator[VideoFrame]:
        """The frames of these numbers, best rising. Raises VideoError if the file ends before."""
        for number in numbers:
            if self._frame is None or self._passed != number:
                self._advance(int(number))
            if self._frame is None or number - self._passed > max(1.0, len(self._timeline) * MAY_MISS):
                raise VideoError(
                    f"it can be decoded up to frame {max(self._passed, 0)} of {len(self._timeline)} only"
                )
            yield self._frame

    def rewind(self) -> None:
        """To the beginning of the file, for another reader."""
        self._seek(0)

    def close(self) -> None:
        """Lets go of the decoder, which a circle of references would hold until one is looked for."""
        self._frames.close()

    def _advance(self, number: int) -> None:
        """To the frame of this number, or to the first after it; where the file ends before, to the last."""
        key = self._timeline.key_before(number) if self._video.searchable else 0
        sought = number < self._passed or int(self._timeline.keys[key]) > self._passed + _SEEK
        if sought:
            self._seek(key)
        self._next(number)
        if sought and self._passed > number and key > 0:  # the key frame is shown after this one
            self._seek(key - 1)
            self._next(number)

    def _next(self, number: int) -> None:
        for frame in self._frames:
            self._frame = frame
            if self._counted and not self._landed:
                self._passed += 1
            else:
                self._passed, self._landed = self._number(frame.pts), False
            if self._passed >= number:
                return

    def _number(self, time: int | None) -> int:
        """Of the frame shown at a time; where there is none, the next one."""
        if time is None:
            return self._passed + 1
        return int(np.searchsorted(self._timeline.times, time, side="right")) - 1

    def _seek(self, key: int) -> None:
        number = int(self._timeline.keys[key])
        self._video.container.seek(int(self._timeline.times[number]), stream=self._video.stream)
        self._passed, self._landed = -1, key > 0
        self._frames = self._decode()

    def _decode(self) -> Generator[VideoFrame, None, None]:
        return self._all() if self._counted else self._as_few_as_possible()

    def _all(self) -> Generator[VideoFrame, None, None]:
        while True:
            try:
                yield from self._video.container.decode(self._video.stream)
                return
            except av.error.InvalidDataError:
                continue  # a damaged packet: the frames around it stand in

    def _as_few_as_possible(self) -> Generator[VideoFrame, None, None]:
        context = self._video.stream.codec_context
        for packet in self._video.container.demux(self._video.stream):
            time = time_of(packet, counted=False)
            context.skip_frame = "DEFAULT" if time is None or time in self._wanted else "NONREF"
            try:
                yield from packet.decode()
            except av.error.InvalidDataError:
                continue


class Converter:
    """Frames → pixels: the short side resized, turned upright, cut to size, all with one scaler."""

    def __init__(self, channels: int, size: tuple[int, int] | None, crop: float = 0.5) -> None:
        self._format = "gray" if channels == 1 else "rgb24"
        self._size, self._crop = size, crop
        self._scaler = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> np.ndarray:
        """uint8 (H, W, C). Without a size, the frame's own."""
        turns = quarter_turns(frame)
        height, width = upright(frame)
        H, W = self._size or (height, width)
        scale = max(H / height, W / width)
        tall, wide = max(H, round(height * scale)), max(W, round(width * scale))
        pixels = self._converted(frame, *((wide, tall) if turns % 2 == 0 else (tall, wide)))
        pixels = np.rot90(pixels, turns)
        top, left = round((tall - H) * self._crop), round((wide - W) * self._crop)
        return pixels[top : top + H, left : left + W].reshape(H, W, -1)

    def _converted(self, frame: VideoFrame, width: int, height: int) -> np.ndarray:
        result = self._scaler.reformat(
            frame, width, height, self._format, interpolation=Interpolation.BILINEAR, threads=1
        )
        return np.asarray(result.to_ndarray(), np.uint8)


def quarter_turns(frame: VideoFrame) -> int:
    """How often a frame is to be turned by 90° counterclockwise to stand upright."""
    return round(frame.rotation / 90) % 4


def upright(frame: VideoFrame) -> tuple[int, int]:
    """(H, W) as the frame is seen."""
    if quarter_turns(frame) % 2:
        return frame.width, frame.height
    return frame.height, frame.width


def decode_all(video: Video) -> None:
    """Decodes a video from beginning to end. Raises VideoError if something is wrong."""
    expected, came, damaged = len(video.timeline), 0, 0
    for packet in video.container.demux(video.stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            damaged += 1
            continue
        came += len(frames)
        damaged += sum(frame.is_corrupt for frame in frames)
    if damaged:
        raise VideoError(f"{damaged} of {expected} frames are damaged")
    if expected - came > max(1.0, expected * MAY_MISS):
        raise VideoError(f"{came} of {expected} frames can be decoded")
