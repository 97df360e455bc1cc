"""Frames of a video by number: as few decoded as possible, each brought to its size while it is converted.

Between two frames that are asked for, decoding goes on from where it is, or begins again at a key frame:
whichever decodes less. So a file with a key frame every second is searched, and one with a single key frame
is read from beginning to end. On the way, frames that no other is predicted from are not decoded at all.

Nothing is taken on trust: where a search has landed is read off the packet that comes, and which frame has
been decoded off the frame itself.
"""

from collections.abc import Iterator
from itertools import chain

import av
import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream

from striate.data.video.timeline import MAY_MISS, VideoError, decoded
from striate.data.video.video_file import Video

_SEEK = 2  # frames: a search costs less than decoding so many (measured on six files)
_TRIED = 3  # key frames before a frame, the nearest first, before decoding begins at the first one
_SKIP = frozenset({"h264", "hevc", "mpeg4", "mpeg2video", "mpeg1video", "msmpeg4v3", "wmv2", "flv1"})
"""Decoders that leave out a frame when told to while they run; others are told when opened, or never."""


class FrameReader:
    """A decoder that moves through a video, forward as far as it can."""

    def __init__(self, video: Video, numbers: np.ndarray) -> None:
        """numbers: all that will be asked for."""
        self._video, self._timeline = video, video.timeline
        self._wanted = set(self._timeline.packets[np.unique(numbers)].tolist())
        self._skips = video.stream.codec_context.name in _SKIP
        self._frames: Iterator[tuple[int, VideoFrame]] = iter(())
        self._frame: VideoFrame | None = None  # that came out last
        self._passed = -1  # its number
        self._damaged = 0  # packets since the last search

    def frames(self, numbers: np.ndarray) -> Iterator[VideoFrame]:
        """The frames of these numbers, best rising. Raises VideoError where one cannot be decoded."""
        for number in map(int, numbers):
            if self._frame is None or self._passed != number:
                self._move(number)
            assert self._frame is not None
            yield self._frame

    def close(self) -> None:
        """Lets go of the decoder, which a circle of references would hold until one is looked for."""
        self._frames = iter(())

    def _move(self, number: int) -> None:
        keys = self._timeline.key_frames
        near = max(1, int(np.searchsorted(keys, number, side="right")))
        goes_on = self._frame is not None and self._passed < number and keys[near - 1] <= self._passed + _SEEK
        if number not in self._timeline.hidden:
            if goes_on and self._reach(number):
                return
            for key in sorted({*range(max(0, near - _TRIED), near), 0}, reverse=True):
                self._search(int(self._timeline.keys[key]))
                if self._reach(number) and not (key and self._frame is not None and self._frame.is_corrupt):
                    return
        self._stand_in(number, max(0, near - _TRIED))

    def _reach(self, number: int) -> bool:
        """Decodes on; whether the frame comes."""
        for damaged, frame in self._frames:
            at = int(self._timeline.frames[frame.pts])
            if at < 0:
                continue
            self._damaged, self._frame, self._passed = damaged, frame, at
            if at >= number:
                return at == number
        return False

    def _stand_in(self, number: int, key: int) -> None:
        """The frame before one that the decoder does not give: it stays on the screen.

        Raises VideoError where the file is damaged there, or ends much too early.
        """
        skips, self._skips = self._skips, False
        self._search(int(self._timeline.keys[key]))
        before: VideoFrame | None = None
        for damaged, frame in self._frames:
            self._damaged, at = damaged, int(self._timeline.frames[frame.pts])
            if at > number:
                break
            if at >= 0:
                before, self._passed = frame, at
        else:
            if number - self._passed > max(1.0, len(self._timeline) * MAY_MISS):
                before = None
        self._skips = skips
        if before is None or self._damaged:
            last = "" if before is None else f", after frame {self._passed}"
            raise VideoError(f"frame {number} of {len(self._timeline)} cannot be decoded{last}")
        self._timeline.hidden.add(number)
        self._frame, self._passed, self._frames = before, number, iter(())

    def _search(self, packet: int) -> None:
        """Makes ready to decode from a packet on."""
        self._frame, self._passed, self._damaged = None, -1, 0
        self._frames = decoded(self._chosen(self._from(packet)))

    def _from(self, packet: int) -> "Iterator[tuple[int, Packet[VideoStream]]]":
        """Numbered packets from this one on, wherever the container's search lands."""
        if self._video.seek_packet(packet):
            packets = self._video.packets()
            first = _first(packets)
            number = None if first is None else self._timeline.number_of(first)
            if first is not None and number is not None and number <= packet:
                return _counted(chain([first], packets), number, packet)
        self._video.reopen()
        return _counted(self._video.packets(), 0, packet)

    def _chosen(
        self, numbered: "Iterator[tuple[int, Packet[VideoStream]]]"
    ) -> "Iterator[tuple[int, Packet[VideoStream]]]":
        """Tells the decoder before each packet whether it may leave it out."""
        for number, packet in numbered:
            if self._skips:
                wanted = number in self._wanted
                self._video.stream.codec_context.skip_frame = "DEFAULT" if wanted else "NONREF"
            yield number, packet


def _first(packets: "Iterator[Packet[VideoStream]]") -> "Packet[VideoStream] | None":
    try:
        return next((packet for packet in packets if packet.size), None)
    except av.error.EOFError:
        return None


def _counted(
    packets: "Iterator[Packet[VideoStream]]", number: int, first: int
) -> "Iterator[tuple[int, Packet[VideoStream]]]":
    """Numbers packets, and drops those before the first that is to be decoded."""
    for packet in packets:
        if not packet.size or number >= first:
            yield number, packet
        number += bool(packet.size)


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
    timeline = video.timeline
    video.reopen()
    came, broken = set(), 0
    for damaged, frame in decoded(enumerate(video.packets())):
        came.add(int(timeline.frames[frame.pts]))
        broken = max(broken, damaged)
        broken += frame.is_corrupt
    if broken:
        raise VideoError(f"{broken} of {len(timeline)} frames are damaged")
    if len(timeline) - 1 - max(came, default=-1) > max(1.0, len(timeline) * MAY_MISS):
        raise VideoError(f"it can be decoded up to frame {max(came, default=0)} of {len(timeline)} only")
