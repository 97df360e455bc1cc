"""When the frames of a video are shown, and out of which packets they come.

Where the container says when each frame is shown, the frames are its packets in that order. Where not:

| | order of the frames |
|---|---|
| AVI without B-frames, other streams that have none | as they are decoded |
| AVI with B-frames, and MPEG-4 copied out of it | is not known: frames are counted from the beginning |
| transport and program streams with gaps in their times, or of several pieces | all is decoded once |
| H.264 whose fields are packets of their own (PAFF), as cameras of AVCHD write it | all is decoded once |
"""

import os
from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from striate.data.video.packets import NONE, Decoder, Packets, read_packets
from striate.data.video.video_file import Video, VideoError
from striate.data.video.whole import check_whole

_REMEMBERED = 300_000
"""Frames whose times a process remembers: three hours of video or thousands of clips, some 50 MiB at most."""
_GUESSED = 3  # frames by which guessed times are off at most
_UNKNOWN, _PROGRESSIVE = 0, 1  # FFmpeg's numbers for the order of fields
_MORE = 1.02  # packets for a frame from which on some are fields


@dataclass(frozen=True)
class Timeline:
    """The frames of a video by number, in the order in which they are shown; times in ticks of its stream."""

    times: np.ndarray  # (L,) int64, rising
    sources: np.ndarray | None  # (L,) int64, number of each frame's packet; None: frames are counted
    entries: np.ndarray  # (K,) int64, numbers of packets with which decoding can begin
    keys: np.ndarray  # (K,) int64 rising: numbers of the frames from which on all can then be decoded
    duration: float  # from the beginning of the first frame to the end of the last
    packets: Packets
    hidden: frozenset[int] = frozenset()
    """Where frames are counted: numbers of packets whose frames are not."""

    def __len__(self) -> int:
        return len(self.times)

    @cached_property
    def even(self) -> bool:
        """Whether all frames are shown equally long."""
        steps = np.diff(self.times)
        return len(steps) == 0 or bool(steps.max() - steps.min() <= 1)

    @cached_property
    def frames(self) -> dict[int, int]:
        """Number of a packet → number of the frame that comes out of it; empty where frames are counted."""
        sources = [] if self.sources is None else self.sources.tolist()
        return {packet: number for number, packet in enumerate(sources)}

    def packets_of(self, numbers: np.ndarray) -> set[int]:
        """Numbers of all packets that these frames come out of: of a frame in two fields, of both."""
        assert self.sources is not None
        chosen = self.sources[numbers]
        if len(self) == len(self.packets):
            return set(chosen.tolist())
        rows = np.arange(len(self.packets))
        owners = np.maximum.accumulate(np.where(np.isin(rows, self.sources), rows, -1))
        return set(np.flatnonzero(np.isin(owners, chosen)).tolist())

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


def timeline_of(video: Video) -> Timeline:
    """When the frames of a video, which has just been opened, are shown.

    Raises VideoError if there are none, or the file is not whole.
    """
    status = os.stat(video.path)  # noqa: PTH116
    key = (os.fspath(video.path), status.st_ino, status.st_size, status.st_mtime_ns)
    found = _memory.get(key) or _read(video)
    _memory.keep(key, found)
    return found


class _Memory:
    """The timelines of the files that were opened last, by what tells one file from another."""

    def __init__(self) -> None:
        self._timelines: OrderedDict[tuple[object, ...], Timeline] = OrderedDict()
        self._frames = 0

    def get(self, key: tuple[object, ...]) -> Timeline | None:
        """Takes it out, if it is there."""
        found = self._timelines.pop(key, None)
        self._frames -= 0 if found is None else len(found)
        return found

    def keep(self, key: tuple[object, ...], timeline: Timeline) -> None:
        """Puts it in as the last one, in place of the first ones."""
        self._timelines[key] = timeline
        self._frames += len(timeline)
        while self._frames > _REMEMBERED and len(self._timelines) > 1:
            self._frames -= len(self._timelines.popitem(last=False)[1])


_memory = _Memory()


def _read(video: Video) -> Timeline:
    packets = read_packets(video)
    check_whole(video, packets)
    if _in_fields(video, packets):
        return _decoded(video, packets)
    reorders = video.stream.codec_context.codec.reorder
    if reorders and not _is_plain(video) and (video.format == "avi" or _from_avi(video, packets)):
        return _counted(packets)
    if video.format != "avi" and packets.timed:
        return _in_order(packets, np.argsort(packets.shown), packets.shown)
    if video.format == "avi" or not reorders:
        return _in_order(packets, np.arange(len(packets)), _risen(packets, packets.decoded))
    return _decoded(video, packets)


def _in_fields(video: Video, packets: Packets) -> bool:
    """Whether H.264 that is not progressive has more packets than frames a second."""
    context, times = video.stream.codec_context, packets.decoded[packets.decoded != NONE]
    rate, order = context.framerate, context.field_order
    if context.codec.name != "h264" or order == _PROGRESSIVE or len(times) < 2:
        return False
    if not rate:
        return order != _UNKNOWN
    return (len(packets) - 1) > _MORE * float(rate) * video.seconds(float(np.ptp(times)))


