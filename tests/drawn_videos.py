"""Small videos of every kind that FFmpeg writes here, with each frame's number painted into it."""

import math
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from hypothesis import strategies as st

from scheduling import same_scheduling

BLOCK, ROWS, COLUMNS = 16, 3, 4
SIZE = BLOCK * ROWS, BLOCK * COLUMNS  # (H, W): twelve blocks are twelve bits
DARK, LIGHT = 40, 215

H264, HEVC, AV1 = "libx264", "libx265", "libsvtav1"
CODECS = {
    H264: ("mp4", "mov", "mkv", "ts", "mts", "m2ts", "flv", "3gp", "avi", "mpg", "vob"),
    HEVC: ("mp4", "mov", "mkv", "ts"),
    AV1: ("mp4", "mkv", "webm"),
    "libvpx": ("webm", "mkv"),
    "libvpx-vp9": ("webm", "mkv", "mp4"),
    "mpeg4": ("avi", "mp4", "mkv", "mov", "ts"),
    "mpeg2video": ("ts", "mpg", "vob", "mkv", "m2ts", "avi"),
    "mpeg1video": ("mpg", "mkv"),
    "mjpeg": ("avi", "mov", "mkv"),
    "ffv1": ("mkv", "avi"),
    "prores_ks": ("mov",),
    "wmv2": ("asf", "wmv"),
    "flv": ("flv",),
    "png": ("mov",),
}
"""Encoders, and endings of the files that hold what they make."""
FORMATS = {"mts": "mpegts", "m2ts": "mpegts", "ts": "mpegts", "mkv": "matroska", "wmv": "asf", "mpg": "mpeg"}
B_FRAMES = {H264, HEVC, "mpeg4", "mpeg2video", "mpeg1video"}
UNEVEN = {"mp4", "mov", "mkv", "webm"}  # containers that keep whatever times they are given
FRAGMENTS = {
    "none": "",
    "fragments": "frag_keyframe+empty_moov+default_base_moof",
    "index": "dash+global_sidx+frag_keyframe",
    "front": "faststart",
}


@dataclass(frozen=True)
class Drawn:
    """What kind of file, and when its frames are shown, in milliseconds."""

    codec: str
    ending: str
    times: tuple[int, ...]
    keys: int = 12
    b_frames: int = 0
    fragments: str = "none"
    open_gop: bool = False
    sound: bool = False
    name: str = "clip"
    options: dict[str, str] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        even = "even" if len(set(np.diff(self.times))) < 2 else "uneven"
        return (
            f"{self.codec} in {self.ending}, {len(self.times)} frames {even} from {self.times[0]} ms, keys "
            f"{self.keys}, b {self.b_frames}{' open' if self.open_gop else ''}, {self.fragments}"
            f"{', sound' if self.sound else ''}"
        )


@st.composite
def drawn_videos(draw: st.DrawFn, most: int = 60) -> Drawn:
    """Any codec in any container that takes it, from any time on, at even times or not."""
    codec = draw(st.sampled_from(sorted(CODECS)))
    ending = draw(st.sampled_from(CODECS[codec]))
    frames = draw(st.integers(1, most))
    step = draw(st.sampled_from([8, 20, 33, 40, 100]))
    if codec in ("mpeg2video", "mpeg1video"):
        step = 40
    first = draw(st.sampled_from([0, 0, 40, 1000, 5000, 3_600_000] if ending != "avi" else [0]))
    if ending in UNEVEN and codec not in ("mpeg2video", "mpeg1video", "mpeg4") and draw(st.booleans()):
        steps = draw(st.lists(st.sampled_from([20, 40, 80, 200]), min_size=frames - 1, max_size=frames - 1))
        times = tuple(int(first + ms) for ms in np.cumsum([0, *steps]))
    else:
        times = tuple(first + step * number for number in range(frames))
    b_frames = draw(st.sampled_from([0, 0, 2, 3])) if codec in B_FRAMES else 0
    if ending == "3gp" or (ending == "flv" and codec == "flv"):
        b_frames = 0
    return Drawn(
        codec,
        ending,
        times,
        keys=draw(st.sampled_from([1, 5, 12, 250])),
        b_frames=b_frames,
        fragments=draw(st.sampled_from(sorted(FRAGMENTS))) if ending in ("mp4", "mov") else "none",
        open_gop=codec in (H264, HEVC) and b_frames > 0 and draw(st.booleans()),
        sound=ending in ("mp4", "mkv", "ts") and draw(st.integers(0, 3)) == 0,
    )


