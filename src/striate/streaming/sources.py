"""Where frames come from: a file, a folder of frames, a camera, an address, standard input."""

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np

from striate.data.images.framing import DEFAULT, Framing
from striate.data.images.reading import decode_image, refit
from striate.data.unreadable_files import UnreadableError
from striate.data.video.frame_source import frame_files
from striate.data.video.video_file import VideoError, open_video
from striate.data.video.video_frames import Converter
from striate.errors import ArgumentError, DataError

CAMERA = re.compile(r"camera(?::(\d+))?")
ADDRESS = re.compile(r"(rtsp|rtsps|http|https|udp|tcp)://.+")
TRIES = 5
"""How often a live source that broke off is opened again before it counts as gone."""
PATIENCE = 10.0
"""Seconds to wait for an address, and at most between two tries."""
FOLDER_RATE = 25.0
"""Frames a second of a folder of frames, which has no times, unless a rate is given."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One frame."""

    time: float
    """Seconds from the first frame, by the source's clock or, of a live one, by ours."""
    pixels: np.ndarray
    """(C, H, W) uint8, of the size asked for."""
    note: str = ""
    """What happened before it."""
    shown: Callable[[], np.ndarray] | None = None
    """The frame as it came, (H, W, 3) uint8, where that was asked for."""
    anew: bool = False
    """Whether it does not follow the frame before, so that a state is to begin anew."""


Pictures = Iterator[Picture]


def is_live(source: str) -> bool:
    """Whether frames come when they come, rather than when they are asked for."""
    return source == "-" or bool(CAMERA.fullmatch(source) or ADDRESS.fullmatch(source))


@dataclass(frozen=True)
class Wanted:
    """What becomes of a frame."""

    channels: int
    """1 or 3."""
    size: tuple[int, int]
    """(H, W)."""
    framing: Framing = DEFAULT
    """How frames of another shape are brought to it."""
    whole: bool = False
    """Whether each is also kept as it came, to be shown."""


def pictures(source: str, wanted: Wanted, rate: float | None = None) -> Pictures:
    """The frames of a source, one after the other.

    Args:
        source: a file, a folder of frames, "camera", "camera:1", an address, or "-".
        wanted: what becomes of each frame.
        rate: of a folder of frames, which has no times of its own.

    Raises:
        DataError: there is no such file, or it holds no frames.
        ArgumentError: what names no source.
    """
    convert = _Converted(wanted)
    if is_live(source):
        return _live(source, convert)
    path = Path(source)
    if path.is_dir():
        return _folder(path, wanted, rate or FOLDER_RATE)
    if not path.exists():
        if re.match(r"\w+:", source):
            raise ArgumentError(
                f"{source} is no source of frames: give a file, a folder of frames, camera, camera:1, "
                "rtsp://…, http://… or -"
            )
        raise DataError(f"{source} does not exist: give a video file, a folder of frames, or camera")
    return _file(path, convert)


class _Converted:
    """A decoder's frames as pictures; when they come, others have to say."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted, self._cropped = wanted, wanted.framing == DEFAULT
        self._convert = Converter(wanted.channels, wanted.size if self._cropped else None)
        self._whole = Converter(3, None) if wanted.whole else None

    def __call__(self, frame: av.VideoFrame) -> Picture:
        pixels = np.ascontiguousarray(np.moveaxis(self._convert(frame), -1, 0))
        if not self._cropped:
            wanted = self._wanted
            pixels = refit(pixels[None], wanted.channels, wanted.size, framing=wanted.framing)[0]
        return Picture(0.0, pixels, shown=None if self._whole is None else partial(self._whole, frame))


def _folder(path: Path, wanted: Wanted, rate: float) -> Pictures:
    files = frame_files(path)
    if not files:
        raise DataError(f"{path} holds no frames: give a folder of image files")

    def read() -> Pictures:
        lost = 0
        for number, file in enumerate(files):
            try:
                pixels = decode_image(
                    file, channels=wanted.channels, size=wanted.size, framing=wanted.framing
                )
            except UnreadableError:
                lost += 1
                continue
            note = f"{lost} frames could not be read" if lost else ""
            yield Picture(number / rate, pixels, note, partial(_whole_image, file) if wanted.whole else None)
            lost = 0

    return read()


def _whole_image(file: str | Path) -> np.ndarray:
    return np.moveaxis(decode_image(file, channels=3, size=None), 0, -1)


def _file(path: Path, convert: _Converted) -> Pictures:
    def read() -> Pictures:
        try:
            with open_video(path) as video:
                yield from _in_time(_decoded(video.packets(), convert))
        except (VideoError, av.error.FFmpegError, OSError) as problem:
            raise DataError(f"cannot read the video {path}: {_reason(problem)}") from None

    return read()


def _decoded(packets: Any, convert: _Converted) -> Iterator[tuple[float | None, Picture]]:
    """Times and pictures; packets that cannot be decoded are left out."""
    for packet in packets:
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue
        for frame in frames:
            yield frame.time, convert(frame)


JUMP = 2.0
"""Seconds that a clock may leave out before what comes counts as another scene."""


def _in_time(frames: Iterator[tuple[float | None, Picture]]) -> Pictures:
    """Seconds since the first frame; where the clock jumps, it is said and frames go on from there."""
    offset, last, gap = 0.0, None, 1 / FOLDER_RATE
    for at, picture in frames:
        now = (0.0 if last is None else last + gap) if at is None else at + offset
        if last is None:
            offset, now = offset - now, 0.0
        elif not 0 < now - last <= JUMP:
            note = f"the clock jumped by {now - last:.3g} s"
            offset, now = offset + last + gap - now, last + gap
            last = now
            yield replace(picture, time=now, note=note, anew=True)
            continue
        else:
            gap = now - last
        last = now
        yield replace(picture, time=now)


def _live(source: str, convert: _Converted) -> Pictures:
    """Frames as they come, by our clock; opened again where it breaks off."""
    started, failures, note = time.monotonic(), 0, ""
    came = False
    while True:
        reason = "it ended"
        try:
            with closing(open_live(source)) as container:
                stream = container.streams.video[0]
                for _, picture in _decoded(container.demux(stream), convert):
                    yield replace(picture, time=time.monotonic() - started, note=note, anew=bool(note))
                    came, failures, note = True, 0, ""
        except (av.error.FFmpegError, OSError, IndexError) as problem:
            reason = _reason(problem)
        if source == "-" and came:
            return
        failures += 1
        if failures > TRIES or not came:
            raise DataError(f"{source} gives no frames ({reason}): is it connected, and free?")
        time.sleep(min(PATIENCE, 0.1 * 2**failures))
        note = f"{source} broke off ({reason}) and is back"


def open_live(source: str) -> Any:
    """A camera, an address or standard input, opened by FFmpeg."""
    camera = CAMERA.fullmatch(source)
    if camera:
        return av.open(f"/dev/video{camera[1] or 0}", format="v4l2")
    if source == "-":
        return av.open(sys.stdin.buffer)
    options = {"rtsp_transport": "tcp"} if source.startswith("rtsp") else {}
    return av.open(source, options=options, timeout=PATIENCE)


def _reason(problem: BaseException) -> str:
    text = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
    return str(text).strip().splitlines()[0]
