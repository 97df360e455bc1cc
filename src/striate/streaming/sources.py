"""Where frames come from: a file, a folder of frames, a camera, an address, standard input.

Those of a camera, of an address or of standard input come when they come.
"""

import re
import sys
import time
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np

from striate.data.images.reading import decode_image
from striate.data.unreadable_files import UnreadableError
from striate.data.video.frame_source import frame_files
from striate.data.video.video_file import VideoError, open_video
from striate.errors import ArgumentError, DataError
from striate.streaming.picture import (
    FOLDER_RATE,
    Converted,
    Picture,
    Pictures,
    Wanted,
    decoded,
    in_time,
    reason_of,
)

CAMERA = re.compile(r"camera(?::(\d+))?")
TRIES = 10
"""How often a source that broke off is opened again before it counts as gone: for about a minute."""
PATIENCE = 10.0
"""Seconds to wait for an address, and at most between two tries."""
BROKEN = (av.error.FFmpegError, OSError, IndexError)
"""What opening and reading raise; the last where there is sound alone."""


def live(source: str, convert: Converted) -> Pictures:
    """Frames by our clock; opened again where it breaks off. What is a recording plays once, as it would.

    Args:
        source: a camera or an address.
        convert: what becomes of a frame.
    """
    started, failures, note, came = time.monotonic(), 0, "", False
    while True:
        reason, recorded = "it ended", False
        try:
            with closing(open_live(source)) as container:
                recorded = container.duration is not None
                for picture in _playing(container, convert):
                    yield replace(picture, time=time.monotonic() - started, note=note, anew=bool(note))
                    came, failures, note = True, 0, ""
        except BROKEN as problem:
            reason, recorded = reason_of(problem), False
        if came and recorded:
            return
        failures += 1
        if failures > TRIES or not came:
            raise DataError(f"{source} gives no frames ({reason}): is it connected, and free?")
        time.sleep(min(PATIENCE, 0.1 * 2**failures))
        note = f"{source} broke off ({reason}) and is back"


def _playing(container: Any, convert: Converted) -> Pictures:
    """Those of a camera as they come; of a recording, which is there at once, when it is their time."""
    frames = decoded(container.demux(container.streams.video[0]), convert)
    if container.duration is None:
        yield from (picture for _, picture in frames)
        return
    started = time.monotonic()
    for picture in in_time(frames):
        time.sleep(max(0.0, started + picture.time - time.monotonic()))
        yield picture


def standard_input(convert: Converted) -> Pictures:
    """Frames by their own clock: what pipes into us waits until we read on, so that none are lost.

    Args:
        convert: what becomes of a frame.
    """
    reason, came = "it ended", False
    try:
        with closing(open_live("-")) as container:
            for picture in in_time(decoded(container.demux(container.streams.video[0]), convert)):
                yield picture
                came = True
    except BROKEN as problem:
        reason = reason_of(problem)
    if not came:
        raise DataError(
            f"standard input holds no video ({reason}): pipe one into it, as in `ffmpeg -i a.mp4 -f "
            "matroska - | striate stream RUN -`"
        )


def open_live(source: str) -> Any:
    """A camera, an address or standard input, opened by FFmpeg."""
    camera = CAMERA.fullmatch(source)
    if camera:
        return av.open(f"/dev/video{camera[1] or 0}", format="v4l2")
    if source == "-":
        return av.open(_piped())
    options = {"rtsp_transport": "tcp"} if source.startswith("rtsp") else {}
    return av.open(source, options=options, timeout=PATIENCE)


def _piped() -> Any:
    """Standard input, unless nothing can come from it."""
    if sys.stdin is None or sys.stdin.closed:
        raise OSError("it is closed")
    if sys.stdin.isatty():
        raise OSError("it is the keyboard")
    return sys.stdin.buffer


ADDRESS = re.compile(r"(rtsp|rtsps|http|https|udp|tcp)://.+")


def is_live(source: str) -> bool:
    """Whether frames come when they come, rather than when they are asked for."""
    return source == "-" or bool(CAMERA.fullmatch(source) or ADDRESS.fullmatch(source))


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
    convert = Converted(wanted)
    if source == "-":
        return standard_input(convert)
    if is_live(source):
        return live(source, convert)
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


def _file(path: Path, convert: Converted) -> Pictures:
    def read() -> Pictures:
        try:
            with open_video(path) as video:
                yield from in_time(decoded(video.packets(), convert))
        except (VideoError, av.error.FFmpegError, OSError) as problem:
            raise DataError(f"cannot read the video {path}: {reason_of(problem)}") from None

    return read()
