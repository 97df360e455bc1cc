"""`striate explain` as it is typed."""

import json
from pathlib import Path

import pytest

from small_clips import clip_run, pictures, write_video
from striate.cli import main
from striate.explaining.pictures import SHOWS, Show
from striate.training.train import Run


def test_a_number_on_the_terminal(digits_run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "explain",
        str(digits_run.path),
        "digits/test/17",
        "--layer",
        "conv1",
        "--filter",
        "3",
        "--at",
        "4,4",
    ]
    assert main(words) == 0
    told = capsys.readouterr().out
    assert "One number of conv1: output [0,3,4,4], convolution" in told
    assert "By hand: " in told


def test_in_vietnamese(digits_run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["explain", str(digits_run.path), "test/17", "--layer", "pool1", "--language", "vi"]
    assert main(words) == 0
    assert "gộp cực đại" in capsys.readouterr().out


def test_json_and_nothing_else(digits_run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["explain", str(digits_run.path), "test/17", "test/18", "--layer", "conv2", "--weight", "3,0,1,1"]
    assert main([*words, "--through", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["gradient"]["weight"] == [3, 0, 1, 1]
    assert len(told["gradient"]["uses"][0]["per_sample"]) == 2


def test_a_page(digits_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    words = ["explain", str(digits_run.path), "test/17", "--layer", "conv1", "--show", "maps", "grad-cam"]
    assert main([*words, "--html", str(page), "--language", "vi"]) == 0
    assert capsys.readouterr().out.split() == [str(page)]
    assert page.read_text().startswith('<!DOCTYPE html>\n<html lang="vi">')


def test_every_picture_can_be_asked_for() -> None:
    assert set(Show.__args__) == SHOWS.keys()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            [],
            "explain needs NETWORK and INPUTS: for example "
            "`striate explain runs/digits-plain digits/test/17`",
        ),
        (
            ["RUN"],
            "explain needs INPUTS: for example `striate explain runs/digits-plain digits/test/17`",
        ),
        (
            ["RUN", "test/1", "--layer", "conv3"],
            "unknown layer 'conv3': did you mean 'conv2'? Known: conv1, conv2, ",
        ),
        (
            ["RUN", "test/1", "--layer", "conv1", "--at", "1;2"],
            "at takes whole numbers with commas between, as in ",
        ),
        (
            ["RUN", "test/1", "--target", "nobody", "--show", "occlusion"],
            "unknown class 'nobody': known: 0, 1, 2, ",
        ),
        (
            ["RUN", "test/1", "--layer", "conv1", "--filter", "8"],
            "filter 8 is not in conv1: expected 0–7; the ",
        ),
    ],
)
def test_one_sentence_and_exit_code_2(
    digits_run: Run, words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [str(digits_run.path) if word == "RUN" else word for word in words]
    assert main(["explain", *asked]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"striate: {expected}")
    assert told.err.count("\n") == 1


def test_a_page_about_a_video(small_clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = clip_run(tmp_path / "run", data=small_clips).path
    video, page = write_video(tmp_path / "jump.mp4", pictures(True, 0)), tmp_path / "page.html"
    words = ["explain", str(run), str(video), "--layer", "backbone.conv2", "--show", "grad-cam"]
    assert main([*words, "--html", str(page)]) == 0
    assert str(video) in page.read_text()
    (tmp_path / "half.mp4").write_bytes(video.read_bytes()[:100])
    capsys.readouterr()
    assert main(["explain", str(run), str(tmp_path / "half.mp4")]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"striate: cannot read the video {tmp_path / 'half.mp4'}: ")
    assert told.count("\n") == 1
