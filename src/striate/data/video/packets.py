"""The packets of a video's picture stream: what the container says of each, and how to come to one of them.

| container | what it says of a frame | how a packet is known again after a search |
|---|---|---|
| MP4, QuickTime, Matroska, WebM, FLV, Ogg | when it is shown | by that time |
| MPEG transport and program streams | mostly when it is shown | by that time; searches land anywhere |
| AVI | when it is decoded | by its place in the file |
| others | nothing | not at all: decoding begins at the beginning |

Indices of containers hold decoding times, some of them of a part of the file only. So the packets are gone
through once, without decoding them, which costs a hundredth of decoding. No search is believed: packets are
passed over, undecoded, until the one that was searched for has come, and where it does not come the file is
opened anew.

Decoders give frames in the order in which they are shown, and hand the time of a packet through, unread. So
a packet's number is written in its place: whatever the container says of times, and wherever decoding began,
each frame tells which packet it came out of.
"""

from collections.abc import Collection, Generator, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import av
import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from striate.data.video.video_file import Video

NONE = int(np.iinfo(np.int64).min)
"""Stands for a time that is not known."""
Numbered = tuple[int, "Packet[VideoStream] | None"]
"""A packet and its number; None at the end of the file, when the decoder is to give what it holds."""


@dataclass(frozen=True)
class Packets:
    """All packets of a picture stream in decoding order, (N,) each. A packet's number is its row."""

    shown: np.ndarray  # int64, ticks of the stream; NONE where the container does not say
    decoded: np.ndarray  # int64, the same
    places: np.ndarray  # int64, bytes from the beginning of the file; -1 where not known
    sizes: np.ndarray  # int64, bytes
    keys: np.ndarray  # bool: decoding can begin with it
    dropped: np.ndarray  # bool: outside of what an edit list shows
    torn: np.ndarray  # bool: not all of it was in the file
    lengths: np.ndarray  # int64, ticks for which its frame is shown; 0 where not known

    def __len__(self) -> int:
        return len(self.shown)

    @cached_property
    def timed(self) -> bool:
        """Whether each frame has its own time at which it is shown, on one clock from beginning to end."""
        decoded = self.decoded[self.decoded != NONE]
        return _distinct(self.shown) and bool((np.diff(decoded) >= 0).all())

    @cached_property
    def known(self) -> dict[int, int] | None:
        """What a packet is known by → its number; None where nothing tells packets apart.

        What has no place of its own in a program stream has a time that was guessed from its neighbours, and
        would be guessed otherwise after a search.
        """
        marks = self.shown if self.timed else self.places
        if not _distinct(marks[self._placed]) or not (self.timed or self._placed.any()):
            return None
        return dict(zip(marks[self._placed].tolist(), np.flatnonzero(self._placed).tolist(), strict=True))

    @cached_property
    def _placed(self) -> np.ndarray:
        placed: np.ndarray = self.places >= 0
        return placed if placed.any() or not self.timed else ~placed

    def number(self, packet: "Packet[VideoStream]") -> int | None:
        """Of a packet that has been read from the file; None where it is not known again.

        After a search the rest of a packet may come with the time of the next one; its size tells.
        """
        mark = packet.pts if self.timed else packet.pos
        number = None if mark is None or self.known is None else self.known.get(mark)
        if number is None or self.places[number] != packet.pos or self.sizes[number] != packet.size:
            return None
        return number

    def searches(self, number: int) -> list[int]:
        """Times to search for, so as to come to a packet or one before it; the likeliest first."""
        before = np.flatnonzero(self.keys[:number])[-2:][::-1]
        times = [self.decoded[number], self.shown[number], *self.decoded[before]]
        return [time for time in dict.fromkeys(map(int, times)) if time != NONE]


def _distinct(values: np.ndarray) -> bool:
    return NONE not in values and len(np.unique(values)) == len(values)


