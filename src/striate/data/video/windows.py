"""A video of any length in windows that may overlap, decoded forward once; the frames of one window are held.

Window k begins at k · hop seconds and is `window` seconds long, whatever the times of the frames are; the
frame that stands for a moment in it is the one shown then. The last window ends with the video: what is left
over makes another window, as long as all, or belongs to the last one where it is less than a frame. What
cannot be had like this from the frames that there are is refused: nothing is rounded.
"""

from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import NamedTuple

import numpy as np

from striate.data.video.clip_reading import Reading, clips_of, opened
from striate.data.video.frame_source import ClipSource
from striate.data.video.sampling import MIDDLE, Sampling
from striate.errors import ArgumentError

WINDOW_SECONDS = 2.0
"""Length of a window where a clip's frames are spread over any length."""
_NEAR = 1e-6
"""Of a frame: a moment so shortly before a frame's time is that time, written in binary."""


class Window(NamedTuple):
    """From when to when in seconds, None in a folder of frames; and its clip, uint8 (planes, T, H, W)."""

    start: float | None
    end: float | None
    clip: np.ndarray
    damaged: int = 0
    """Frames of the video, of those decoded so far, that are not whole: see `ClipSource.damaged`."""


def read_windows(
    path: str | Path,
    how: Reading,
    window: float | None = None,
    hop: float | None = None,
    per_window: int = 1,
) -> Iterator[Window]:
    """The windows of a video file, or of a folder of frames, in the order of time.

    Args:
        path: of the video. One that is shorter than a window is one window.
        how: its clips are read; the size must be said.
        window: seconds of a window; by default what the T frames of a clip take, and `WINDOW_SECONDS` where
            they are spread over any length (of a folder of frames, which tells no times, all of it).
        hop: seconds from the beginning of one window to that of the next; by default a window divided by
            `per_window`, and a frame where that is less.
        per_window: how many windows begin in the time of one, where no hop is given.

    Raises:
        UnreadableError: the file cannot be read.
        ArgumentError: the video has not the frames for such windows.
    """
    with opened(path) as source:
        sampling = how.sampling
        whole = sampling.duration(source.length, source.duration)
        length = _length(source, sampling, window, whole)
        starts = _starts(source, length, hop, per_window, whole)
        inside = min(length, source.length)
        seconds = None if whole is None else whole * inside / source.length
        within = sampling.positions(inside, np.full(sampling.frames, MIDDLE), seconds)
        last = np.nextafter(source.length, 0)
        table = np.stack([source.numbers(np.minimum(start + within + _NEAR, last)) for start in starts])
        for start, clip in zip(starts.tolist(), _overlapping(source, table, how), strict=True):
            end = start + inside if _is_frame(source.length - start - inside) else source.length
            yield Window(_moment(start, source, whole), _moment(end, source, whole), clip, source.damaged)


def _moment(position: float, source: ClipSource, whole: float | None) -> float | None:
    """Seconds, to the microsecond."""
    begin = source.seconds(0) or 0.0  # of a segment, in its file
    return None if whole is None else round(begin + whole * position / source.length, 6)


def _length(source: ClipSource, sampling: Sampling, window: float | None, whole: float | None) -> float:
    """Of a window, in frames of a video of so many seconds."""
    own = None if sampling.whole else sampling.frames * sampling.spacing(source.length, source.duration)
    if whole is None:
        _refuse_seconds(window, "--window")
        return own or float(source.length)
    frame = whole / source.length
    if window is None:
        return own or WINDOW_SECONDS / frame
    _refuse_window(sampling, window, None if own is None else own * frame, frame)
    return window / frame


def _starts(
    source: ClipSource, length: float, hop: float | None, per_window: int, whole: float | None
) -> np.ndarray:
    """Positions where windows begin."""
    step = max(1.0, length / per_window)
    if whole is None:
        _refuse_seconds(hop, "--hop")
    elif hop is not None:
        frame = whole / source.length
        _refuse_hop(hop, length * frame, frame)
        step = hop / frame
    step = min(step, length)
    rest = max(0.0, source.length - length)
    starts = np.arange(1 + int(rest / step + _NEAR)) * step
    return np.append(starts, rest) if _is_frame(rest - starts[-1]) else starts


def _is_frame(rest: float) -> bool:
    """Whether what is left over is as long as a frame."""
    return rest > 1 - _NEAR


def _refuse_seconds(asked: float | None, option: str) -> None:
    if asked is not None:
        raise ArgumentError(
            f"a folder of frames tells no times: leave {option} out, train with --frame-rate, or give a video"
        )


def _refuse_window(sampling: Sampling, window: float, own: float | None, frame: float) -> None:
    """Raises ArgumentError for a window that clips of `own` seconds, or these frames, cannot fill."""
    least = sampling.frames * frame
    if not window > 0:
        raise ArgumentError(f"a window is longer than 0 seconds; got --window {window:g}: try --window 2")
    if own is not None and abs(window - own) > _NEAR * own:
        raise ArgumentError(
            f"the network was trained on clips of {own:.6g} s and sees motion at that speed; got --window "
            f"{window:g}: leave it out"
        )
    if own is None and window < least * (1 - _NEAR):
        raise ArgumentError(
            f"a window of {window:g} s holds fewer frames than the {sampling.frames} that the network takes, "
            f"as they are {frame:.6g} s apart: give --window {_up(least)} or more"
        )


def _refuse_hop(hop: float, window: float, frame: float) -> None:
    """Raises ArgumentError for a hop (seconds) that shows the same frames again, or leaves some out."""
    if frame * (1 - _NEAR) <= hop <= window * (1 + _NEAR):
        return
    if hop < frame:
        raise ArgumentError(
            f"a hop of {hop:g} s is shorter than a frame, {frame:.6g} s, and would show the same frames "
            f"again: give --hop {_up(frame)} or more"
        )
    raise ArgumentError(
        f"a hop of {hop:g} s is longer than a window of {window:.6g} s, and what is between two windows "
        f"would not be seen: give --hop {window:.6g} or less"
    )


def _up(seconds: float) -> str:
    """With so few digits that it can be typed, and no less."""
    return f"{ceil(seconds * 1000 - _NEAR) / 1000:g}"


def _overlapping(source: ClipSource, table: np.ndarray, how: Reading) -> Iterator[np.ndarray]:
    """For each row of frame numbers a clip (planes, T, H, W). Rows, and numbers in them, rise."""
    wanted = np.unique(table)
    coming = zip(wanted.tolist(), clips_of(source, wanted[:, None], how, MIDDLE), strict=True)
    held: dict[int, np.ndarray] = {}  # (planes, 1, H, W)
    for row in table:
        while int(row[-1]) not in held:
            number, frame = next(coming)
            held[number] = frame
        yield np.concatenate([held[int(number)] for number in row], axis=1)
        held = {number: frame for number, frame in held.items() if number >= row[0]}
