"""Packets → frames, each with the number of the packet that it came out of.

Decoders give frames in the order in which they are shown, and hand the time of a packet through, unread. So
a packet's number is written in its place: whatever the container says of times, and wherever decoding began,
each frame tells where it came from.
"""

from collections.abc import Collection, Generator

import av
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from striate.data.video.packets import PacketReader, Packets
from striate.data.video.video_file import Video


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
