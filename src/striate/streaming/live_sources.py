"""Frames that come when they come: of a camera, of an address, on standard input."""

import re
import sys
import time
from contextlib import closing
from dataclasses import replace
from typing import Any

import av

from striate.errors import DataError
from striate.streaming.picture import Converted, Pictures, decoded, in_time, reason_of

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
