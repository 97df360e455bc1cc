"""A run trained on videos: segments of a file, and lists of them, predicted, scored and compared in pairs."""

from pathlib import Path

import numpy as np
import pytest

from small_clips import clip_run, pictures, write_video, write_videos
from striate import evaluate, predict
from striate.data import read_clip
from striate.evaluating.run_model import open_run, probabilities_of
from striate.runs import read_record
from striate.training.train import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Frames 0.4 seconds apart, of videos of 1.2 seconds."""
    folder = tmp_path_factory.mktemp("seconds")
    return clip_run(
        folder / "run", data=write_videos(folder / "videos"), size=12, frames=3, reversed={"left": "right"}
    )


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To the right and back, five frames a second: 2.4 seconds of 24 × 24 pixels."""
    frames = [np.kron(one, np.ones((2, 2), np.uint8)) for way in (True, False) for one in pictures(way, 1)]
    return write_video(tmp_path_factory.mktemp("long") / "long.mp4", frames)


def test_what_a_run_knows_of_time(run: Run) -> None:
    data = read_record(run.path)["data"]
    assert (data["frames"], data["stride"], data["seconds_per_frame"]) == (3, None, pytest.approx(0.4))
    assert data["options"]["span"] == 1.2
    assert (data["reversed"], data["pairs"]) == ([["left", "right"]], [["left", "right"]])
    trained = open_run(run.path)
    assert trained.sampling is not None
    assert trained.sampling.step == pytest.approx(0.4)
    assert "reversed" not in trained.data_options
    assert (
        "played backwards with the label swapped: every other of the clips of left and right, on average"
        in run.notes
    )
    assert "clips of 3 frames, 0.4 s apart: 2.5 a second, 1.2 s in all" in run.notes


def test_a_segment_is_predicted_by_itself(run: Run, long: Path) -> None:
    address = f"{long}#t=1.2,2.4"
    (found,) = predict(run.path, [address]).videos or ()
    assert (found.whole.file, len(found.windows)) == (address, 1)
    assert found.span == (pytest.approx(1.2), pytest.approx(2.4))
    trained = open_run(run.path)
    assert trained.sampling is not None
    clip = read_clip(address, sampling=trained.sampling, channels=trained.channels, size=trained.size)
    expected = np.sort(probabilities_of(trained, clip[None])[0])[::-1]
    assert list(found.whole.probabilities) == pytest.approx(expected.tolist(), rel=1e-4)


def test_a_list_of_segments_is_predicted_and_scored(run: Run, long: Path) -> None:
    path = long.with_name("list.csv")
    rows = [f"long.mp4,{0.1 * n},{1 + 0.1 * n},right" for n in range(3)]
    rows += [f"long.mp4,{1.2 + 0.1 * n},{1.9 + 0.1 * n},left" for n in range(3)]
    path.write_text("\n".join(["path,start,end,label", *rows]), encoding="utf-8")
    videos = predict(run.path, [path]).videos or ()
    assert [Path(video.whole.file).name for video in videos][:2] == ["long.mp4#t=0,1", "long.mp4#t=0.1,1.1"]
    scored = evaluate(run.path, path, split="all")
    assert [one.file for one in scored.predictions] == [video.whole.file for video in videos]
    assert [one.label for one in scored.predictions] == ["right"] * 3 + ["left"] * 3
    assert (
        "3 of 6 clips are too short for 3 frames over 1.2 s (the shortest takes 0.7 s): the nearest frame is "
        "repeated"
    ) in scored.notes
