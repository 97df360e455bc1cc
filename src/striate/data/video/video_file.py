"""One video file, opened: its picture stream, and when its frames are shown.

| what FFmpeg finds | what becomes of it |
|---|---|
| several streams | the first of moving pictures; sound, subtitles and cover pictures are left alone |
| frames at uneven times, gaps | each frame is shown from its presentation time to the next one's |
| no presentation times (AVI) | frames are counted as they are decoded |
| a duration that is missing or wrong | not needed: there are as many frames as packets |
| a rotation flag (display matrix) | honoured |
| pixels that are not square | taken as square |
| interlaced pictures | taken as they are |
| more than 8 bits, any chroma, any range | converted to 8 bit RGB, in the stream's own colour space |
| one plane of luma only | grey |

Files are read from disk only: play lists, which name other files or addresses, are refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from striate.data.unreadable_files import open_regular

_FORMATS = "mov,mp4,matroska,webm,avi,asf,flv,mpeg,mpegts,mpegvideo,ogg,h264,hevc,m4v,ivf,nut,gif,apng"
_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": _FORMATS}
_QUICK = {"probesize": "32", "analyzeduration": "0"}
_MOST = 0.9  # of the seconds that the head of a file tells of, less one, must be there
_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip")
MAY_MISS = 0.02
"""Share of the frames that may be missing at the end: the counts in headers are often off by a few."""


class VideoError(Exception):
    """What is wrong with a file, to be told after its name."""


@dataclass(frozen=True)
class Timeline:
    """When the frames of a video are shown, in ticks of its stream, in that order."""

    times: np.ndarray  # (L,) int64, rising
    keys: np.ndarray  # (K,) int64 rising: numbers of the frames with which decoding can begin
    duration: float  # ticks from the beginning of the first frame to the end of the last

    def __len__(self) -> int:
        return len(self.times)

    @cached_property
    def even(self) -> bool:
        """Whether all frames are shown equally long."""
        steps = np.diff(self.times)
        return len(steps) == 0 or bool(steps.max() - steps.min() <= 1)

    def numbers(self, positions: np.ndarray) -> np.ndarray:
        """The numbers of the frames shown at these positions (see `Sampling`), int64."""
        if self.even:
            numbers: np.ndarray = np.floor(positions).astype(np.int64)
        else:
            moments = self.times[0] + positions * (self.duration / len(self))
            numbers = np.searchsorted(self.times, moments, side="right") - 1
        return numbers

    def key_before(self, number: int) -> int:
        """The number in `keys` of the last key frame up to this frame; 0 if there is none."""
        return max(0, int(np.searchsorted(self.keys, number, side="right")) - 1)


@dataclass(frozen=True)
class Video:
    """An open video file."""

    container: InputContainer
    stream: VideoStream

    @property
    def counted(self) -> bool:
        """Whether only the order of the frames tells when they are shown: AVI keeps decoding times, and what
        a decoder makes of them is off by some frames where there are B-frames."""
        return self.container.format.name == "avi"

    @property
    def searchable(self) -> bool:
        """Whether decoding can begin at any key frame, with the frames' numbers still known: not where
        B-frames that are shown before a key frame come after it and the order is all there is."""
        return not (self.counted and self.stream.codec_context.has_b_frames)

    @cached_property
    def timeline(self) -> Timeline:
        """When its frames are shown; read from the container's index where that suffices, otherwise by
        going through the packets without decoding them. Raises VideoError if there are no frames."""
        return _from_index(self) or _from_packets(self)

    def seconds(self, ticks: float) -> float:
        """Seconds from the first frame."""
        assert self.stream.time_base is not None
        return float((ticks - int(self.timeline.times[0])) * self.stream.time_base)


@contextmanager
def open_video(path: str | Path) -> Iterator[Video]:
    """A video file with one decoder thread, closed at the end. Raises VideoError, or what PyAV raises."""
    with open_regular(path) as file:
        head = file.read(12)
    if not head:
        raise VideoError("the file is empty")
    # Boxes of MP4 and QuickTime say all that is needed; elsewhere FFmpeg decodes a little to find it out.
    options = {**_OPTIONS, **_QUICK} if head[4:8] in _BOXES else _OPTIONS
    with av.open(str(path), options=options) as container:
        stream = next((stream for stream in container.streams.video if not _is_cover(stream)), None)
        if stream is None:
            raise VideoError("it holds no moving pictures")
        if stream.codec_context is None:
            raise VideoError("FFmpeg as it comes with PyAV has no decoder for it: convert it to H.264")
        stream.thread_type = "NONE"
        stream.codec_context.thread_count = 1
        yield Video(container, stream)


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _from_index(video: Video) -> Timeline | None:
    """From the container's index, where it is whole and tells what is shown when; None for others.

    Indices hold decoding times. In MP4 and QuickTime files these tell the presentation times if they are
    even; in AVI files there are no others.
    """
    stream = video.stream
    table = [
        (entry.timestamp, entry.is_keyframe, entry.is_discard, entry.pos + entry.size)
        for entry in stream.index_entries
    ]
    if not table or stream.start_time is None or any(row[2] for row in table):
        return None
    decoded = np.array([row[0] for row in table], np.int64)
    keys = np.flatnonzero([row[1] for row in table])
    step = float(np.diff(decoded).mean()) if len(table) > 1 else float(stream.duration or 1)
    timeline = Timeline(stream.start_time + decoded - decoded[0], keys, step * len(table))
    whole = bool(stream.duration) and decoded[-1] >= 0.9 * (stream.duration or 0)
    if len(keys) and ((video.counted and whole) or ("mp4" in video.container.format.name and timeline.even)):
        _refuse_truncated(video, [row[3] for row in table])
        return timeline
    return None


def _refuse_truncated(video: Video, ends: list[int]) -> None:
    size = video.container.size
    whole = sum(end <= size for end in ends)
    if len(ends) - whole > len(ends) * MAY_MISS:
        raise VideoError(f"it is cut off: {whole} of {len(ends)} frames are there")


def _refuse_shortened(video: Video, ticks: float) -> None:
    """Raises VideoError where the head of a file promises much more than is there.

    The length of the whole file counts only where there is nothing but the picture: sound may be longer.
    """
    stream, container = video.stream, video.container
    assert stream.time_base is not None
    promised = float(stream.duration * stream.time_base) if stream.duration else 0.0
    if not promised and container.duration and len(container.streams) == 1:
        promised = container.duration / av.time_base
    there = float(ticks * stream.time_base)
    if there < _MOST * promised - 1:
        raise VideoError(f"it is cut off: {there:.3g} of {promised:.3g} seconds are there")


def time_of(packet: "Packet[VideoStream]", counted: bool) -> int | None:
    """Ticks at which a packet's frame is shown, as `Timeline.times` has them."""
    return packet.dts if counted or packet.pts is None else packet.pts


def _from_packets(video: Video) -> Timeline:
    packets = [
        (time_of(packet, video.counted), packet.is_keyframe, packet.duration or 0)
        for packet in video.container.demux(video.stream)
        if packet.size and not packet.is_discard
    ]
    shown = [packet for packet in packets if packet[0] is not None]
    if not packets:
        raise VideoError("it holds no frames")
    if not shown:
        raise VideoError("its frames have no times: put it into a container such as MP4")
    times = np.array([packet[0] for packet in shown], np.int64)
    ordered = np.unique(times)
    keys = np.searchsorted(ordered, np.sort(times[[packet[1] for packet in shown]]))
    last = shown[int(times.argmax())][2] or float(np.diff(ordered).mean() if len(ordered) > 1 else 1)
    length = float(ordered[-1] - ordered[0] + last)
    _refuse_shortened(video, length)
    video.container.seek(int(ordered[0]), stream=video.stream)
    return Timeline(
        ordered, keys if len(keys) else np.zeros(1, np.int64), float(ordered[-1] - ordered[0] + last)
    )
