"""Where frames come from: a file, a folder of frames, a camera, an address, standard input."""

import re
from functools import partial
from pathlib import Path

import av
import numpy as np

from striate.data.images.reading import decode_image
from striate.data.unreadable_files import UnreadableError
from striate.data.video.frame_source import frame_files
from striate.data.video.video_file import VideoError, open_video
from striate.errors import ArgumentError, DataError
from striate.streaming.live_sources import CAMERA, live, standard_input
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
