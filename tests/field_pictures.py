"""H.264 whose frames are pairs of fields (PAFF), as cameras of AVCHD write it and no encoder at hand does.

Each field is a picture of its own: every other line of the frame. Macroblocks are not coded but copied
(I_PCM, ITU-T H.264, 7.3.5), so what is decoded is, to the last bit, what was painted.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

_IDR, _PICTURE, _SPS, _PPS, _DELIMITER = 5, 1, 7, 8, 9
_COPIED = 25  # mb_type in an I slice


class _Bits:
    """A bit string that grows."""

    def __init__(self) -> None:
        self.text: list[str] = []

    def u(self, width: int, *values: int) -> "_Bits":
        self.text += [f"{value:0{width}b}" for value in values]
        return self

    def ue(self, *values: int) -> "_Bits":
        for value in values:
            code = f"{value + 1:b}"
            self.text.append("0" * (len(code) - 1) + code)
        return self

    def copied(self, content: bytes) -> "_Bits":
        """Whole bytes, at the next place where one begins."""
        done = sum(map(len, self.text))
        self.text += ["0" * (-done % 8), *(f"{byte:08b}" for byte in content)]
        return self

    def unit(self, kind: int, importance: int) -> bytes:
        """As a NAL unit with its start code."""
        text = "".join([*self.text, "1"])
        content = int(text + "0" * (-len(text) % 8), 2).to_bytes((len(text) + 7) // 8, "big")
        safe, zeros = bytearray([importance << 5 | kind]), 0
        for byte in content:
            if zeros >= 2 and byte <= 3:
                safe.append(3)
                zeros = 0
            zeros = zeros + 1 if byte == 0 else 0
            safe.append(byte)
        return b"\0\0\0\1" + bytes(safe)


def _parameters(side: int, reordered: int) -> bytes:
    macroblocks = side // 16
    sps = _Bits().u(8, 77, 0, 30).ue(0, 4, 0, 4, 4).u(1, 0).ue(macroblocks - 1, macroblocks // 2 - 1)
    sps.u(1, 0, 0, 1, 0, 1)  # fields may stand alone; what follows is about display
    sps.u(1, 0, 0, 0, 0, 1).u(32, 1, 50).u(1, 1, 0, 0, 0, 1, 1).ue(0, 0, 10, 10, reordered, 4)
    pps = _Bits().ue(0, 0).u(1, 0, 0).ue(0, 0, 0).u(1, 0).u(2, 0).ue(0, 0, 0).u(1, 1, 0, 0)
    return sps.unit(_SPS, 3) + pps.unit(_PPS, 3)


def _picture(
    lines: np.ndarray, field: bool | None, number: int, order: int, kept: bool, idr: int | None
) -> bytes:
    """lines: (H, W) uint8, or H / 2 of a field. field: whether it is the bottom one; None: a whole frame.
    order: of display. kept: for others to be predicted from.
    """
    bits = _Bits().ue(0, 7, 0).u(8, number % 256).u(1, *([0] if field is None else [1, field]))
    if idr is not None:
        bits.ue(idr)
    bits.u(8, order % 256)
    if kept:
        bits.u(1, *([0] if idr is None else [0, 0]))
    bits.ue(0, 1)
    for top in range(0, lines.shape[0], 16):
        for left in range(0, lines.shape[1], 16):
            block = np.ascontiguousarray(lines[top : top + 16, left : left + 16])
            bits.ue(_COPIED).copied(block.tobytes() + bytes([128]) * 128)
    return _Bits().u(3, 7).unit(_DELIMITER, 0) + bits.unit(_PICTURE if idr is None else _IDR, int(kept))


def coded(
    pictures: Sequence[np.ndarray], keys: int, b_frames: int, bottom_first: bool, whole: int
) -> Iterator[tuple[int, bool, list[bytes]]]:
    """In the order of decoding: number of a frame, whether decoding can begin with it, and its pictures.

    pictures: (H, W) uint8, sides of whole 32. keys: frames from one key frame to the next, each of which is
    decoded by itself. b_frames: between two others, decoded after both. whole: every so many frames, one is
    not in fields; 0: none.
    """
    side, kept_ones = pictures[0].shape[0], 0
    for number in _decoding_order(len(pictures), keys, b_frames):
        place = number % keys
        kept = place % (b_frames + 1) == 0 or _is_last(number, len(pictures), keys)
        kept_ones = kept_ones if place else 0
        fields: list[bool | None] = [bottom_first, not bottom_first]
        if whole and number % whole == whole - 1:
            fields = [None]
        parts = []
        for second, field in enumerate(fields):
            lines = pictures[number] if field is None else pictures[number][int(field) :: 2]
            idr = None if place or second else number // keys % 2
            parts.append(_picture(lines, field, kept_ones, 2 * place + second, kept, idr))
        kept_ones += kept
        if not place:
            parts[0] = parts[0][:6] + _parameters(side, int(b_frames > 0)) + parts[0][6:]
        yield number, not place, parts


def _is_last(number: int, count: int, keys: int) -> bool:
    """Of its group."""
    return number + 1 == count or (number + 1) % keys == 0


def _decoding_order(count: int, keys: int, b_frames: int) -> Iterator[int]:
    waiting: list[int] = []
    for number in range(count):
        if (number % keys) % (b_frames + 1) == 0 or _is_last(number, count, keys):
            yield number
            yield from waiting
            waiting = []
        else:
            waiting.append(number)


def write_fields(
    path: Path,
    pictures: Sequence[np.ndarray],
    *,
    keys: int = 4,
    b_frames: int = 0,
    bottom_first: bool = False,
    whole: int = 0,
    apart: bool = True,
    first: int = 0,
) -> Path:
    """25 frames a second; see `coded`.

    apart: each field is a packet of its own, as FFmpeg cuts and copies them; False: a frame is one.
    first: when the first one is shown, in ticks of 1/50 s.
    """
    frames = list(coded(pictures, keys, b_frames, bottom_first, whole))
    raw = path.with_name(f"{path.name}.h264")
    raw.write_bytes(b"".join(part for _, _, parts in frames for part in parts))
    with av.open(str(raw), format="h264") as source, av.open(str(path), "w") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        stream.time_base = Fraction(1, 50)
        for place, (number, begins, parts) in enumerate(frames):
            for second, content in enumerate(parts if apart else [b"".join(parts)]):
                packet = av.Packet(content)
                packet.stream, packet.time_base = stream, Fraction(1, 50)
                packet.dts = first + 2 * place + second
                packet.pts = first + 2 * number + 4 * (b_frames > 0) + second
                packet.is_keyframe = begins and not second
                container.mux(packet)
    raw.unlink()
    return path
