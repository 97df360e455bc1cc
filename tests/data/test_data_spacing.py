"""How far apart the frames of a set's clips are: what is chosen, what is refused, and what is said."""

from pathlib import Path

import numpy as np
import pytest

from clip_files import numbers_of, write_classes, write_frames, write_video
from striate.data import ClipData, Sampling, open_data
from striate.data.options import Options
from striate.data.sources.spacing import Length, choose_sampling
from striate.errors import ArgumentError, DataError


def test_files_of_ten_and_of_a_hundred_and_twenty_frames_a_second_give_equal_steps(tmp_path: Path) -> None:
    """Each frame is as bright as its time is late, to a sixth of a second: 1.5 seconds."""
    for rate in (10, 120):
        shades = [20 + 12 * int(6 * n / rate) for n in range(3 * rate // 2)]
        pictures = [np.full((32, 48, 3), shade, np.uint8) for shade in shades]
        for name in ("a", "b"):
            for number in range(3):
                write_video(tmp_path / name / f"{rate}-{number}.mp4", rate=rate, pictures=pictures)
    data = open_data(tmp_path, frames=3, span=1.5, size=16, workers=0)
    assert isinstance(data, ClipData)
    assert data.sampling == Sampling(3, step=0.5)
    clips = data.splits["train"]
    assert {name.rsplit("/", 1)[1][:2] for name in clips.names} == {"10", "12"}
    for clip in clips.take(range(len(clips))):
        assert numbers_of(clip.numpy()) == [1, 4, 7]  # at a quarter, three and five quarters of a second


@pytest.mark.parametrize(
    ("options", "sampling"),
    [
        (Options(frames=4, span=2.0), Sampling(4, step=0.5)),
        (Options(frames=4, rate=8.0), Sampling(4, step=0.125)),
        (Options(frames=4, span="whole"), Sampling(4)),
        (Options(frames=4, stride=3), Sampling(4, stride=3)),
        (Options(frames=4), Sampling(4, step=0.75)),
        (Options(), Sampling(8, step=0.375)),
    ],
)
def test_what_is_asked_for_and_what_is_chosen(options: Options, sampling: Sampling) -> None:
    lengths = [Length(30, 2.0), *[Length(45, 3.0)] * 5, *[Length(450, 30.0)] * 4]
    assert choose_sampling(lengths, options)[0] == sampling


def test_long_recordings() -> None:
    sampling, notes = choose_sampling([Length(1500, 60.0)] * 3, Options(frames=8))
    assert sampling == Sampling(8, step=1.25)
    assert notes == (
        "clips span 10 s, the most by default (--span SECONDS or --rate asks for another speed, --span whole "
        "spreads the frames over each file)",
    )


def test_folders_of_frames_are_spread_over_or_counted_by_a_rate(tmp_path: Path) -> None:
    for name in ("a", "b"):
        for number in range(4):
            write_frames(tmp_path / name / str(number), 12)
    data = open_data(tmp_path, frames=4, workers=0)
    assert isinstance(data, ClipData)
    assert data.sampling == Sampling(4)
    timed = open_data(tmp_path, frames=4, rate=5.0, frame_rate=10.0, size=16, workers=0)
    assert numbers_of(timed.splits["train"].take([0])[0].numpy()) == [3, 5, 7, 9]
    assert timed.to_json()["frame_rate"] == 10
    with pytest.raises(DataError) as raised:
        open_data(tmp_path, frames=4, span=1.0, workers=0)
    assert str(raised.value) == (
        "8 of 8 clips tell no times, as folders of frames do: say how many frames a second they have, with "
        "--frame-rate, or --span whole, which spreads the frames over each clip"
    )


def test_a_stride_where_frame_rates_differ(tmp_path: Path) -> None:
    write_classes(tmp_path, count=4)
    write_video(tmp_path / "run" / "fast.mp4", 18, rate=30)
    with pytest.raises(DataError) as raised:
        open_data(tmp_path, frames=2, stride=2, workers=0)
    assert str(raised.value) == (
        "a stride counts frames, and these clips have 10 to 30 of them a second: say --rate or --span, which "
        "count in seconds"
    )


def test_clips_that_cannot_fill_a_span_are_counted() -> None:
    lengths = [Length(20, 2.0), Length(9, 0.9), Length(10, 1.0)]
    assert choose_sampling(lengths, Options(frames=4, span=2.0))[1] == (
        "2 of 3 clips are too short for 4 frames over 2 s (the shortest takes 0.9 s): the nearest frame is "
        "repeated",
    )
    assert choose_sampling(lengths, Options(frames=4, rate=20.0))[1] == (
        "3 of 3 clips have fewer frames a second than the 20 that are taken (the fewest 10): frames are "
        "repeated",
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"span": "all"}, "span must be a number of seconds, or whole; got 'all': try --span 2.0"),
        ({"span": 0.0}, "span must be above 0; got 0: as 2.0 seconds"),
        ({"rate": -1.0}, "rate must be above 0; got -1: as 4 a second"),
        (
            {"span": 2.0, "rate": 4.0},
            "span and rate both say how far apart a clip's frames are: give one of them",
        ),
    ],
)
def test_impossible_times(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        open_data("motion-digits", **options)  # type: ignore[arg-type]
    assert str(raised.value) == sentence


def test_a_frame_rate_that_files_tell_themselves_is_said_to_be_of_no_use() -> None:
    said = "every clip tells its times itself: the frame rate of 25 is not used"
    for options in (Options(frames=4, frame_rate=25.0), Options(frames=4, frame_rate=25.0, span="whole")):
        assert choose_sampling([Length(30, 2.0)] * 3, options)[1][-1] == said
        assert said not in choose_sampling([Length(30, 2.0), Length(30, None)], options)[1]
