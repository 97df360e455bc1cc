"""When the frames of a video file are shown, and which packet of the file each of them comes out of.

Headers and indices of containers are wrong or partial in too many files, so the packets themselves are gone
through, without decoding them. A frame is known by the number of its packet, in the order of the file: that
number goes through the decoder in place of a time, and comes out with the frame.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

MAY_MISS = 0.02
"""Share of the frames that may be missing at the end: the counts in headers are often off by a few."""
_MOST = 0.9  # of the seconds that the head of a file tells of, less one, must be there
_NO_PLACE, _NO_TIME = -1, -(2**62)
_KEPT = 256  # timelines: a training comes back to its files in every epoch


Packets = Iterator["Packet[VideoStream]"]


class VideoError(Exception):
    """What is wrong with a file, to be told after its name."""


@dataclass(frozen=True)
class Timeline:
    """When the frames of a video are shown, in ticks of its stream, in that order; L frames of P packets."""

    times: np.ndarray  # (L,) int64, rising
    packets: np.ndarray  # (L,) int64: the number of the packet that a frame comes out of
    keys: np.ndarray  # (K,) int64, rising: numbers of the packets with which decoding can begin
    duration: float  # ticks from the beginning of the first frame to the end of the last
    shown: np.ndarray  # (P,) int64 presentation times
    decoded: np.ndarray  # (P,) int64 decoding times
    places: np.ndarray  # (P,) int64 bytes from the beginning of the file
    hidden: set[int] = field(default_factory=set)
    """Frames that the decoder was found not to give: the one before stays on the screen."""

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

    @cached_property
    def frames(self) -> np.ndarray:
        """(P,) int64: the number of the frame that comes out of a packet; -1: none does."""
        frames = np.full(len(self.shown), -1, np.int64)
        frames[self.packets] = np.arange(len(self))
        return frames

    @cached_property
    def key_frames(self) -> np.ndarray:
        """(K,) int64, rising: the first frame that can be had by beginning with each of `keys`."""
        numbers = self.frames[self.keys]
        numbers[numbers < 0] = 0
        return np.maximum.accumulate(numbers)

    @cached_property
    def _known(self) -> dict[tuple[int, int], int]:
        known: dict[tuple[int, int], int] = {}
        for number, marks in enumerate(zip(self.places.tolist(), self.shown.tolist(), strict=True)):
            known[marks] = -1 if marks in known else number
        return known

    def number_of(self, packet: "Packet[VideoStream]") -> int | None:
        """Which packet of the file it is; None where that cannot be told."""
        number = self._known.get((_place(packet), _time(packet.pts)), -1)
        return None if number < 0 else number


def _place(packet: "Packet[VideoStream]") -> int:
    return _NO_PLACE if packet.pos is None else packet.pos


def _time(time: int | None) -> int:
    return _NO_TIME if time is None else time


_timelines: OrderedDict[tuple[str, int, int], Timeline] = OrderedDict()


def known_timeline(
    path: Path, container: InputContainer, stream: VideoStream, again: "Callable[[], Packets]"
) -> Timeline:
    """That of a file, gone through once as long as it does not change.

    Args:
        path: of the file.
        container: the same, open at its beginning.
        stream: the pictures in it.
        again: gives all packets once more, for files that must be decoded to know their order.
    """
    state = path.stat()
    key = (str(path.absolute()), state.st_size, state.st_mtime_ns)
    if key not in _timelines:
        _timelines[key] = _timeline(container, stream, again)
        if len(_timelines) > _KEPT:
            _timelines.popitem(last=False)
    _timelines.move_to_end(key)
    return _timelines[key]


@dataclass(frozen=True)
class _Packets:
    shown: np.ndarray
    decoded: np.ndarray
    places: np.ndarray
    keys: np.ndarray  # bool
    kept: np.ndarray  # bool: not cut away by an edit list
    lengths: np.ndarray  # ticks, 0 where it is not told

    def __len__(self) -> int:
        return len(self.shown)


def _timeline(container: InputContainer, stream: VideoStream, again: "Callable[[], Packets]") -> Timeline:
    packets, promised = _gone_through(container, stream), _promised(container, stream)
    if not len(packets):
        raise VideoError("it holds no frames")
    _refuse_truncated(stream, len(packets))
    assert stream.time_base is not None
    tick, usual = float(stream.time_base), _usual_length(stream)
    counted = container.format.name == "avi"
    told = (packets.shown != _NO_TIME).all() or (counted and (packets.decoded != _NO_TIME).all())
    if told and not (counted and stream.codec_context.has_b_frames):
        frames, times = _in_order_of_times(packets)
    else:  # AVI keeps decoding times, program streams the times of some frames only
        frames, times = _in_order_of_decoding(again(), packets, usual)
    if not len(frames):
        raise VideoError("it holds no frames")
    steps = np.diff(times)
    last = packets.lengths[frames[-1]] or (float(steps.mean()) if len(steps) else usual)
    duration = float(times[-1] - times[0] + last)
    _refuse_shortened(promised, there=duration * tick, begins=float(times[0]) * tick)
    keys = np.flatnonzero(packets.keys) if packets.keys.any() else np.zeros(1, np.int64)
    return Timeline(times, frames, keys, duration, packets.shown, packets.decoded, packets.places)


def _gone_through(container: InputContainer, stream: VideoStream) -> _Packets:
    rows = [
        (
            _time(packet.pts),
            _time(packet.dts),
            _place(packet),
            packet.is_keyframe,
            not packet.is_discard,
            packet.duration or 0,
        )
        for packet in container.demux(stream)
        if packet.size
    ]
    table = np.array(rows, np.int64).reshape(-1, 6).T
    return _Packets(table[0], table[1], table[2], table[3] > 0, table[4] > 0, table[5])


def _in_order_of_times(packets: _Packets) -> tuple[np.ndarray, np.ndarray]:
    """(L,) numbers of packets and times of the frames, from the first key frame on."""
    times = np.where(packets.shown == _NO_TIME, packets.decoded, packets.shown)
    first = int(np.argmax(packets.keys)) if packets.keys.any() else 0
    frames = np.flatnonzero(packets.kept & (np.arange(len(packets)) >= first) & (times >= times[first]))
    if not packets.kept[first]:  # an edit list begins between key frames
        frames = np.flatnonzero(packets.kept & (np.arange(len(packets)) >= first))
    frames = frames[np.argsort(times[frames], kind="stable")]
    return frames, times[frames]


def _in_order_of_decoding(
    again: "Packets", packets: _Packets, length: float
) -> tuple[np.ndarray, np.ndarray]:
    """The same of frames in the order in which they come out of the decoder.

    They are shown at the packets' decoding times, which are as many, or evenly where some have none.
    """
    numbers = [frame.pts for _, frame in decoded(enumerate(again))]
    frames = np.array(list(dict.fromkeys(numbers)), np.int64)
    times = np.sort(packets.decoded[frames])
    if len(frames) and (times[0] == _NO_TIME or (np.diff(times) <= 0).any()):
        times = np.round(np.arange(len(frames)) * length).astype(np.int64)
    return frames, times


def decoded(numbered: "Iterable[tuple[int, Packet[VideoStream]]]") -> Iterator[tuple[int, VideoFrame]]:
    """Decodes packets; a frame has the number of the packet that it comes out of in place of its time.

    Gives with each frame how many packets have been damaged so far: the frames around them stand in.
    """
    damaged = 0
    for number, packet in numbered:
        if packet.size:
            packet.pts = packet.dts = number
        elif packet.dts is not None:
            continue  # a frame that AVI leaves out; the decoder would take it for the end
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            damaged += 1
            continue
        for frame in frames:
            if frame.pts is not None:
                yield damaged, frame


def _usual_length(stream: VideoStream) -> float:
    """Ticks for which a frame is shown, from the rate that the file tells."""
    assert stream.time_base is not None
    return float(1 / (stream.average_rate or 25) / stream.time_base)


def _refuse_truncated(stream: VideoStream, there: int) -> None:
    """Raises VideoError where the container's own tables promise many more frames than are there."""
    promised = max(stream.frames, len(stream.index_entries))
    if promised - there > max(1.0, promised * MAY_MISS):
        raise VideoError(f"it is cut off: {there} of {promised} frames are there")


def _promised(container: InputContainer, stream: VideoStream) -> float:
    """Seconds that the head of a file tells of; 0: it tells nothing.

    The length of the whole file counts only where there is nothing but the picture: sound may be longer.
    """
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base if len(container.streams) == 1 else 0.0


def _refuse_shortened(promised: float, *, there: float, begins: float) -> None:
    """Raises VideoError where much more was promised than is there.

    Some containers tell the end and call it the length, so that much less the beginning is promised.
    """
    if there < _MOST * (promised - max(0.0, begins)) - 1:
        raise VideoError(f"it is cut off: {there:.3g} of {promised:.3g} seconds are there")
