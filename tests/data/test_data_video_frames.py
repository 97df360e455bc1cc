"""Any frame of any file that FFmpeg writes is the one that was asked for, against the number painted in it.

The second witness decodes the file from its beginning.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drawn_videos import AV1, H264, HEVC, Drawn, drawn_videos, number_of, write_drawn
from striate.data.video.frame_source import open_clip

MINUTE = tuple(range(0, 1200, 40))
LATER = tuple(5000 + time for time in MINUTE)


def decoded(path: Path) -> list[int]:
    """What is painted in the frames, decoded from the beginning."""
    with av.open(str(path)) as container:
        return [
            number_of(frame.to_ndarray(format="gray"))
            for frame in container.decode(container.streams.video[0])
        ]


def asked(path: Path, numbers: list[int]) -> list[int]:
    """What is painted in the frames that the reader gives for these numbers."""
    with open_clip(path) as source:
        pictures = next(source.pictures(np.array([numbers]), 1, None, 0.5))
    return [number_of(pictures[number]) for number in numbers]


def assert_right(kind: Drawn, folder: Path, numbers: list[int]) -> None:
    path = write_drawn(kind, folder)
    count = len(kind.times)
    assert decoded(path) == list(range(count))
    with open_clip(path) as source:
        assert source.length == count
        assert source.seconds(0) == 0
        span = (kind.times[-1] - kind.times[0]) / 1000
        assert span - 0.02 <= source.seconds(count) <= span + 0.35
    numbers = [number % count for number in numbers]
    for number in {0, count - 1, *numbers}:
        assert asked(path, [number]) == [number]
    assert asked(path, numbers) == numbers
    assert asked(path, list(range(count))) == list(range(count))


def known(kind: Drawn) -> bool:
    """FFmpeg itself finds no pictures in a transport stream of a few frames."""
    return len(kind.times) > 9 or kind.ending not in ("ts", "mts", "m2ts")


@given(drawn_videos(most=40).filter(known), st.lists(st.integers(0, 1000), min_size=1, max_size=5))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_file_gives_the_frame_asked_for(kind: Drawn, numbers: list[int]) -> None:
    with TemporaryDirectory() as folder:
        assert_right(kind, Path(folder), numbers)


@pytest.mark.parametrize(
    "kind",
    [
        Drawn(H264, "mp4", LATER),
        Drawn(H264, "mkv", LATER),
        Drawn("libvpx", "webm", LATER),
        Drawn(H264, "ts", LATER, keys=6, b_frames=2),
        Drawn(HEVC, "ts", MINUTE, keys=6, b_frames=3, open_gop=True),
        Drawn("mpeg2video", "ts", MINUTE, b_frames=2),
        Drawn("mpeg2video", "vob", LATER, b_frames=2),
        Drawn("mpeg1video", "mpg", MINUTE, b_frames=2),
        Drawn(H264, "vob", MINUTE, b_frames=2),
        Drawn(H264, "mp4", MINUTE, keys=5, fragments="index"),
        Drawn(H264, "mp4", MINUTE, keys=5, b_frames=2, fragments="fragments"),
        Drawn("prores_ks", "mov", MINUTE, fragments="index"),
        Drawn(AV1, "mp4", MINUTE),
        Drawn(AV1, "mkv", LATER, keys=5),
        Drawn(H264, "avi", MINUTE, keys=10, b_frames=2),
        Drawn(H264, "mp4", (0, 40, 80, 120, 160, 400, 420, 440), b_frames=2),
        Drawn(H264, "mp4", MINUTE, name="take:1"),
        Drawn(H264, "mp4", MINUTE, name="%d of -x"),
        Drawn(H264, "mp4", MINUTE, name="file:a, b?c#d"),
    ],
    ids=str,
)
def test_traps(kind: Drawn, tmp_path: Path) -> None:
    assert_right(kind, tmp_path, [7, 21, 3, 29, 14])
