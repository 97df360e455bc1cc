"""Lists of segments in all their forms: which part of which file is a sample of which class."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clip_files import numbers_of, write_video
from striate.data import check_data, open_data, pack_data
from striate.data.segment import Segment
from striate.data.sources.list_columns import plain, rows_of
from striate.data.sources.list_files import list_clips
from striate.errors import DataError


def rows(path: Path) -> list[tuple[str, str]]:
    """Address below the root and class of each row."""
    listing = list_clips(path)
    return [(key, listing.classes[label]) for key, label in zip(listing.keys, listing.labels, strict=True)]


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


EXPECTED = [("long.mp4#t=0,1.5", "a"), ("long.mp4#t=62.5,70", "b")]


@pytest.mark.parametrize(
    "lines",
    [
        ["path,start,end,label", "long.mp4,0,1.5,a", "long.mp4,62.5,70,b"],
        ["video;t_start;t_end;class", "long;0:00;0:01.5;a", "long;1:02.5;1:10;b"],
        ["Label\tStart (s)\tEnd (s)\tFile Name", "a\t0\t1.5\tlong.mp4", "b\t62.5\t70\tlong.mp4"],
        ["video_id,StartTime,StopTime,action", "long,00:00:00,00:00:01.5,a", "long,00:01:02.5,00:01:10,b"],
        ["path,begin,duration,label", "long.mp4,0,1.5,a", "long.mp4,62.5,7.5,b"],
        ["long.mp4,0,1.5,a", "long.mp4,62.5,70,b"],
        ["long.mp4 0 1.5 a", "long.mp4 62.5 70 b"],
        ["path start end label", "long.mp4 0 1.5 a", "long.mp4 62.5 70 b"],
    ],
)
def test_segments_in_seconds(tmp_path: Path, lines: list[str]) -> None:
    (tmp_path / "long.mp4").touch()
    assert rows(write(tmp_path / "list.csv", *lines)) == EXPECTED


def test_segments_in_frames_and_open_ones(tmp_path: Path) -> None:
    (tmp_path / "long.mp4").touch()
    lines = ["path,start_frame,end_frame,label", "long.mp4,0,30,a", "long.mp4,30.0,,b", "long.mp4,,,a"]
    assert rows(write(tmp_path / "list.csv", *lines)) == [
        ("long.mp4#frames=0,30", "a"),
        ("long.mp4#frames=30,", "b"),
        ("long.mp4", "a"),
    ]


def test_a_table_in_json(tmp_path: Path) -> None:
    (tmp_path / "long.mp4").touch()
    entries = [
        {"path": "long.mp4", "start": 0, "end": 1.5, "label": "a"},
        {"path": "long.mp4", "start": "1:02.5", "end": 70, "label": "b"},
    ]
    assert rows(write(tmp_path / "list.json", json.dumps(entries))) == EXPECTED


def test_activity_net(tmp_path: Path) -> None:
    above = tmp_path.parent / f"{tmp_path.name} beside"  # looked into as well, after the list's own folder
    above.mkdir()
    for file in (tmp_path / "v_one.mp4", tmp_path / "two.mkv", tmp_path / "two.jpg", above / "one.mp4"):
        file.touch()
    one = [{"segment": [0.5, 2], "label": "Jump"}, {"segment": [3, 4.25], "label": "Run"}]
    database = {
        "one": {"duration": 9.0, "subset": "training", "annotations": one},
        "two": {"subset": "validation", "annotations": [{"segment": [1, 2], "label": "Run"}]},
        "three": {"subset": "testing", "annotations": []},
    }
    path = write(tmp_path / "activity.json", json.dumps({"version": "1.3", "database": database}))
    listing = list_clips(path)
    assert rows(path) == [
        ("v_one.mp4#t=0.5,2", "Jump"),
        ("v_one.mp4#t=3,4.25", "Run"),
        ("two.mkv#t=1,2", "Run"),
    ]
    assert listing.split.tolist() == ["train", "train", "val"]
    assert listing.notes == (
        "read from activity.json",
        "1 video without annotations left out",
        "3 of 3 clips are segments, of 2 files",
    )


def test_kinetics_in_whole_files_and_in_cut_ones(tmp_path: Path) -> None:
    for name in ("whole.mp4", "cut_000003_000013.mp4"):
        (tmp_path / name).touch()
    header = "label,youtube_id,time_start,time_end,split"
    path = write(tmp_path / "k.csv", header, "sing,whole,12,22,train", "dance,cut,3,13,train")
    assert rows(path) == [("whole.mp4#t=12,22", "sing"), ("cut_000003_000013.mp4", "dance")]


def test_labels_that_are_words_of_a_header(tmp_path: Path) -> None:
    for name in ("1.mp4", "2.mp4"):
        (tmp_path / name).touch()
    assert rows(write(tmp_path / "l.csv", "1.mp4,stop", "2.mp4,start")) == [
        ("1.mp4", "stop"),
        ("2.mp4", "start"),
    ]


def test_a_split_in_a_third_column(tmp_path: Path) -> None:
    for name in ("1.mp4", "2.mp4", "3.mp4"):
        (tmp_path / name).touch()
    listing = list_clips(write(tmp_path / "l.csv", "1.mp4,a,train", "2.mp4,b,train", "3.mp4,b,test"))
    assert (listing.classes, listing.split.tolist()) == (("a", "b"), ["train", "train", "test"])


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (
            ["path,from_sec,label", "a.mp4,1,x"],
            "its column 'from_sec' may say which part of a file a row is: call it start or end (seconds), "
            "start_frame or end_frame, or remove it",
        ),
        (
            ["path,start,end,label", "a.mp4,1,2,x", "a.mp4,soon,2,x"],
            "line 3: the time 'soon' is neither seconds nor hh:mm:ss",
        ),
        (["path,start,end,label", "a.mp4,-1,2,x"], "line 2: the time '-1' is neither seconds nor hh:mm:ss"),
        (["path,start_frame,label", "a.mp4,1.5,x"], "line 2: '1.5' is no number of a frame"),
        (
            ["-5KQ66BBWC4,0902,0.077,0.151,0.283,0.811,80,1"],
            "it is a list of the kind of AVA, whose labels are of persons in boxes at a second, and a clip "
            "has one label: write path,start,end,label for the clips that you mean",
        ),
        (
            ["a.mp4,soon,later,x"],
            "it has 4 columns and no header: expected path,label or path,start,end,label, or a header that "
            "names the columns",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_understood(tmp_path: Path, lines: list[str], sentence: str) -> None:
    path = write(tmp_path / "list.csv", *lines)
    with pytest.raises(DataError) as raised:
        list_clips(path)
    assert str(raised.value) == f"{path} is no table of images or clips: {sentence}"


@pytest.mark.parametrize("known", ["start", "end", "start_frame", "end_frame"])
@pytest.mark.parametrize("other", ["to", "ende", "fin", "t2", "终", "start_frame_of_it"])
def test_half_a_segment_beside_another_column_of_times_is_refused(known: str, other: str) -> None:
    """Whatever the other bound is called: the file must not become a sample from here to its end."""
    with pytest.raises(ValueError, match="may say which part of a file a row is"):
        rows_of(["path", known, other, "label"], [["a.mp4", "1", "2", "x"], ["b.mp4", "0", "", "y"]])


def test_half_a_segment_alone_or_beside_words_is_one() -> None:
    (row,), notes = rows_of(["path", "start", "mood", "label"], [["a.mp4", "1", "good", "x"]])
    assert (row.segment, notes) == (Segment(1, None), ("columns not read: mood",))


def test_semicolons_between_decimal_commas(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    for header in ((), ("path;start;end;label",)):
        path = write(tmp_path / "l.csv", *header, "a.mp4;0,5;1,25;x", "a.mp4;2,5;3;y")
        assert rows(path) == [("a.mp4#t=0.5,1.25", "x"), ("a.mp4#t=2.5,3", "y")]


def test_columns_that_are_not_read_are_said(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    path = write(tmp_path / "l.csv", "path,start,end,Annotator,label,comment time", "a.mp4,1,2,me,x,noon")
    assert list_clips(path).notes[1] == "columns not read: Annotator, comment time"


@given(st.lists(st.sampled_from(["path", "label", "split", "start", "end", "mood"]), unique=True, min_size=2))
def test_columns_count_in_any_order(names: Sequence[str]) -> None:
    if "path" not in names or "label" not in names:
        return
    values = {"path": "a.mp4", "label": "x", "split": "val", "start": "1", "end": "2.5", "mood": "good"}
    (row,), notes = rows_of(names, [[values[name] for name in names]])
    assert (row.names, row.label, row.split) == (("a.mp4",), "x", "val" if "split" in names else None)
    bounds = tuple(float(values[name]) if name in names else None for name in ("start", "end"))
    assert (row.segment or (None, None))[:2] == bounds
    assert notes == (("columns not read: mood",) if "mood" in names else ())


@pytest.mark.parametrize(
    ("name", "expected"), [("Start (s)", "start_s"), ("startTime", "start_time"), (" t-end ", "t_end")]
)
def test_names_of_columns(name: str, expected: str) -> None:
    assert plain(name) == expected


def long_list(folder: Path, *lines: str) -> Path:
    """Ten segments of a recording of 1.8 seconds, in two classes."""
    write_video(folder / "long.mp4", 18, rate=10)
    segments = [f"long.mp4,{n / 10:g},{n / 10 + 0.3:g},{'ab'[n % 2]}" for n in range(10)]
    return write(folder / "list.csv", "path,start,end,label", *segments, *lines)


def test_ten_segments_of_a_file_are_ten_samples(tmp_path: Path) -> None:
    data = open_data(long_list(tmp_path), frames=3, size=16, workers=0)
    clips = data.splits["train"]
    assert (len(clips), data.duplicates, data.to_json()["seconds_per_frame"]) == (10, 0, pytest.approx(0.1))
    assert [numbers_of(clip.numpy()) for clip in clips.take(range(10))] == [
        [n, n + 1, n + 2] for n in range(10)
    ]
    assert data.notes == (
        "3 channels: every clip is in colour",
        "resized to 16 × 16 pixels from 32 × 48: short side first, then cut around the centre",
        "clips span 0.3 s, as nine in ten are at least that long (--span SECONDS or --rate asks for another "
        "speed, --span whole spreads the frames over each file)",
        "read from list.csv",
        "10 of 10 clips are segments, of 1 file",
        "split into 10 train, 0 val, 0 test, by recording, of which there are 1 (split seed 0)",
        "test is empty: 1 recording cannot be shared, or its classes are too small to share",
        "val is empty: 1 recording cannot be shared, or its classes are too small to share",
    )


def test_recordings_stay_on_one_side(tmp_path: Path) -> None:
    lines = []
    for number in range(8):
        write_video(tmp_path / f"{number}.mp4", 6, rate=10)
        lines += [f"{number}.mp4,0,0.3,a", f"{number}.mp4,0.3,0.6,b"]
    data = open_data(write(tmp_path / "l.csv", "path,start,end,label", *lines), frames=2, size=16, workers=0)
    files = {split: {name.partition("#")[0] for name in clips.names} for split, clips in data.splits.items()}
    assert sum(map(len, files.values())) == 8
    assert {split: len(clips) for split, clips in data.splits.items()} == {
        split: 2 * len(of_split) for split, of_split in files.items()
    }


def test_segments_that_are_not_there_are_listed(tmp_path: Path) -> None:
    report = check_data(long_list(tmp_path, "long.mp4,1,9,a", "long.mp4,1,1,b"), workers=0)
    assert [(Path(one.path).name, one.reason) for one in report.broken] == [
        ("long.mp4#t=1,9", "its segment ends at 9 s, and the file has 1.8 s"),
        ("long.mp4#t=1,1", "its segment is empty: it begins at 1 s and ends at 1"),
    ]
    assert report.counts == {"a": 5, "b": 5}


def test_a_pack_holds_the_segments_alone(tmp_path: Path) -> None:
    packed = pack_data(long_list(tmp_path), tmp_path / "packed", short_side=16, workers=0)
    assert (packed.clips, packed.frames) == (10, 30)
    (tmp_path / "long.mp4").unlink()
    data = open_data(tmp_path / "packed", frames=3, size=16)
    assert data.splits["train"].names[2] == "long.mp4#t=0.2,0.5"
    assert numbers_of(data.splits["train"].take([2])[0].numpy()) == [2, 3, 4]
    assert data.to_json()["seconds_per_frame"] == pytest.approx(0.1)