def read_packets(video: Video) -> Packets:
    """Goes through a file that has just been opened."""
    rows = [
        (
            NONE if packet.pts is None else packet.pts,
            NONE if packet.dts is None else packet.dts,
            -1 if packet.pos is None else packet.pos,
            packet.size,
            packet.is_keyframe,
            packet.is_discard,
            packet.is_corrupt,
            packet.duration or 0,
        )
        for packet in _pictures(video)
        if packet is not None
    ]
    shown, decoded, places, sizes, keys, dropped, torn, lengths = np.array(rows, np.int64).reshape(-1, 8).T
    return Packets(shown, decoded, places, sizes, keys == 1, dropped == 1, torn == 1, lengths)


def _pictures(video: Video) -> Iterator["Packet[VideoStream] | None"]:
    """The packets from where the file is; None at its end."""
    yield from (packet for packet in video.packets() if packet.size)
    yield None


class PacketReader:
    """Goes to packets by number, and on from there."""

    def __init__(self, video: Video, packets: Packets) -> None:
        self._video, self._packets = video, packets
        self._ahead: Iterator[Numbered] = iter(())

    def __iter__(self) -> Iterator[Numbered]:
        return self._ahead

    def close(self) -> None:
        """Lets go of the file, which a circle of references would hold until one is looked for."""
        self._ahead = iter(())

    def go_to(self, number: int) -> None:
        """Makes this packet the next one."""
        if self._packets.known is not None:
            for ticks in self._packets.searches(number):
                if self._search(ticks, number):
                    return
        self._video.open_again()
        following = enumerate(_pictures(self._video))
        self._ahead = (one for one in following if one[0] >= number)

    def _search(self, ticks: int, number: int) -> bool:
        """Whether the packet was come to."""
        try:
            self._video.container.seek(ticks, stream=self._video.stream)
        except OSError:
            return False
        following = self._from_here()
        for first in following:
            if first[0] >= number or first[1] is None:
                self._ahead = chain([first], following)
                return first[0] == number and first[1] is not None
        return False

    def _from_here(self) -> Iterator[Numbered]:
        """Packets from the first on that is known; one that is not follows the one before it."""
        number = None
        for packet in _pictures(self._video):
            known = None if packet is None else self._packets.number(packet)
            if known is not None:
                number = known
            elif number is not None:
                number += 1
            if number is not None:
                yield number, packet


class Decoder:
    """Decodes a video from any key frame on. `damaged` holds the numbers of packets that were not whole."""

    def __init__(self, video: Video, packets: Packets) -> None:
        self._video, self._reader = video, PacketReader(video, packets)
        self.damaged: set[int] = set()

    def frames_from(
        self, number: int, wanted: Collection[int] | None = None
    ) -> Generator[tuple[int, VideoFrame], None, None]:
        """Packet numbers and frames, in the order in which they are shown.

        Args:
            number: of the packet with which decoding begins.
            wanted: numbers of packets; frames of others are left out where no other is predicted from them.
        """
        self._reader.go_to(number)
        try:
            for its_number, packet in self._reader:
                if packet is not None:
                    packet.pts = packet.dts = its_number
                self._skip(wanted is not None and packet is not None and its_number not in wanted)
                for frame in self._decoded(its_number, packet):
                    of_packet = -1 if frame.pts is None else frame.pts
                    if frame.is_corrupt:
                        self.damaged.add(of_packet)
                    yield of_packet, frame
        finally:
            self._reader.close()

    def _skip(self, skip: bool) -> None:
        context = self._video.stream.codec_context
        if not context.codec.name.startswith("lib"):  # those take it only when they are opened
            context.skip_frame = "NONREF" if skip else "DEFAULT"

    def _decoded(self, number: int, packet: "Packet[VideoStream] | None") -> list[VideoFrame]:
        try:
            return self._video.stream.decode(packet)
        except av.error.InvalidDataError:  # a damaged packet: decoding goes on with the next one
            self.damaged.add(number)
            return []