def picture(number: int) -> np.ndarray:
    """(H, W) uint8: the number's bits as blocks, light for 1."""
    bits = [(number >> bit) & 1 for bit in range(ROWS * COLUMNS)]
    blocks = np.where(np.array(bits).reshape(ROWS, COLUMNS), LIGHT, DARK).astype(np.uint8)
    return np.kron(blocks, np.ones((BLOCK, BLOCK), np.uint8))


def number_of(frame: np.ndarray) -> int:
    """The number that is painted in a frame (H, W) or (H, W, C) of the size it was written in."""
    grey = frame.reshape(*frame.shape[:2], -1).mean(axis=2)
    blocks = grey.reshape(ROWS, BLOCK, COLUMNS, BLOCK)[:, 4:12, :, 4:12].mean(axis=(1, 3))
    return int(sum(1 << bit for bit, light in enumerate(blocks.ravel() > 128) if light))


@same_scheduling()
def write_drawn(kind: Drawn, folder: Path) -> Path:
    """The file, below the folder."""
    path = folder / f"{kind.name}.{kind.ending}"
    flags = FRAGMENTS[kind.fragments]
    base = Fraction(1, 1000)
    gaps = np.diff(kind.times)
    rate = Fraction(1000, int(gaps[0])) if len(gaps) else Fraction(25)
    how = {"movflags": flags} if flags else {}
    with av.open(f"file:{path}", "w", format=FORMATS.get(kind.ending), options=how) as container:
        stream = container.add_stream(kind.codec, rate=rate)
        stream.height, stream.width = SIZE
        context = stream.codec_context
        context.pix_fmt = {
            "mjpeg": "yuvj420p",
            "prores_ks": "yuv422p10le",
            "png": "gray",
            "ffv1": "yuv420p",
        }.get(kind.codec, "yuv420p")
        context.gop_size, context.max_b_frames = kind.keys, kind.b_frames
        even = len(set(gaps.tolist())) < 2
        context.time_base = 1 / rate if even else base
        stream.time_base = context.time_base
        stream.options = {**_options(kind), **kind.options}
        if kind.codec in ("mpeg4", "mpeg2video", "mpeg1video", "wmv2", "flv", "libvpx", "libvpx-vp9"):
            stream.bit_rate = 1_500_000
        noise = container.add_stream("aac", rate=8000) if kind.sound else None
        for number, time in enumerate(kind.times):
            frame = av.VideoFrame.from_ndarray(picture(number), format="gray")
            frame.time_base = context.time_base
            frame.pts = round(time * base / context.time_base)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if noise is not None:
            _add_silence(container, noise, kind.times)
    return path


def _options(kind: Drawn) -> dict[str, str]:
    if kind.codec == H264:
        gop = "1" if kind.open_gop else "0"
        return {
            "preset": "ultrafast" if not kind.b_frames else "fast",
            "crf": "12",
            "x264-params": f"open-gop={gop}",
        }
    if kind.codec == HEVC:
        gop = "1" if kind.open_gop else "0"
        quiet = "log-level=none:pools=1:frame-threads=1"
        params = f"{quiet}:open-gop={gop}:bframes={kind.b_frames}:keyint={kind.keys}"
        return {"preset": "ultrafast", "crf": "12", "x265-params": params}
    if kind.codec == AV1:
        return {"preset": "12", "crf": "20", "svtav1-params": f"lp=1:keyint={kind.keys}"}
    if kind.codec in ("libvpx", "libvpx-vp9"):
        return {"deadline": "realtime", "cpu-used": "8"}
    if kind.codec in ("mpeg2video", "mpeg1video"):
        return {"b_strategy": "0"}
    return {}


def _add_silence(
    container: "av.container.OutputContainer", stream: "av.AudioStream", times: tuple[int, ...]
) -> None:
    first, length = times[0], times[-1] - times[0] + 100
    for start in range(0, math.ceil(8 * length), 1024):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 8000, 8 * first + start, Fraction(1, 8000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