def _is_plain(video: Video) -> bool:
    """Whether a codec that knows B-frames has none here; H.264 and its kin may tell so too late."""
    context = video.stream.codec_context
    return not context.has_b_frames and context.codec.name in ("mpeg4", "mpeg1video", "mpeg2video")


def _from_avi(video: Video, packets: Packets) -> bool:
    """Whether the times of presentation are those of decoding, though there are B-frames."""
    is_mpeg4 = video.stream.codec_context.codec.name == "mpeg4"
    return is_mpeg4 and np.array_equal(packets.shown, packets.decoded)


def _counted(packets: Packets) -> Timeline:
    """What is shown before the first key frame cannot be decoded: so much FFmpeg's guess tells."""
    shown = np.where(packets.shown == NONE, packets.shown.max(), packets.shown)
    hidden = np.flatnonzero((shown < shown[0]) | packets.dropped)
    times = _risen(packets, np.sort(np.delete(packets.decoded, hidden)))
    beginning = np.zeros(1, np.int64)
    return replace(_timeline(packets, None, times, beginning), hidden=frozenset(hidden.tolist()))


def _in_order(packets: Packets, order: np.ndarray, times: np.ndarray) -> Timeline:
    """Of the numbers of all packets in the order in which they are shown, and the time of each packet.

    What comes before the first key frame, decoded or shown, cannot be decoded.
    """
    entries = np.flatnonzero(packets.keys)
    first = int(entries[0]) if len(entries) else 0
    can = (order >= first) & (times[order] >= times[first]) & ~packets.dropped[order]
    return _timeline(packets, order[can], times, entries)


def _decoded(video: Video, packets: Packets) -> Timeline:
    """By decoding all of it: which packets give frames, and in which order."""
    came = [number for number, _ in Decoder(video, packets).frames_from(0) if number >= 0]
    sources = np.array(list(dict.fromkeys(came)), np.int64)
    if not len(sources):
        raise VideoError("it holds no frames that can be decoded")
    times = np.full(len(packets), NONE)
    told = np.sort(packets.decoded[sources]) if video.format == "avi" else packets.shown[sources]
    times[sources] = _risen(packets, told)
    return _timeline(packets, sources, times, np.flatnonzero(packets.keys & (times != NONE)))


def _timeline(
    packets: Packets, sources: np.ndarray | None, times: np.ndarray, entries: np.ndarray
) -> Timeline:
    """times: of all packets, by number. Of several entries for the same frames the last one is kept."""
    shown = times if sources is None else times[sources]
    if not len(shown):
        raise VideoError("it holds no frames")
    entries = entries if len(entries) else np.zeros(1, np.int64)
    keys = np.maximum.accumulate(np.searchsorted(shown, times[entries]))
    nearest = np.diff(keys, append=len(shown)) > 0
    nearest[0] |= not nearest.any()
    shown = _steadied(packets, shown)
    told = 0.0 if sources is None else float(packets.lengths[sources[-1]])
    usual = float(np.median(np.diff(shown))) if len(shown) > 1 else 1.0
    last = told if told > 0.6 * usual else usual  # at the end it may not have been known, or be a field's
    return Timeline(
        shown, sources, entries[nearest], keys[nearest], float(shown[-1] - shown[0]) + last, packets
    )


def _steadied(packets: Packets, shown: np.ndarray) -> np.ndarray:
    """Where FFmpeg guessed times from their neighbours: evenly spaced ones, if they are not far off."""
    guessed, lengths = packets.places < 0, np.unique(packets.lengths)
    if guessed.all() or not guessed.any() or len(lengths) > 1:
        return shown
    even = shown[0] + np.arange(len(shown)) * lengths[0]
    return even if abs(even - shown).max() <= _GUESSED * lengths[0] else shown


def _risen(packets: Packets, times: np.ndarray) -> np.ndarray:
    """Times of packets, made to rise: gaps are filled, and a clock that is set back goes on instead."""
    _, firsts, counts = np.unique(times, return_index=True, return_counts=True)
    alone = firsts[counts == 1]  # of two at one time, one is guessed
    there = np.sort(alone[times[alone] > NONE])
    if not len(there):
        raise VideoError("its frames have no times: put it into a container such as MP4")
    rows = np.arange(len(times))
    steps = np.diff(np.interp(rows, there, (times[there] - times[there[0]]).astype(float)))
    outside = (rows[1:] <= there[0]) | (rows[1:] > there[-1])
    usual = np.concatenate([packets.lengths[packets.lengths > 0], steps[(steps > 0) & ~outside]])
    steps[(steps <= 0) | outside] = np.median(usual) if len(usual) else 1.0
    risen = np.concatenate([[0.0], np.cumsum(steps)])
    rounded: np.ndarray = np.round(times[there[0]] + risen - risen[there[0]]).astype(np.int64)
    return rounded
