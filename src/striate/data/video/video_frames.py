"""Frames of a video by number: as few decoded as possible, each brought to its size while it is converted.

Between two frames that are asked for, decoding goes on from where it is, or begins again at a key frame:
whichever decodes less. So a file with a key frame every second is searched, and one with a single key frame
is read from beginning to end. On the way, frames that no other is predicted from are not decoded at all.
Every frame tells which one it is (see `decoding`), and what is not the frame that was asked for is not given.
"""

from collections.abc import Generator, Iterator

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from striate.data.video.packets import Decoder
from striate.data.video.timeline import Timeline, timeline_of
from striate.data.video.video_file import Video, VideoError

_SEEK = 2  # frames: a search costs less than decoding so many (measured on six files)


class FrameReader:
    """A decoder that moves through a video, forward as far as it can."""

    def __init__(self, video: Video, numbers: np.ndarray) -> None:
        """numbers: all that will be asked for."""
        self._timeline: Timeline = timeline_of(video)
        self._decoder = Decoder(video, self._timeline.packets)
        counted = self._timeline.sources is None
        self._wanted = None if counted else self._timeline.packets_of(np.unique(numbers))
        self._frames: Generator[tuple[int, VideoFrame], None, None] | None = None
        self._frame: VideoFrame | None = None  # that came out last
        self._passed = -1  # its number
        self._from = 0  # the first frame that can be decoded where decoding began
        self.damaged: set[int] = set()
        """Numbers of packets, of those decoded so far, that were not whole."""

    def frames(self, numbers: np.ndarray) -> Iterator[VideoFrame]:
        """The frames of these numbers, best rising. Raises VideoError for one that cannot be decoded."""
        for number in map(int, numbers):
            if not self._is_at(number):
                self._advance(number)
                self._note_damage()
            if self._frame is None or not self._is_at(number):
                raise VideoError(f"frame {number} of {len(self._timeline)} cannot be decoded")
            yield self._frame

    def close(self) -> None:
        """Lets go of the decoder, which a circle of references would hold until one is looked for."""
        if self._frames:
            self._frames.close()

    def _is_at(self, number: int) -> bool:
        return self._frame is not None and self._passed == number

    def _advance(self, number: int) -> None:
        """To the frame of this number: on from here, or from a key frame, or from one further back."""
        key = self._timeline.key_before(number)
        if self._frames and self._passed < number and self._timeline.keys[key] <= self._passed + _SEEK:
            self._next(number)
        for earlier in dict.fromkeys((key, max(key - 1, 0), 0)):
            if self._is_at(number):
                return
            self._begin(earlier)
            self._next(number)

    def _begin(self, key: int) -> None:
        self.close()
        self._note_damage()
        self._frame, self._passed, self._from = None, -1, int(self._timeline.keys[key])
        self._frames = self._decoder.frames_from(int(self._timeline.entries[key]), self._wanted)

    def _note_damage(self) -> None:
        self.damaged |= shown_damaged(self._decoder, self._timeline, self._from)
        self._decoder.damaged.clear()

    def _next(self, number: int) -> None:
        """On to this frame, or, where it does not come, to the first after it."""
        for packet, frame in self._frames or ():
            its_number = self._number(packet)
            if its_number is not None:
                self._frame, self._passed = frame, its_number
            if self._passed >= number:
                return

    def _number(self, packet: int) -> int | None:
        """Of the frame that came out of a packet; None for one that is not shown."""
        if self._wanted is not None:
            return self._timeline.frames.get(packet)
        return None if packet in self._timeline.hidden else self._passed + 1


def shown_damaged(decoder: Decoder, timeline: Timeline, first: int = 0) -> set[int]:
    """Numbers of damaged packets, without those shown before the frame with which decoding began: their own
    past is missing.
    """
    numbers = timeline.frames
    return {one for one in decoder.damaged if not numbers or numbers.get(one, -1) >= first}


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
    timeline = timeline_of(video)
    decoder = Decoder(video, timeline.packets)
    came = {number for number, _ in decoder.frames_from(int(timeline.entries[0]))}
    if damaged := shown_damaged(decoder, timeline):
        raise VideoError(f"{len(damaged)} of {len(timeline)} frames are damaged")
    expected = set(timeline.frames) or set(range(len(timeline.packets))) - timeline.hidden
    if expected - came:
        raise VideoError(f"{len(expected & came)} of {len(expected)} frames can be decoded")
