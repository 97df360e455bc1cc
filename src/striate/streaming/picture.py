"""Frames of any source: what becomes of them, and when they are."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import av
import numpy as np

from striate.data.images.framing import DEFAULT, Framing
from striate.data.images.reading import refit
from striate.data.video.video_frames import Converter

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


class Converted:
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


def decoded(packets: Any, convert: Converted) -> Iterator[tuple[float | None, Picture]]:
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


def in_time(frames: Iterator[tuple[float | None, Picture]]) -> Pictures:
    """Seconds since the first frame; where the clock jumps, it is said and frames go on from there.

    Two frames of one time, as broken files have them, are no jump: the second stands a little behind.
    """
    offset, last, gap = 0.0, None, 1 / FOLDER_RATE
    for at, picture in frames:
        now = (0.0 if last is None else last + gap) if at is None else at + offset
        if last is None:
            offset, now = offset - now, 0.0
        elif -gap < now - last <= 0:
            now = last + gap / 2
        elif not 0 < now - last <= JUMP:
            picture = replace(picture, note=f"the clock jumped by {now - last:.3g} s", anew=True)
            offset, now = offset + last + gap - now, last + gap
        else:
            gap = now - last
        last = now
        yield replace(picture, time=now)


def reason_of(problem: BaseException) -> str:
    """Why a source cannot be read, in one line."""
    text = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
    return str(text).strip().splitlines()[0]
