"""One writer in a folder, and nothing written through links."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from striate import runs
from striate.errors import RunError

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
        for writer in ("training", "packing"):
            with pytest.raises(RunError) as caught, runs.lock(tmp_path, writer):
                pass
            assert str(caught.value) == (
                f"another {writer} (process {other.pid}) is writing into {tmp_path}: "
                "wait for it, or choose another folder with --out"
            )
        other.kill()
    with runs.lock(tmp_path):  # the killed one holds nothing any more
        pass


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    sentence = r"cannot write into .*/file/run: a file stands where a folder is to be; choose another folder"
    with pytest.raises(RunError, match=sentence), runs.lock(tmp_path / "file" / "run"):
        pass


@pytest.mark.parametrize("kind", ["symbolic link", "hard link", "pipe", "folder"])
def test_a_lock_that_is_a_link_or_no_file(tmp_path: Path, kind: str) -> None:
    mine, run = tmp_path / "mine", tmp_path / "run"
    mine.write_text("mine")
    run.mkdir()
    if kind == "symbolic link":
        (run / ".lock").symlink_to(mine)
    elif kind == "hard link":
        (run / ".lock").hardlink_to(mine)
    elif kind == "pipe":
        os.mkfifo(run / ".lock")
    else:
        (run / ".lock").mkdir()
    with pytest.raises(RunError) as caught, runs.lock(run):
        pass
    reason = (
        "Is a directory"
        if kind == "folder"
        else "its .lock is a link or no file, which striate never makes: remove it"
    )
    assert str(caught.value) == f"cannot write into {run}: {reason}; choose another folder with --out"
    assert mine.read_text() == "mine"
