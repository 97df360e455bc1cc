"""The run folder: whole files or none, one writer, clear words for what is wrong."""

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from striate import runs
from striate.errors import RunError


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    runs.write(path, lambda beside: beside.write_text("old"))

    def half(beside: Path) -> None:
        beside.write_text("ne")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(RunError) as caught:
        runs.write(path, half)
    assert str(caught.value) == (
        f"could not save {path}: the disk is full; what was saved before is intact: "
        "make room or choose another folder with --out, then try again (a training goes on with --resume)"
    )
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("text", ["I/O error: No space left on device (os error 28)", "file write failed"])
def test_a_full_disk_is_recognised_in_the_words_of_other_writers(tmp_path: Path, text: str) -> None:
    def fail(beside: Path) -> None:
        raise RuntimeError(text)

    with pytest.raises(RunError, match="the disk is full"):
        runs.write(tmp_path / "file", fail)


def test_a_really_full_disk() -> None:
    with pytest.raises(OSError) as caught:
        Path("/dev/full").write_text("x")
    assert runs._why(caught.value) == "the disk is full"


def test_mistakes_of_ours_are_not_called_a_full_disk(tmp_path: Path) -> None:
    def fail(beside: Path) -> None:
        raise ValueError("a mistake of ours")

    with pytest.raises(ValueError, match="a mistake of ours"):
        runs.write(tmp_path / "file", fail)


def test_the_record_comes_back(tmp_path: Path) -> None:
    runs.write_record(tmp_path, {"recipe": {"epochs": 3}})
    assert runs.read_record(tmp_path) == {"format": runs.FORMAT, "recipe": {"epochs": 3}}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "{run} is not a run: it holds no run.json; give a folder made by `striate train`"),
        ('{"format": 1, "rec', "{run}/run.json cannot be read as a run's record: it is damaged; "),
        ("[1, 2]", "{run}/run.json cannot be read as a run's record: it is damaged; "),
        (
            json.dumps({"format": 99}),
            "{run} was written by a newer striate (record format 99, this one reads up to 1): ",
        ),
    ],
)
def test_what_is_wrong_with_a_record(tmp_path: Path, content: str | None, sentence: str) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(RunError) as caught:
        runs.read_record(tmp_path)
    assert str(caught.value).startswith(sentence.format(run=tmp_path))


def test_no_folder_at_all(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no run at .*/none: expected a folder made by `striate train`"):
        runs.read_record(tmp_path / "none")


def test_a_missing_file_makes_it_half_written(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"is half-written: it holds no model\.safetensors; if its training"):
        runs.require(tmp_path, runs.MODEL)


def test_history_grows_and_is_cut(tmp_path: Path) -> None:
    for epoch in (1, 2, 3):
        runs.add_history(tmp_path, {"epoch": epoch})
    runs.cut_history(tmp_path, 2)
    assert runs.read_history(tmp_path) == [{"epoch": 1}, {"epoch": 2}]


HOLD = """
import sys, pathlib
from striate.runs import lock
with lock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    input()
"""


def test_two_trainings_in_one_folder(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(RunError) as caught, runs.lock(tmp_path):
            pass
        assert str(caught.value) == (
            f"another training (process {other.pid}) is writing into {tmp_path}: "
            "wait for it, or choose another folder with --out"
        )
        other.kill()
    with runs.lock(tmp_path):  # the killed one holds nothing any more
        pass


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    sentence = r"cannot write into .*/file/run: Not a directory; choose another folder"
    with pytest.raises(RunError, match=sentence), runs.lock(tmp_path / "file" / "run"):
        pass


def test_fresh_folders_are_numbered(tmp_path: Path) -> None:
    assert runs.fresh_folder(tmp_path, "a") == tmp_path / "a"
    (tmp_path / "a").mkdir()
    (tmp_path / "a-2").mkdir()
    assert runs.fresh_folder(tmp_path, "a") == tmp_path / "a-3"
