"""One video file, opened: its picture stream, and when its frames are shown.

| what FFmpeg finds | what becomes of it |
|---|---|
| several streams | the first of moving pictures; sound, subtitles and cover pictures are left alone |
| frames at uneven times, gaps | each frame is shown from its presentation time to the next one's |
| a first frame later than 0, or before it | the clip begins there: seconds are counted from the first frame |
| no presentation times (AVI with B-frames, program streams) | the file is decoded once to learn the order |
| a duration that is missing or wrong | not needed: there are as many frames as packets |
| packets before the first key frame | no frames: nothing to predict them from |
| a rotation flag (display matrix) | honoured |
| pixels that are not square | taken as square |
| interlaced pictures | taken as they are |
| more than 8 bits, any chroma, any range | converted to 8 bit RGB, in the stream's own colour space |
| one plane of luma only | grey |

Files are read from disk only: play lists, which name other files or addresses, are refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from striate.data.unreadable_files import open_regular
from striate.data.video.timeline import Timeline, VideoError, known_timeline

_FORMATS = "mov,mp4,matroska,webm,avi,asf,flv,mpeg,mpegts,mpegvideo,ogg,h264,hevc,m4v,ivf,nut,gif,apng"
_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": _FORMATS}
_QUICK = {"probesize": "32", "analyzeduration": "0"}
_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip")


class Video:
    """An open video file. `packets` reads on where the container stands."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        with open_regular(self.path) as file:
            head = file.read(12)
        if not head:
            raise VideoError("the file is empty")
        # Boxes of MP4 and QuickTime say all that is needed; elsewhere FFmpeg decodes a little to find it out.
        self._options = {**_OPTIONS, **_QUICK} if head[4:8] in _BOXES else _OPTIONS
        self.container, self.stream = self._opened()

    def _opened(self) -> tuple[InputContainer, VideoStream]:
        container = av.open(f"file:{self.path}", options=self._options)
        try:
            return container, _stream_of(container)
        except BaseException:
            container.close()
            raise

    @cached_property
    def timeline(self) -> Timeline:
        """When its frames are shown. Raises VideoError if there are none, or many are missing."""
        return known_timeline(self.path, self.container, self.stream, self._again)

    def packets(self) -> "Iterator[Packet[VideoStream]]":
        """Those of the picture stream from here on; the last one is empty and makes the decoder give all."""
        yield from self.container.demux(self.stream)

    def seek_packet(self, number: int) -> bool:
        """Moves to this packet or not far before it, if the container can. The decoder forgets what it had.

        Program streams are not searched: a search lands within a frame, and only some frames have a time.
        """
        kind = self.container.format.name
        if kind == "mpeg":
            return False
        try:
            if kind == "mpegts":  # searched by times it lands anywhere
                self.container.seek(int(self.timeline.places[number]), unsupported_byte_offset=True)
            else:
                self.container.seek(int(self.timeline.decoded[number]), stream=self.stream)
        except av.error.FFmpegError:
            return False
        return True

    def reopen(self) -> None:
        """Moves to the beginning, whatever the container can."""
        self.container.close()
        self.container, self.stream = self._opened()

    def _again(self) -> "Iterator[Packet[VideoStream]]":
        self.reopen()
        return self.packets()

    def seconds(self, position: float) -> float:
        """Seconds from the first frame to a position, see `Sampling`."""
        assert self.stream.time_base is not None
        timeline = self.timeline
        return float(timeline.duration * position / len(timeline) * self.stream.time_base)


@contextmanager
def open_video(path: str | Path) -> Iterator[Video]:
    """A video file with one decoder thread, closed at the end. Raises VideoError, or what PyAV raises."""
    video = Video(path)
    try:
        yield video
    finally:
        video.container.close()


def _stream_of(container: InputContainer) -> VideoStream:
    stream = next((stream for stream in container.streams.video if not _is_cover(stream)), None)
    if stream is None:
        raise VideoError("it holds no moving pictures")
    if stream.codec_context is None:
        raise VideoError("FFmpeg as it comes with PyAV has no decoder for it: convert it to H.264")
    stream.thread_type = "NONE"
    stream.codec_context.thread_count = 1
    return stream


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)
