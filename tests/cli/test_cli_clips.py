"""From a folder of videos to a prediction with times, by command; and what is refused on the way."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from commands import Command
from PIL import Image

from small_clips import clip_run, pictures, write_video, write_videos
from striate import runs
from striate.numbers import percent
from striate.training.train import Run

OPTIONS = (
    *("--num-threads", "1", "--epochs", "2", "--number-format", "fp32", "--batch-size", "4"),
    *("--options", "widths=8,8", "hidden=()"),
)
quick = pytest.mark.usefixtures("quick")


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of tiny MP4 files."""
    return write_videos(tmp_path_factory.mktemp("videos") / "moves")


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory, videos: Path) -> Run:
    """A run on them, whose frames are spread over each."""
    return clip_run(tmp_path_factory.mktemp("moving") / "run", data=videos, size=12, span="whole")


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds: thirty frames."""
    frames = [np.kron(one, np.ones((2, 2), np.uint8)) for _ in range(5) for one in pictures(True, 3)]
    return write_video(tmp_path_factory.mktemp("long") / "long.mp4", frames)


def refused(run: Command, *words: object) -> str:
    """The sentence with which a command is refused."""
    done = run(*words)
    assert done.code == 2, done
    assert done.out == ""
    assert done.err.count("\n") == 1
    return done.err.removeprefix("striate: ").rstrip("\n")


@quick
def test_a_folder_of_videos_trained_evaluated_predicted(
    run: Command, tmp_path: Path, videos: Path, long: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS")  # where nobody looks, no line is broken
    out = tmp_path / "run"
    done = run(
        *("train", videos, "--time", "tsm", "--frames", "4", "--span", "whole", "--size", "12", "--causal"),
        *(*OPTIONS, "--out", out),
    )
    assert done.code == 0, done.err
    record = runs.read_record(out)
    assert (record["network"]["time"], record["network"]["causal"]) == ("tsm", True)
    assert (
        f"  test accuracy        {percent(record['results']['test']['top1'])} of 4 clips"
        in done.out.splitlines()
    )
    assert done.out.splitlines()[-1] == f"next:  striate predict {out} VIDEO"
    assert " clips/s" in done.err
    done = run("evaluate", out, "--clips", "2", "--crops", "3", "--json")
    assert done.code == 0
    assert done.json["videos"] == 4
    assert done.json["views"]["clip_scores"]["clips"] == 4 * 2 * 3
    done = run("predict", out, long)
    assert done.code == 0
    lines = done.out.splitlines()
    assert [line.split()[1 if number == 0 else 0] for number, line in enumerate(lines[1:])] == [
        "0.00–6.00",
        "0.00–2.00",
        "2.00–4.00",
        "4.00–6.00",
    ]


def test_scores_of_videos_and_of_single_clips(
    run: Command, moving: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS")  # where nobody looks, no line is broken
    done = run("evaluate", moving.path, "--clips", "3")
    assert done.code == 0
    assert " of 4 videos (3 clips × 1 crop of each; " in done.out
    assert " of 12 single clips), loss " in done.out
    assert done.out.splitlines()[-3].split()[:2] == ["class", "videos"]


def test_predictions_as_json(run: Command, moving: Run, long: Path) -> None:
    done = run("predict", moving.path, long, "--json", "--window", "3")
    [video] = done.json["videos"]
    assert (video["file"], video["start_seconds"], video["end_seconds"]) == (str(long), 0.0, 6.0)
    assert video["class"] in ("left", "right")
    assert sum(video["classes"].values()) == pytest.approx(1)
    assert [(one["start_seconds"], one["end_seconds"]) for one in video["windows"]] == [
        (0.0, 3.0),
        (3.0, 6.0),
    ]
    assert done.json["skipped"] == []


def test_predictions_as_csv_and_as_files(run: Command, moving: Run, long: Path, tmp_path: Path) -> None:
    done = run("predict", moving.path, long, "--csv", "--out", tmp_path / "out")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [(row["part"], row["start_seconds"], row["end_seconds"]) for row in rows] == [
        ("video", "0.000", "6.000"),
        ("window", "0.000", "2.000"),
        ("window", "2.000", "4.000"),
        ("window", "4.000", "6.000"),
    ]
    assert {row["file"] for row in rows} == {str(long)}
    assert (tmp_path / "out" / "predictions.csv").read_text() == done.out
    assert '"windows"' in (tmp_path / "out" / "predictions.json").read_text()


def test_folders_of_videos_and_of_frames(run: Command, moving: Run, videos: Path, tmp_path: Path) -> None:
    frames = tmp_path / "some" / "frames"
    frames.mkdir(parents=True)
    for number, frame in enumerate(pictures(True, 0)):
        Image.fromarray(frame).save(frames / f"{number}.png")
    (tmp_path / "some" / "notes.txt").write_text("hello")
    done = run("predict", moving.path, videos / "test", tmp_path / "some", "--json")
    names = [Path(video["file"]).name for video in done.json["videos"]]
    assert names == ["0.mp4", "1.mp4", "0.mp4", "1.mp4", "frames"]
    assert (done.json["videos"][-1]["start_seconds"], len(done.json["videos"][-1]["windows"])) == (None, 1)
    assert "–" in run("predict", moving.path, frames).out.splitlines()[1]


def test_what_cannot_be_read_is_skipped_and_named(
    run: Command, moving: Run, long: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(long.read_bytes()[:100])
    (tmp_path / "empty.avi").write_bytes(b"")
    done = run("predict", moving.path, broken, long, tmp_path / "empty.avi", "--csv")
    assert done.code == 2  # a script that asked for three files is told that it got one
    assert {row["file"] for row in csv.DictReader(io.StringIO(done.out))} == {str(long)}
    named = done.err.splitlines()
    assert [line.split(": ")[:2] for line in named] == [
        ["skipped", str(broken)],
        ["skipped", str(tmp_path / "empty.avi")],
    ]
    assert "cannot read" not in done.err
    sentence = refused(run, "predict", moving.path, broken)
    assert sentence.startswith(f"cannot read the video {broken}: ")
    assert sentence.endswith("; give a whole video file")


@quick
@pytest.mark.parametrize("changes", [{"stride": 2}, {"span": 1.2}, {}])
def test_windows_of_a_run_that_knows_a_speed(
    run: Command, tmp_path: Path, videos: Path, long: Path, changes: dict[str, float]
) -> None:
    out = clip_run(tmp_path / "run", data=videos, size=12, frames=3, **changes).path
    [video] = run("predict", out, long, "--json").json["videos"]
    spans = [(one["start_seconds"], one["end_seconds"]) for one in video["windows"]]
    assert spans == [pytest.approx((1.2 * number, 1.2 * number + 1.2)) for number in range(5)]
    mean = np.mean([one["classes"]["left"] for one in video["windows"]])
    assert video["classes"]["left"] == pytest.approx(mean)
    assert refused(run, "predict", out, long, "--window", "2") == (
        "the network was trained on clips of 1.2 s and sees motion at that speed; got --window 2: leave it "
        "out"
    )


def test_images_for_clips_and_clips_for_images(
    run: Command, moving: Run, digits_run: Run, videos: Path, long: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "a.png"
    Image.new("L", (8, 8)).save(picture)
    assert refused(run, "predict", moving.path, picture) == (
        f"{moving.path} was trained on clips, and {picture} is an image: "
        "give video files, or folders of frames"
    )
    assert refused(run, "predict", digits_run.path, long) == (
        f"{digits_run.path} was trained on images, and {long} is a video: give image files"
    )
    assert refused(run, "predict", digits_run.path, picture, "--window", "2") == (
        f"{digits_run.path} was trained on images, which have no time: leave --window, --hop and --events out"
    )
    assert refused(run, "predict", moving.path, long, "--window", "0") == (
        "a window is longer than 0 seconds; got --window 0: try --window 2"
    )
    assert refused(run, "predict", moving.path, tmp_path / "none.mp4") == (
        f"no file {tmp_path / 'none.mp4'}: give video files, or folders that hold some"
    )
    (tmp_path / "empty").mkdir()
    assert refused(run, "predict", moving.path, tmp_path / "empty") == (
        "no videos given: name video files, or folders that hold some"
    )
    assert refused(run, "evaluate", digits_run.path, "--clips", "3") == (
        f"{digits_run.path} was trained on images, of which there is one view: leave --clips and --crops out"
    )
    assert refused(run, "evaluate", digits_run.path, videos) == (
        f"moves holds clips, and {digits_run.path} was trained on images: give images"
    )
    assert refused(run, "evaluate", moving.path, "digits") == (
        f"digits holds images, and {moving.path} was trained on clips: give clips"
    )
    assert refused(run, "evaluate", moving.path, "--crops", "2").startswith(
        "crops must be 1 (the centre) or 3"
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--time", "tms"), "unknown way through time 'tms': did you mean 'tsm'?"),
        (("--time", "tsm", "--frames", "1"), "tsm compares frames, and frames=1 leaves nothing to compare"),
        (
            ("--time", "two-stream", "--frames", "1"),
            "two-stream compares frames, and frames=1 leaves nothing",
        ),
        (("--frames", "0"), "frames must be a number of frames, at least 1; got 0"),
        (("--stride", "0"), "stride must be a distance in frames, at least 1; got 0"),
        (
            ("--backbone", "resnet81", "--time", "tsm"),
            "unknown backbone 'resnet81': did you mean 'resnet18'?",
        ),
        (
            ("--flow", "dis"),
            "optical flow is for --time two-stream; got --time tsm, which sees the picture only",
        ),
        (("--group-by", "("), "group_by must be a regular expression; got '('"),
        (("--freeze", "conv7"), "the network has no part 'conv7' to freeze: did you mean 'conv"),
    ],
)
def test_mistakes_in_training_on_clips(
    run: Command, videos: Path, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    found = refused_last(run, "train", videos, "--out", tmp_path / "run", "--size", "12", *words)
    assert found.startswith(f"striate: {sentence}")
    assert not (tmp_path / "run").exists()


def refused_last(run: Command, *words: object) -> str:
    """The last line: what is told of the data may stand before it."""
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    return done.err.splitlines()[-1]


def test_time_for_images(run: Command, tmp_path: Path) -> None:
    assert refused_last(run, "train", "digits", "--time", "tsm", "--out", tmp_path / "run") == (
        "striate: digits holds images, which have no time for --time tsm: leave it out, or give clips "
        "(a folder with one folder of videos per class, a list file, motion-digits)"
    )
    assert "digits holds images, which have no frames" in refused_last(
        run, "train", "digits", "--frames", "8", "--out", tmp_path / "run"
    )


def test_help_shows_clips(run: Command) -> None:
    assert (
        "striate train clips/ --backbone resnet18 --time tsm --weights resnet18.pth"
        in run("train", "--help").out
    )
    assert "--clips 10 --crops 3" in run("evaluate", "--help").out
    assert "video.mp4 --window 2" in run("predict", "--help").out
