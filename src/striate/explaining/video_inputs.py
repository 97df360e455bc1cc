"""Video files and folders of frames as inputs of a run on clips, in the windows that `predict` sees."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from striate.data.video.clip_reading import read_windows
from striate.errors import ArgumentError, DataError
from striate.evaluating.predict_clips import WINDOW_SECONDS, videos_in
from striate.evaluating.run_model import Trained

AT_ONCE = 32
"""Windows: every layer's numbers are kept for each, so a long video is not taken whole."""


def clips_of(trained: Trained, given: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Titles, and clips (N, C, T, H, W) uint8 with the planes of the run.

    given: a video file, a folder of frames, or a folder that holds some. Where the run's frames are spread
    over a clip, a video is one input; with a stride it is one for each window. VIDEO#N is the Nth of the
    windows that `predict` lists, from 1. Raises DataError for what cannot be read, ArgumentError for a window
    that is not there and for too many.
    """
    path, sign, number = given.rpartition("#")
    if sign and number.isdigit() and not Path(given).exists():
        return (given,), _window(trained, _only(trained, path), int(number))[None]
    titles: list[str] = []
    clips: list[np.ndarray] = []
    for video in videos_in(trained.run, [given]):
        windows = list(islice(_windows(trained, video, None), AT_ONCE + 1))
        titles += [f"{video}#{n + 1}" for n in range(len(windows))] if len(windows) > 1 else [str(video)]
        clips += windows
        if len(clips) > AT_ONCE:
            raise ArgumentError(
                f"{given} has more than {AT_ONCE} windows, too many at once: give one, as in {titles[0]}"
            )
    if not clips:
        raise DataError(f"no videos in {given}: give a video file, or a folder of frames")
    return tuple(titles), np.stack(clips)


def _only(trained: Trained, path: str) -> Path:
    videos = videos_in(trained.run, [path])
    if len(videos) != 1:
        raise ArgumentError(f"{path} holds {len(videos)} videos: give a window of one, as in clip.mp4#1")
    return videos[0]


def _window(trained: Trained, video: Path, number: int) -> np.ndarray:
    """The clip (C, T, H, W) of one window, numbered from 1."""
    assert trained.sampling is not None
    seconds = WINDOW_SECONDS if trained.sampling.stride is None else None
    count = 0
    for count, clip in enumerate(_windows(trained, video, seconds), 1):
        if count == number:
            return clip
    raise ArgumentError(f"{video} has no window {number}: expected 1–{count}")


def _windows(trained: Trained, video: Path, seconds: float | None) -> Iterator[np.ndarray]:
    """The clips (C, T, H, W) of a video, one window after the other."""
    assert trained.sampling is not None
    windows = read_windows(
        video,
        sampling=trained.sampling,
        channels=trained.channels,
        size=trained.size,
        flow=trained.flow,
        seconds=seconds,
    )
    return (clip for _, _, clip in windows)
