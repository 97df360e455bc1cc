"""One video file or folder of frames → uint8 clips (C, T, H, W), in any process.

Pictures follow the rules of `video_file` and, for folders of frames, of `reading`: the short side is resized,
what stands over is cut off. Optical flow is that from each frame to the next one of the video, whether or not
that one is in the clip; the video's last frame has the flow that leads to it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

from striate.checked import checked
from striate.data.images.reading import Header, check_pixels
from striate.data.optical_flow import METHODS
from striate.data.segment import Segment, parsed
from striate.data.unreadable_files import UnreadableError
from striate.data.video.frame_source import ClipSource, open_clip, refuse_damaged
from striate.data.video.part import Part, SegmentError
from striate.data.video.sampling import MIDDLE, Sampling
from striate.data.video.video_file import VideoError
from striate.errors import ArgumentError, StriateError, plain_reason, unknown


class ClipRequest(NamedTuple):
    """A clip to be read: (T,) sampling offsets, see `Sampling`, and where the cut lies, see `CROPS`."""

    path: str
    offsets: np.ndarray
    crop: float


class Reading(NamedTuple):
    """How clips are read: all that is the same for a whole set."""

    sampling: Sampling
    channels: int
    size: tuple[int, int] | None
    flow: str | None = None

    @property
    def planes(self) -> int:
        """Of a clip: the picture's channels, and two of optical flow."""
        return self.channels + (2 if self.flow else 0)


@checked
def read_clip(
    path: str | Path,
    *,
    sampling: Sampling,
    channels: int = 3,
    size: tuple[int, int] | None = None,
    flow: str | None = None,
) -> np.ndarray:
    """One clip as evaluation sees it: uint8 (C, T, H, W), with optical flow (C + 2, T, H, W).

    A clip of which a frame is damaged is refused: a decoder makes up what is missing.

    Args:
        path: of a video file, of a folder of frames, or of a segment of one, as `long.mp4#t=12,14.5`.
        sampling: which frames.
        channels: 1 (grey) or 3 (RGB).
        size: (H, W) to resize and cut to; None keeps the video's own.
        flow: "dis" or "farneback"; None: no optical flow.

    Raises:
        UnreadableError: a DataError that says why the clip cannot be read.
        ArgumentError: another number of channels, a size that is none, an unknown flow.
    """
    check_pixels(channels, size)
    if flow not in (None, *METHODS):
        raise ArgumentError(unknown("flow", str(flow), METHODS))
    return read_request(_middle(path, sampling), how=Reading(sampling, channels, size, flow))


def look_at(path: str | Path, how: Reading) -> np.ndarray:
    """The same of a clip that may be damaged, for whoever says so."""
    return read_request(_middle(path, how.sampling), how=how, whole=False)


def _middle(path: str | Path, sampling: Sampling) -> ClipRequest:
    return ClipRequest(str(path), np.full(sampling.frames, MIDDLE), MIDDLE)


def read_request(request: ClipRequest, *, how: Reading, whole: bool = True) -> np.ndarray:
    """One clip, uint8 (planes, T, H, W). Raises UnreadableError, if `whole` also for damaged frames."""
    with opened(request.path) as source:
        positions = how.sampling.positions(source.length, request.offsets, source.duration)
        clip = next(clips_of(source, source.numbers(positions)[None], how, request.crop))
        if whole:
            refuse_damaged(source)
        return clip


def read_clip_header(path: str | Path) -> Header:
    """What a clip is like. Decodes the first frame only. Raises UnreadableError."""
    with opened(path) as source:
        return source.header()


def decode_all_frames(path: str | Path) -> None:
    """Decodes a clip from beginning to end. Raises UnreadableError if something is wrong."""
    with opened(path) as source:
        source.decode_all()


@contextmanager
def opened(path: str | Path) -> Iterator[ClipSource]:
    """A clip's frames; whatever goes wrong with it becomes an UnreadableError."""
    file, segment = parsed(str(path))
    try:
        with open_clip(file) as source:
            yield source if segment is None else Part(source, segment)
    except StriateError:  # a missing extra
        raise
    except SegmentError as error:
        raise UnreadableError(path, str(error), "video", "correct the segment") from None
    except (av.error.InvalidDataError, av.error.ArgumentError):
        reason = "not a video that FFmpeg knows, or broken from the beginning"
        raise UnreadableError(path, reason, "video") from None
    except Exception as error:  # a broken file leads decoders to raise anything
        raise UnreadableError(path, plain_reason(error), "video") from None


