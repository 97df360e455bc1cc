"""One video file, opened: its picture stream.

| what FFmpeg finds | what becomes of it |
|---|---|
| several streams | the first of moving pictures; sound, subtitles and cover pictures are left alone |
| frames at uneven times, gaps | each frame is shown from its presentation time to the next one's |
| no presentation times (AVI) | frames are counted as they are decoded |
| a duration that is missing or wrong | not needed: there are as many frames as packets |
| frames before the first key frame | left out: what they are predicted from is not there |
| a rotation flag (display matrix) | honoured |
| pixels that are not square | taken as square |
| interlaced pictures | taken as they are |
| more than 8 bits, any chroma, any range | converted to 8 bit RGB, in the stream's own colour space |
| one plane of luma only | grey |

Files are read from disk only: play lists, which name other files or addresses, are refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from striate.data.unreadable_files import open_regular

_FORMATS = "mov,mp4,matroska,webm,avi,asf,flv,mpeg,mpegts,mpegvideo,ogg,h264,hevc,m4v,ivf,nut,gif,apng"
_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": _FORMATS}
_QUICK = {"probesize": "32", "analyzeduration": "0"}
_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip")


class VideoError(Exception):
    """What is wrong with a file, to be told after its name."""


class Video:
    """An open video file, decoded in one thread."""

    container: InputContainer
    stream: VideoStream

    def __init__(self, path: str | Path) -> None:
        """Opens it. Raises VideoError, or what PyAV raises."""
        self.path = Path(path)
        with open_regular(path) as file:
            head = file.read(12)
        if not head:
            raise VideoError("the file is empty")
        # Boxes of MP4 and QuickTime say all that is needed; elsewhere FFmpeg decodes a little to find it out.
        self._options = {**_OPTIONS, **_QUICK} if head[4:8] in _BOXES else _OPTIONS
        self._open()

    def _open(self) -> None:
        # With "file:" no part of a name is taken for a protocol, as in take:1.mp4.
        self.container = av.open(f"file:{self.path}", options=self._options)
        stream = next((stream for stream in self.container.streams.video if not _is_cover(stream)), None)
        if stream is None:
            raise VideoError("it holds no moving pictures")
        if stream.codec_context is None:
            raise VideoError("FFmpeg as it comes with PyAV has no decoder for it: convert it to H.264")
        stream.thread_type = "NONE"
        stream.codec_context.thread_count = 1
        self.stream = stream

    def packets(self) -> Iterator["Packet[VideoStream]"]:
        """Those of the pictures, from where the file stands; the last one, empty, makes a decoder give all.

        Other empty ones, which stand for a frame that is shown once more, are left out: a decoder would take
        them for the end.
        """
        for packet in self.container.demux(self.stream):
            if packet.size or (packet.dts is None and packet.pts is None):
                yield packet

    def open_again(self) -> None:
        """To the beginning, with nothing left of what was decoded."""
        self.close()
        self._open()

    def close(self) -> None:
        """Lets go of the file, and of the decoder."""
        if hasattr(self, "container"):
            self.container.close()

    @property
    def format(self) -> str:
        """FFmpeg's name of the container, such as "avi" or "mov,mp4,m4a,3gp,3g2,mj2"."""
        return self.container.format.name

    def seconds(self, ticks: float) -> float:
        """Of a number of ticks of the stream."""
        assert self.stream.time_base is not None
        return float(ticks * self.stream.time_base)


@contextmanager
def open_video(path: str | Path) -> Iterator[Video]:
    """A video file, closed at the end. Raises VideoError, or what PyAV raises."""
    video = None
    try:
        video = Video(path)
        yield video
    finally:
        if video:
            video.close()


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)
