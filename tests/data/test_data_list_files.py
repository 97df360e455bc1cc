"""Lists of clips, as they are published and as people write them."""

import json
from pathlib import Path

import pytest

from clip_files import write_frames, write_video
from striate.data import open_data
from striate.data.sources.list_files import is_list, list_clips
from striate.data.sources.listing import Listing
from striate.errors import DataError


def clips(root: Path, *names: str) -> None:
    """Files that are there; nothing here opens them."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def write(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def told(listing: Listing) -> dict[str, list[tuple[str, str]]]:
    """Split → path below the root, class."""
    pairs = [(key, listing.classes[label]) for key, label in zip(listing.keys, listing.labels, strict=True)]
    return {split: [pairs[row] for row in rows] for split, rows in listing.rows.items()}


A, B = ("a one.mp4", "0"), ("b.mp4", "1")


@pytest.mark.parametrize(
    "lines",
    [
        ["a one.mp4 0", "b.mp4 1"],
        ["a one.mp4 17 0", "b.mp4 9 1"],
        ["path label", "a one.mp4 0", "b.mp4 1"],
        ["path num_frames label", "a one.mp4 17 0", "b.mp4 9 1"],
        ["a one.mp4,0", "b.mp4,1"],
        ["a one.mp4, 17, 0", "b.mp4, 9, 1"],
        ["path,label", "a one.mp4,0", "b.mp4,1"],
        ["label,num_frames,path", "0,17,a one.mp4", "1,9,b.mp4"],
        ['"a one.mp4",0', "b.mp4,1"],
        ["a one.mp4\t0", "b.mp4\t1"],
        ["# by hand", "a one.mp4;0", "", "b.mp4;1"],
    ],
)
def test_paths_and_labels(tmp_path: Path, lines: list[str]) -> None:
    clips(tmp_path, "a one.mp4", "b.mp4")
    assert told(list_clips(write(tmp_path / "list.txt", *lines))) == {"train": [A, B]}


def test_numbers_at_the_end_of_paths(tmp_path: Path) -> None:
    """`take 1` is a path here, and 1 no number of frames."""
    clips(tmp_path, "take 1.mp4", "take 2.mp4", "b 1.mp4")
    listing = list_clips(write(tmp_path / "list.txt", "take 1 x", "take 2 x", "b 1 y"))
    assert told(listing) == {"train": [("take 1.mp4", "x"), ("take 2.mp4", "x"), ("b 1.mp4", "y")]}


def test_numbers_are_named_by_their_folders(tmp_path: Path) -> None:
    clips(tmp_path, "videos/walk/a.avi", "videos/jump/b.avi", "videos/walk/c.avi")
    lines = ["walk/a.avi 0", "jump/b.avi 1", "walk/c.avi 0"]
    assert list_clips(write(tmp_path / "l.txt", *lines)).classes == ("walk", "jump")
    lines[2] = "walk/c.avi 1"
    assert list_clips(write(tmp_path / "l.txt", *lines)).classes == ("0", "1")


def test_ucf101(tmp_path: Path) -> None:
    names = [f"v_{label}_g{group:02}_c01.avi" for label in ("Archery", "Biking") for group in (1, 8, 9)]
    clips(tmp_path / "UCF-101", *(f"{name.split('_')[1]}/{name}" for name in names))
    lists = tmp_path / "ucfTrainTestlist"
    write(lists / "classInd.txt", "1 Archery", "2 Biking")
    train = write(
        lists / "trainlist01.txt",
        *(f"{name.split('_')[1]}/{name} {1 + name.startswith('v_B')}" for name in names if "g01" not in name),
    )
    write(lists / "testlist01.txt", *(f"{name.split('_')[1]}/{name}" for name in names if "g01" in name))
    listing = list_clips(train)
    assert listing.classes == ("Archery", "Biking")
    assert told(listing)["test"] == [
        ("Archery/v_Archery_g01_c01.avi", "Archery"),
        ("Biking/v_Biking_g01_c01.avi", "Biking"),
    ]
    assert len(told(listing)["train"]) == 4
    assert listing.notes == ("read from trainlist01.txt, testlist01.txt",)


def test_hmdb51(tmp_path: Path) -> None:
    clips(tmp_path / "hmdb51", "run/a b.avi", "run/c.avi", "run/unused.avi", "turn/d.avi", "turn/e.avi")
    lists = tmp_path / "splits"
    write(lists / "run_test_split1.txt", "a b.avi 1 ", "c.avi 2 ", "unused.avi 0 ")
    write(lists / "run_test_split2.txt", "a b.avi 2 ", "c.avi 1 ", "unused.avi 0 ")
    write(lists / "turn_test_split1.txt", "d.avi 1 ", "e.avi 2 ")
    assert is_list(lists)
    expected = {
        "train": [("run/a b.avi", "run"), ("turn/d.avi", "turn")],
        "test": [("run/c.avi", "run"), ("turn/e.avi", "turn")],
    }
    assert told(list_clips(lists)) == expected
    assert told(list_clips(lists / "turn_test_split1.txt")) == expected
    assert told(list_clips(lists / "run_test_split2.txt"))["test"] == [("a b.avi", "run")]


def test_something_something(tmp_path: Path) -> None:
    clips(tmp_path / "20bn-something-something-v2", "78.webm", "42.webm", "7.webm", "9.webm")
    stem = "something-something-v2"
    for split, ids in {"train": ("78", "42"), "validation": ("7",), "test": ("9",)}.items():
        rows = [
            {
                "id": one,
                "label": "holding a pen",
                "template": f"{'Holding' if one != '42' else 'Dropping'} [something]",
            }
            for one in ids
        ]
        (tmp_path / f"{stem}-{split}.json").write_text(
            json.dumps([{"id": "9"}] if split == "test" else rows), encoding="utf-8"
        )
    listing = list_clips(tmp_path / f"{stem}-train.json")
    assert told(listing) == {
        "train": [("78.webm", "Holding something"), ("42.webm", "Dropping something")],
        "val": [("7.webm", "Holding something")],
    }


def test_kinetics(tmp_path: Path) -> None:
    clips(tmp_path / "videos", "dancing ballet/abc_000001_000011.mp4", "air drumming/-x_000020_000030.mp4")
    listing = list_clips(
        write(
            tmp_path / "kinetics.csv",
            "label,youtube_id,time_start,time_end,split,is_cc",
            "dancing ballet,abc,1,11,train,0",
            "air drumming,-x,20,30,validate,0",
        )
    )
    assert told(listing) == {
        "train": [("dancing ballet/abc_000001_000011.mp4", "dancing ballet")],
        "val": [("air drumming/-x_000020_000030.mp4", "air drumming")],
    }


def test_a_list_of_frame_folders_is_read(tmp_path: Path) -> None:
    for number in range(8):
        write_frames(tmp_path / f"clip {number}", frames=4 + number)
    path = write(tmp_path / "list.txt", *(f"clip {number} {4 + number} {number % 2}" for number in range(8)))
    data = open_data(path, frames=3, size=16)
    assert data.name == "list"
    assert data.splits["train"].take([0]).shape == (1, 3, 3, 16, 16)


def test_a_list_that_points_nowhere(tmp_path: Path) -> None:
    clips(tmp_path, "a.mp4")
    path = write(tmp_path / "list.txt", "a.mp4 0", *(f"lost/{number}.mp4 1" for number in range(5)))
    with pytest.raises(DataError) as raised:
        list_clips(path)
    assert str(raised.value) == (
        f"5 of the 6 files that {path} names are not there: lost/0.mp4, lost/1.mp4, lost/2.mp4, …; looked "
        f"in {tmp_path}, {tmp_path.parent} and the folders in both: put the list beside the files, or write "
        "whole paths"
    )


def test_a_few_lost_clips_are_skipped(tmp_path: Path) -> None:
    for number in range(22):
        write_video(tmp_path / f"{number}.mp4", frames=2 + number % 9)
    (tmp_path / "21.mp4").unlink()
    path = write(tmp_path / "list.txt", *(f"{number}.mp4 {number % 2}" for number in range(22)))
    data = open_data(path, frames=2, size=16)
    assert [(Path(one.path).name, one.reason) for one in data.skipped] == [
        ("21.mp4", "No such file or directory")
    ]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("l.txt", "\n", "{path} is empty: expected a list of images or clips, `path label` on each line"),
        (
            "l.json",
            '{"a": [1]}',
            '{path} is not a list of images or clips: expected {{"a.png": "cat", …}}, Something-Something\'s '
            '[{{"id": …, "template": …}}, …], a table as [{{"path": …, "start": …, "end": …, '
            '"label": …}}, …], or ActivityNet\'s {{"database": {{…}}}}',
        ),
        (
            "l.json",
            '[{"id": 1}]',
            "{path} names no images or clips with labels: expected `path label` on each line",
        ),
        (
            "l.csv",
            "path,num_frames,label\na.mp4,3",
            "{path} has rows of fewer columns than the 3 of its header: expected as many in each",
        ),
    ],
)
def test_what_is_no_list(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as raised:
        list_clips(path)
    assert str(raised.value) == sentence.format(path=path)


def test_a_class_seen_only_in_test(tmp_path: Path) -> None:
    names = ["a/1.mp4", "b/2.mp4", "c/3.mp4"]
    clips(tmp_path, *names)
    train = write(tmp_path / "train.txt", "a/1.mp4 a", "b/2.mp4 b")
    write(tmp_path / "test.txt", "c/3.mp4 c")
    with pytest.raises(DataError) as raised:
        open_data(train)
    assert (
        str(raised.value) == "class 'c' is in test but not in train: add clips of it to train, or remove it"
    )
