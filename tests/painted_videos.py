"""Videos of every kind with its number painted in each frame, and what is read from them compared with it.

A number is eight black or white blocks, and eight more that are its opposite: lossy coding leaves them
standing, and a frame that was put together from others is none.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from scheduling import same_scheduling
from striate.data.video.clip_reading import read_whole
from striate.data.video.frame_source import open_clip

SIDE, RATE, CLOCK = 64, 25, 1000
NO_NUMBER = -1
_FRAGMENTS = {
    "fragments": "frag_keyframe+empty_moov",
    "fragments and sidx": "frag_keyframe+delay_moov+default_base_moof+global_sidx",
    "dash": "frag_keyframe+delay_moov+dash",
    "fragment per frame": "frag_every_frame+delay_moov",
}
_MP4 = ("h264", "hevc", "mpeg4", "mpeg2video", "mjpeg", "vp9", "av1")
_AVI = ("mpeg4", "h264", "mjpeg", "ffv1", "png", "mpeg2video", "msmpeg4", "vp8", "huffyuv")
_TRANSPORT = ("h264", "hevc", "mpeg2video", "mpeg1video", "mpeg4")
_MATROSKA = (
    "h264",
    "hevc",
    "mpeg4",
    "mpeg2video",
    "mpeg1video",
    "vp8",
    "vp9",
    "av1",
    "mjpeg",
    "ffv1",
    "prores",
)
HOLDS: dict[str, tuple[str, ...]] = {
    "mp4": _MP4, "m4v": ("h264", "mpeg4"), "mov": (*_MP4[:5], "prores", "png"), "3gp": ("h264", "mpeg4"),
    "mkv": _MATROSKA, "webm": ("vp8", "vp9", "av1"), "avi": _AVI, "divx.avi": ("mpeg4",),
    "ts": _TRANSPORT, "mts": ("h264",), "m2ts": ("h264", "hevc"),
    "mpg": ("mpeg1video", "mpeg2video"), "mpeg": ("mpeg1video",), "vob": ("mpeg2video", "h264"),
    "flv": ("h264", "flv"), "ogv": ("vp8",), "wmv": ("wmv2", "wmv1"), "asf": ("msmpeg4", "mpeg4"),
    "gif": ("gif",),
}  # fmt: skip
"""Suffix → codecs that are put into it."""
_ENCODERS = {
    "h264": "libx264", "hevc": "libx265", "vp8": "libvpx", "vp9": "libvpx-vp9", "av1": "libsvtav1"
}  # fmt: skip
_PIXELS = {"prores": "yuv422p10le", "png": "rgb24", "gif": "rgb8", "mjpeg": "yuvj420p", "huffyuv": "yuv422p"}
_WITH_B = ("h264", "hevc", "mpeg4", "mpeg2video", "mpeg1video")


@dataclass(frozen=True)
class Drawn:
    """One video, as it is to be made."""

    suffix: str
    codec: str
    frames: int
    keys: int
    """Frames from one key frame to the next."""
    b_frames: int
    open_groups: bool
    first: int
    """Milliseconds."""
    steps: tuple[int, ...]
    """Milliseconds from each frame to the next, over and over."""
    fragments: str | None = None
    sound: bool = False

    @property
    def times(self) -> list[int]:
        """When the frames are shown, in milliseconds."""
        steps = [self.steps[number % len(self.steps)] for number in range(self.frames - 1)]
        return np.cumsum([self.first, *steps]).tolist()


def draw(seed: int) -> Drawn:
    """One of all that can be made, each container as likely as another."""
    draws = random.Random(f"painted {seed}")
    suffix = draws.choice(list(HOLDS))
    codec = draws.choice(HOLDS[suffix])
    with_b = codec in _WITH_B and draws.random() < 0.7
    even = suffix in ("avi", "divx.avi", "mpg", "mpeg", "vob", "gif", "ogv") or draws.random() < 0.6
    fragmented = suffix in ("mp4", "mov") and codec != "mpeg2video" and draws.random() < 0.5
    return Drawn(
        suffix=suffix,
        codec=codec,
        frames=draws.choice((1, 2, 3, 7, 12, 25, 40, 60)[3 * (suffix in ("mts", "m2ts")) :]),
        keys=draws.choice((1, 2, 4, 5, 9, 12, 100)),
        b_frames=draws.choice((1, 2, 3)) if with_b else 0,
        open_groups=draws.random() < 0.5,
        first=draws.choice((0, 40, 1000, 5000, 3_600_000)[: {"gif": 1, "avi": 4}.get(suffix.split(".")[-1])]),
        steps=(40,) if even else tuple(draws.choice((40, 40, 80, 120, 200)) for _ in range(7)),
        fragments=draws.choice(list(_FRAGMENTS)) if fragmented else None,
        sound=suffix in ("mp4", "mkv", "ts") and draws.random() < 0.2,
    )


def painted(number: int) -> np.ndarray:
    """(H, W, 3) uint8."""
    bits = [(number >> bit) & 1 for bit in range(8)]
    blocks = np.array(bits + [1 - bit for bit in bits], np.uint8).reshape(4, 4)
    side = SIDE // 4
    return np.repeat((20 + 215 * blocks.repeat(side, 0).repeat(side, 1))[..., None], 3, axis=2).astype(
        np.uint8
    )


def number_of(picture: np.ndarray) -> int:
    """What is painted in a picture (H, W) or (H, W, C); NO_NUMBER where that is none."""
    grey = picture.reshape(*picture.shape[:2], -1).mean(-1)
    H, W = (length // 4 for length in grey.shape)
    blocks = grey[: 4 * H, : 4 * W].reshape(4, H, 4, W)[:, H // 4 : -H // 4, :, W // 4 : -W // 4].mean((1, 3))
    apart = blocks.ravel()[:8] - blocks.ravel()[8:]  # ±215 as it was painted
    if (abs(apart) < 100).any():
        return NO_NUMBER
    return sum(int(bit) << place for place, bit in enumerate(apart > 0))


@same_scheduling()
def write_drawn(path: Path, drawn: Drawn) -> Path:
    """Makes the file."""
    options = {"movflags": _FRAGMENTS[drawn.fragments]} if drawn.fragments else {}
    if drawn.first < 0:
        options["avoid_negative_ts"] = "disabled"
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(_ENCODERS.get(drawn.codec, drawn.codec), rate=RATE)
        stream.width = stream.height = SIDE
        stream.pix_fmt = _PIXELS.get(drawn.codec, "yuv420p")
        context = stream.codec_context
        context.gop_size, context.max_b_frames, context.thread_count = drawn.keys, drawn.b_frames, 1
        if not drawn.open_groups and drawn.codec.startswith("mpeg"):
            context.flags |= av.codec.context.Flags.closed_gop
        fixed = (
            drawn.codec in ("mpeg1video", "mpeg2video", "mpeg4", "msmpeg4", "gif") or len(drawn.steps) == 1
        )
        base = Fraction(1, RATE) if fixed else Fraction(1, CLOCK)
        stream.time_base = context.time_base = base
        stream.options = _encoder_options(drawn)
        if drawn.codec in (
            "mpeg4",
            "mpeg2video",
            "mpeg1video",
            "msmpeg4",
            "wmv1",
            "wmv2",
            "flv",
            "vp8",
            "vp9",
        ):
            stream.bit_rate = 800_000
        noise = container.add_stream("aac", rate=8000) if drawn.sound else None
        for number, time in enumerate(drawn.times):
            frame = av.VideoFrame.from_ndarray(painted(number), format="rgb24")
            frame.time_base, frame.pts = base, round(Fraction(time, CLOCK) / base)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if noise is not None:
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            sound.sample_rate, sound.pts = 8000, drawn.first * 8
            container.mux(noise.encode(sound))
            container.mux(noise.encode(None))
    return path


def _encoder_options(drawn: Drawn) -> dict[str, str]:
    keys, b, opened = drawn.keys, drawn.b_frames, int(drawn.open_groups)
    return {
        "h264": {
            "preset": "ultrafast", "crf": "20",
            "x264-params": f"keyint={keys}:min-keyint=1:bframes={b}:b-adapt=0:open-gop={opened}:scenecut=0:"
            "ref=3",
        },
        "hevc": {
            "preset": "ultrafast", "crf": "20",
            "x265-params": f"log-level=none:pools=1:frame-threads=1:keyint={keys}:min-keyint=1:bframes={b}:"
            f"b-adapt=0:open-gop={opened}:scenecut=0",
        },
        "av1": {"preset": "8", "crf": "2", "svtav1-params": f"keyint={keys}:lp=1"},
        "vp8": {"deadline": "realtime", "cpu-used": "8", "auto-alt-ref": str(opened), "lag-in-frames": "12"},
        "vp9": {"deadline": "realtime", "cpu-used": "8", "auto-alt-ref": str(opened), "lag-in-frames": "12"},
        "mpeg4": {"sc_threshold": "1000000000"},
        "mpeg2video": {"sc_threshold": "1000000000"},
        "mpeg1video": {"sc_threshold": "1000000000"},
    }.get(drawn.codec, {})  # fmt: skip


def cut(path: Path, out: Path, key: int, decoding_times: bool = False) -> Path:
    """A copy, undecoded, that begins with the key packet of this number, or the last one; times are kept.

    decoding_times: they are all that is kept, as where AVI, which has no others, is copied.
    """
    with av.open(f"file:{path}") as whole, av.open(f"file:{out}", "w") as piece:
        source = whole.streams.video[0]
        target = piece.add_stream_from_template(source)
        packets = [packet for packet in whole.demux(source) if packet.size]
        begins = [number for number, packet in enumerate(packets) if packet.is_keyframe] or [0]
        for packet in packets[begins[min(key, len(begins) - 1)] :]:
            packet.stream = target
            packet.pts = packet.dts if decoding_times else packet.pts
            piece.mux(packet)
    return out


# Witnesses: what is in a file.


def decoded_by_pyav(path: Path) -> list[tuple[int, bool]]:
    """Number and whether it is a key frame, of each frame in the order of decoding from the beginning."""
    try:
        with av.open(f"file:{path}") as container:
            return [
                (number_of(frame.to_ndarray(format="gray")), bool(frame.key_frame))
                for frame in container.decode(video=0)
            ]
    except (av.error.EOFError, av.error.InvalidDataError, IndexError):  # too little for FFmpeg, or made badly
        return []


def expected_numbers(path: Path) -> list[int]:
    """Of the frames that can be decoded: from the first key frame on."""
    came = decoded_by_pyav(path)
    first = next((row for row, (_, key) in enumerate(came) if key), 0)
    return [number for number, _ in came[first:]]


# What our reader gives.


def wrong_frames(path: Path, expected: Sequence[int], draws: random.Random) -> list[str]:
    """A sentence for each way of asking that gave a wrong frame."""
    L = len(expected)
    singly = draws.sample(range(L), min(L, 12))
    sets = [sorted(draws.sample(range(L), min(L, draws.choice((2, 5))))) for _ in range(3)]
    wrong = []
    with open_clip(path) as source:
        if source.length != L:
            wrong.append(f"{source.length} frames instead of {L}")
            return wrong
        asked: list[list[int]] = [[number] for number in singly] + sets + [list(range(L))]
        wrong += _compared("in one file", asked, (_read(source, row) for row in asked), expected)
        wrong += [f"{source.damaged} of its frames are taken for damaged"] * bool(source.damaged)
    some = [*singly[:4], L - 1]
    alone = (_alone(path, one) for one in some)
    wrong += _compared("opened for each", [[one] for one in some], alone, expected)
    whole = read_whole(str(path), channels=1, short_side=SIDE, fps=None)
    wrong += _compared("packed", [list(range(L))], [[number_of(frame[0]) for frame in whole]], expected)
    return wrong


def _read(source: "object", numbers: Sequence[int]) -> list[int]:
    table = np.array(numbers, np.int64)[None]
    pictures = next(source.pictures(table, 1, None, 0.5))  # type: ignore[attr-defined]
    return [number_of(pictures[number]) for number in numbers]


def _alone(path: Path, number: int) -> list[int]:
    with open_clip(path) as source:
        return _read(source, [number])


def _compared(
    way: str, asked: Sequence[Sequence[int]], came: Iterable[list[int]], expected: Sequence[int]
) -> list[str]:
    return [
        f"{way}: asked for {list(numbers)}, expected {[expected[one] for one in numbers]}, got {got}"
        for numbers, got in zip(asked, came, strict=True)
        if got != [expected[one] for one in numbers]
    ]


def wrong_times(path: Path, drawn: Drawn) -> list[str]:
    """A sentence where a frame was given for a time at which another one was to be shown."""
    if "avi" in drawn.suffix and drawn.first:  # AVI begins at 0: the first frame stands long instead
        return []
    times = np.array(drawn.times) / CLOCK
    times -= times[0]
    tick = 0.011 if drawn.suffix == "gif" else 0.002
    with open_clip(path) as source:
        if source.length != len(times):
            return [f"{source.length} frames instead of {len(times)}"]
        moments = (np.arange(source.length) + 0.5) / source.length
        at = np.array([source.seconds(moment * source.length) for moment in moments], float)
        numbers = source.numbers(moments * source.length)
    shown = [(times[number] - tick, np.append(times, np.inf)[number + 1] + tick) for number in numbers]
    wrong = [
        f"frame {number}, shown from {start:.3f} to {end:.3f} s, was given for {moment:.3f} s"
        for number, moment, (start, end) in zip(numbers, at, shown, strict=True)
        if not start <= moment <= end
    ]
    return wrong[:3]
