"""Windows of a video: where they begin, which frames they show, what is refused; decoding is forward."""

from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clip_files import numbers_of, write_frames, write_video
from striate.data.video.clip_reading import Reading, read_clip
from striate.data.video.sampling import Sampling
from striate.data.video.video_frames import FrameReader
from striate.data.video.windows import WINDOW_SECONDS, Window, read_windows
from striate.errors import ArgumentError

SMALL = (16, 16)


def seen(
    path: str | Path, sampling: Sampling, **named: float
) -> list[tuple[float | None, float | None, list[int]]]:
    windows = read_windows(path, Reading(sampling, 1, SMALL), **named)  # type: ignore[arg-type]
    return [(one.start, one.end, numbers_of(one.clip)) for one in windows]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eighteen frames, ten a second."""
    return write_video(tmp_path_factory.mktemp("windows") / "a.mp4", 18, rate=10)


def test_a_stride_makes_windows_as_long_as_its_frames(video: Path) -> None:
    assert seen(video, Sampling(4, 2)) == [
        (0.0, 0.8, [1, 3, 5, 7]),
        (0.8, 1.6, [9, 11, 13, 15]),
        (1.0, 1.8, [11, 13, 15, 17]),
    ]


def test_spread_frames_make_windows_as_long_as_is_said(video: Path) -> None:
    assert seen(video, Sampling(3), window=0.9) == [(0.0, 0.9, [1, 4, 7]), (0.9, 1.8, [10, 13, 16])]
    assert WINDOW_SECONDS == 2.0
    assert seen(video, Sampling(2)) == [(0.0, 1.8, [4, 13])]  # it is shorter


def test_a_hop_makes_them_overlap_or_follow(video: Path) -> None:
    assert seen(video, Sampling(2), window=1.0, hop=0.25) == [
        (0.0, 1.0, [2, 7]),
        (0.25, 1.25, [5, 10]),  # at 0.5 and at 1.0 s, when a frame begins
        (0.5, 1.5, [7, 12]),
        (0.75, 1.8, [10, 15]),  # ends with the video: half a frame more would show the same frames again
    ]
    assert [one[:2] for one in seen(video, Sampling(2), window=0.6, hop=0.6)] == [
        (0.0, 0.6), (0.6, 1.2), (1.2, 1.8)
    ]  # fmt: skip


def test_so_many_windows_begin_in_the_time_of_one(video: Path) -> None:
    reading = Reading(Sampling(4, 2), 1, SMALL)
    assert [one.start for one in read_windows(video, reading, per_window=4)] == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    one_frame = Reading(Sampling(2, 1), 1, SMALL)  # no shorter than a frame
    assert len(list(read_windows(video, one_frame, per_window=4))) == 17


def test_a_folder_of_frames_tells_no_times(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "frames", 4)
    assert seen(folder, Sampling(2)) == [(None, None, [1, 3])]
    assert seen(folder, Sampling(2, 1)) == [(None, None, [0, 1]), (None, None, [2, 3])]
    for option in ("window", "hop"):
        with pytest.raises(ArgumentError) as refused:
            seen(folder, Sampling(2), **{option: 1.0})
        assert str(refused.value) == (
            f"a folder of frames tells no times: leave --{option} out, train with --frame-rate, or give a "
            "video"
        )


def test_a_frame_rate_gives_it_some(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "frames", 8)
    assert seen(folder, Sampling(2, frame_rate=4.0), window=1.0, hop=0.5) == [
        (0.0, 1.0, [1, 3]),
        (0.5, 1.5, [3, 5]),
        (1.0, 2.0, [5, 7]),
    ]


def test_a_step_in_seconds_makes_windows_as_long_as_its_frames(video: Path) -> None:
    assert seen(video, Sampling(4, step=0.2), hop=0.5) == seen(video, Sampling(4, 2), hop=0.5)
    assert seen(video, Sampling(2, step=0.3)) == [
        (0.0, 0.6, [1, 4]),
        (0.6, 1.2, [7, 10]),
        (1.2, 1.8, [13, 16]),
    ]
    long = seen(video, Sampling(4, step=0.6))  # 2.4 s of 1.8: at the same speed, the last frame again
    assert long == [(0.0, 1.8, [0, 6, 12, 17])]


def test_a_segment_has_the_times_of_its_file(video: Path) -> None:
    part = f"{video}#t=0.4,1.2"
    assert seen(part, Sampling(2), window=0.4) == [(0.4, 0.8, [5, 7]), (0.8, 1.2, [9, 11])]


REFUSED = [
    (Sampling(4), {"window": 0.0}, "a window is longer than 0 seconds; got --window 0: try --window 2"),
    (
        Sampling(4),
        {"window": float("nan")},
        "a window is longer than 0 seconds; got --window nan: try --window 2",
    ),
    (
        Sampling(4),
        {"window": 0.39},
        "a window of 0.39 s holds fewer frames than the 4 that the network takes, as they are 0.1 s apart: "
        "give --window 0.4 or more",
    ),
    (
        Sampling(4, 2),
        {"window": 1.0},
        "the network was trained on clips of 0.8 s and sees motion at that speed; got --window 1: leave it "
        "out",
    ),
    (
        Sampling(4, 2),
        {"hop": 0.05},
        "a hop of 0.05 s is shorter than a frame, 0.1 s, and would show the same frames again: give --hop "
        "0.1 or more",
    ),
    (
        Sampling(4, 2),
        {"hop": 0.9},
        "a hop of 0.9 s is longer than a window of 0.8 s, and what is between two windows would not be seen: "
        "give --hop 0.8 or less",
    ),
    (
        Sampling(4, 2),
        {"hop": float("nan")},
        "a hop of nan s is longer than a window of 0.8 s, and what is between two windows would not be seen: "
        "give --hop 0.8 or less",
    ),
]


@pytest.mark.parametrize(("sampling", "named", "sentence"), REFUSED)
def test_what_cannot_be_had_exactly_is_refused(
    video: Path, sampling: Sampling, named: dict[str, float], sentence: str
) -> None:
    with pytest.raises(ArgumentError) as refused:
        seen(video, sampling, **named)
    assert str(refused.value) == sentence


def test_the_window_that_a_run_has_may_be_named(video: Path) -> None:
    assert seen(video, Sampling(4, 2), window=0.8) == seen(video, Sampling(4, 2))


@given(
    frames=st.integers(1, 5),
    rate=st.sampled_from([8, 10, 25, 30]),
    more=st.floats(0, 2),
    share=st.floats(0, 1),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_window_shows_the_frames_of_its_moments(
    tmp_path: Path, frames: int, rate: int, more: float, share: float
) -> None:
    """Any window and hop that are accepted, against the frames numbered by hand."""
    count = 29
    path = tmp_path / f"{rate}.mp4"
    if not path.exists():
        write_video(path, count, rate=rate, size=SMALL, keys=7, b_frames=2)
    window = (frames / rate) * (1 + more)
    hop = 1 / rate + share * (window - 1 / rate)
    whole = count / rate
    windows = seen(path, Sampling(frames), window=window, hop=hop)
    assert windows[0][0] == 0
    assert windows[-1][1] == pytest.approx(whole)
    starts = [k * hop for k in range(1 + count * rate) if k * hop + window <= whole + 1e-7]
    assert [start for start, _, _ in windows[: len(starts)]] == pytest.approx(starts or [0.0], abs=1e-6)
    assert len(windows) - len(starts) in (0, 1)
    length = min(window, whole)
    for number, (start, end, numbers) in enumerate(windows, 1):
        assert start is not None
        assert end is not None
        more = end - start - length  # less than a frame is left over for the last one
        assert -2e-6 < more < (1 / rate if number == len(windows) else 2e-6)
        moments = start + (np.arange(frames) + 0.5) * length / frames
        away = np.abs(moments * rate - np.round(moments * rate)) > 1e-3  # from where two frames meet
        expected = np.minimum(np.floor(moments * rate), count - 1) % 18
        assert (np.array(numbers)[away] == expected[away]).all()


def test_a_video_is_decoded_forward_once_and_one_window_is_held(video: Path) -> None:
    asked: list[int] = []
    frames = FrameReader.frames

    def watched(self: FrameReader, numbers: np.ndarray) -> object:
        asked.extend(numbers.tolist())
        return frames(self, numbers)

    with mock.patch.object(FrameReader, "frames", watched):
        windows = read_windows(video, Reading(Sampling(4, 2), 1, SMALL), hop=0.1)
        first = next(windows)
        assert asked == [1, 3, 5, 7] or asked == list(range(1, 8))
        assert len([first, *windows]) == 11
    assert asked == sorted(set(asked))


def test_flow_goes_along(tmp_path: Path) -> None:
    pictures = [np.full((48, 64, 3), 90, np.uint8) for _ in range(12)]
    texture = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    for number, picture in enumerate(pictures):
        picture[16:32, 4 + 2 * number : 20 + 2 * number] = texture
    path = write_video(tmp_path / "a.mp4", size=(48, 64), pictures=pictures, rate=4)
    windows = list(read_windows(path, Reading(Sampling(4), 3, (48, 64), "farneback"), 1.0, 0.5))
    assert [one.clip.shape for one in windows] == [(5, 4, 48, 64)] * 5
    whole = read_clip(path, sampling=Sampling(12), channels=3, size=(48, 64), flow="farneback")
    for number, one in enumerate(windows):
        np.testing.assert_array_equal(one.clip, whole[:, 2 * number : 2 * number + 4])
    assert isinstance(windows[0], Window)
