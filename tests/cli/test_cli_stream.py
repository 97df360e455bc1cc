"""`striate stream`."""

import json
import re
from pathlib import Path

import pytest
from commands import Command

import striate
from small_clips import clip_run, write_frame_folders


@pytest.fixture(scope="module")
def streamed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run and a folder of six frames."""
    root = tmp_path_factory.mktemp("stream")
    data = write_frame_folders(root / "data", train=8, test=2)
    run = clip_run(root / "run", data=str(data), causal=True).path
    return run, sorted((data / "test" / "right").iterdir())[0]


def test_answers_where_they_change_and_a_summary(run: Command, streamed: tuple[Path, Path]) -> None:
    done = run("stream", *streamed)
    assert (done.code, done.err) == (0, "")
    *changes, summary = done.out.splitlines()
    assert all(re.fullmatch(r" +\d+\.\d\d s  (left|right)  \d+ %", line) for line in changes)
    assert changes[0].startswith("     0.00 s  ")
    assert re.fullmatch(r"\d answers, .* of work each", summary)


def test_json_is_a_line_an_answer(run: Command, streamed: tuple[Path, Path]) -> None:
    done = run("stream", *streamed, "--json", "--rate", 25)
    lines = [json.loads(line) for line in done.out.splitlines()]
    wanted = [moment.to_json() for moment in striate.stream(*streamed, rate=25)]
    for line, one in zip(lines, wanted, strict=True):
        assert {**line, "step_seconds": 0} == {**one, "step_seconds": 0}


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_answers_go_into_a_file(
    run: Command, streamed: tuple[Path, Path], tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"said{suffix}"
    assert run("stream", *streamed, "--out", out, "--rate", 25).code == 0
    moments = list(striate.stream(*streamed, rate=25))
    lines = out.read_text(encoding="utf-8").splitlines()
    if suffix == ".jsonl":
        assert [json.loads(line)["class"] for line in lines] == [moment.best for moment in moments]
        return
    assert lines[0] == "source,seconds,class,probability,dropped,note"
    assert lines[1:] == [
        f"{one.source},{one.time:.3f},{one.best},{one.probability:.6f},0," for one in moments
    ]


def test_ctrl_c_ends_it_with_a_summary(
    run: Command, streamed: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = striate.stream(*streamed)

    def broken(*_: object, **__: object) -> object:
        yield next(real)
        raise KeyboardInterrupt

    monkeypatch.setattr(striate, "stream", broken)
    done = run("stream", *streamed)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1].startswith("1 answer, ")


def test_a_source_that_is_gone_is_said_while_others_go_on(
    run: Command, streamed: tuple[Path, Path], tmp_path: Path
) -> None:
    """With a summary of what was said, if anything was, and the sentence at the end."""
    (tmp_path / "none.mp4").touch()
    sentence = f"cannot read the video {tmp_path / 'none.mp4'}: the file is empty"
    done = run("stream", *streamed, tmp_path / "none.mp4")
    assert (done.code, done.err) == (2, f"striate: {sentence}\n")
    assert sum(sentence in line for line in done.out.splitlines()) == 1
    assert done.out.splitlines()[-1].startswith("6 answers, ")
    done = run("stream", streamed[0], tmp_path / "none.mp4")
    assert (done.code, done.out, done.err) == (2, "", f"striate: {sentence}\n")


def test_other_files_are_refused(run: Command, streamed: tuple[Path, Path]) -> None:
    done = run("stream", *streamed, "--out", "said.txt")
    assert (done.code, done.out) == (2, "")
    assert done.err == "striate: out is a .csv, .jsonl or .mp4 file; got said.txt: try said.csv\n"


def test_events_are_lines_as_they_end(run: Command, streamed: tuple[Path, Path]) -> None:
    done = run("stream", *streamed, "--events", "--threshold", "0.01", "--threshold-off", "0.01")
    assert (done.code, done.err) == (0, "")
    *events, summary = done.out.splitlines()
    assert [re.sub(r"\d+ %", "N %", line) for line in events] == [
        "     0.00 to 0.24 s  left  N %",
        "     0.00 to 0.24 s  right  N %",
    ]
    assert summary.startswith("6 answers, ")