def seconds_between_frames(path: str | Path, sampling: Sampling) -> float | None:
    """How far apart the frames of a clip of this video are; None where the times of frames are not known.

    Raises:
        UnreadableError: it is no video that can be read.
    """
    with opened(path) as source:
        duration = sampling.duration(source.length, source.duration)
        if duration is None:
            return None
        return sampling.spacing(source.length, duration) * duration / source.length


def seconds_of_segments(file: str, segments: Sequence[Segment]) -> list[tuple[float, float]]:
    """When segments of a file begin and end. It is opened once, and not at all where they say so.

    Raises:
        UnreadableError: it cannot be read, tells no times, or has not one of the segments.
    """
    said = [_said(one) for one in segments]
    if None not in said:
        return [span for span in said if span]
    with opened(file) as source:
        return [
            _seconds(source, one) if span is None else span for one, span in zip(segments, said, strict=True)
        ]


def _said(segment: Segment) -> tuple[float, float] | None:
    begin, end, unit = segment
    return None if unit != "t" or begin is None or end is None else (begin, end)


def _seconds(source: ClipSource, segment: Segment) -> tuple[float, float]:
    part = Part(source, segment)
    begin, end = part.seconds(0), part.seconds(part.length)
    if begin is None or end is None:
        raise VideoError("it is a folder of frames, which tells no times")
    return begin, end


def clips_of(source: ClipSource, table: np.ndarray, how: Reading, crop: float) -> Iterator[np.ndarray]:
    """For each row (T,) of a table of frame numbers a clip (planes, T, H, W)."""
    following = np.minimum(table + 1, source.length - 1)
    numbers = np.concatenate([table, following, np.maximum(following - 1, 0)], axis=1) if how.flow else table
    for row, pictures in zip(table, source.pictures(numbers, how.channels, how.size, crop), strict=True):
        clip = np.stack([pictures[int(number)] for number in row])  # (T, H, W, C)
        planes = np.moveaxis(clip, -1, 0)
        if how.flow:
            planes = np.concatenate([planes, _flow(row, pictures, source.length, how.flow)])
        yield planes


def _flow(row: np.ndarray, pictures: dict[int, np.ndarray], length: int, method: str) -> np.ndarray:
    """(2, T, H, W) from each frame to the next of the video."""
    from striate.data.optical_flow import flow_planes  # needs an extra

    begins = np.minimum(row, max(length - 2, 0))
    fields = {}
    for begin in np.unique(begins).tolist():
        pair = np.stack([pictures[begin], pictures[min(begin + 1, length - 1)]])  # (2, H, W, C)
        fields[begin] = flow_planes(np.ascontiguousarray(np.moveaxis(pair, -1, 1)), method)[0]
    return np.stack([fields[begin] for begin in begins.tolist()], axis=1)


def read_whole(path: str, *, channels: int, short_side: int, fps: float | None) -> np.ndarray:
    """All frames of a clip, uint8 (T, C, H, W).

    Args:
        path: of a video file or of a folder of frames.
        channels: 1 (grey) or 3 (RGB).
        short_side: pixels, which the short side is brought to; the long one keeps the proportion.
        fps: frames per second that are kept, by presentation time; None, and a folder of frames, keep all.

    Raises:
        UnreadableError: a DataError that says why the clip cannot be read.
    """
    with opened(path) as source:
        height, width, *_ = source.header()
        scale = short_side / min(height, width)
        size = max(short_side, round(height * scale)), max(short_side, round(width * scale))
        numbers = _kept(source, fps)
        frames = np.empty((len(numbers), channels, *size), np.uint8)
        one_by_one = source.pictures(numbers[:, None], channels, size, MIDDLE)
        for frame, pictures in zip(frames, one_by_one, strict=True):
            (picture,) = pictures.values()
            frame[:] = np.moveaxis(picture, -1, 0)
        refuse_damaged(source)
        return frames


def _kept(source: ClipSource, fps: float | None) -> np.ndarray:
    """Numbers of the frames that are kept: all, or those shown in the middles of equal parts."""
    seconds = source.duration
    if fps is None or seconds is None:
        return np.arange(source.length)
    count = max(1, round(seconds * fps))
    return source.numbers((np.arange(count) + 0.5) * (source.length / count))
