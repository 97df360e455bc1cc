"""Names of files that a terminal or a spreadsheet would obey, pipes without end, folders that are hidden."""

import csv
import io
import os
from pathlib import Path

import numpy as np
import pytest
from commands import Command
from PIL import Image

from striate.evaluating.answers import Prediction
from striate.training.train import Run

HOSTILE = "\x1b]0;owned\x07\x1b[31mred\x9b2J\u202e.png"


def picture(path: Path) -> Path:
    """A small image under that name."""
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(path, "png")
    return path


@pytest.mark.parametrize("words", [(), ("--csv",), ("--json",)])
def test_no_name_reaches_the_terminal_raw(
    run: Command,
    digits_run: Run,
    tmp_path: Path,
    words: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("COLUMNS")
    picture(tmp_path / HOSTILE)
    (tmp_path / f"broken{HOSTILE}").write_text("hello")
    done = run("predict", digits_run.path, tmp_path, *words)
    shown = done.out + done.err if not words else done.err
    assert not [character for character in "\x1b\x07\x9b\u202e" if character in shown]
    assert words or r"\x1b]0;owned\x07\x1b[31mred\x9b2J\u202e.png" in done.out


@pytest.mark.parametrize("words", [(), ("--csv",)])
def test_no_name_makes_a_line_of_its_own(
    run: Command, digits_run: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    picture(tmp_path / "a\nskipped: b.png")
    (tmp_path / "c\nskipped: d.png").write_text("hello")
    done = run("predict", digits_run.path, tmp_path, *words)
    shown = done.out + done.err if not words else done.err
    assert not [line for line in shown.splitlines() if line.startswith(("skipped: b", "skipped: d"))]
    assert shown.count("c\\nskipped: d.png: ") == 1


def test_errors_neither(run: Command, digits_run: Run) -> None:
    done = run("predict", digits_run.path, "none\x1b[2J.png")
    assert done == (
        2, "", "striate: no file none\\x1b[2J.png: give image files, or folders that hold some\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    "name", ["=1+1.png", "+1.png", "-1.png", "@a.png", "\ta.png", "\ra.png", " =1.png", "＝1.png"]
)
def test_no_name_becomes_a_formula(name: str) -> None:
    from striate.evaluating.answers import to_csv

    one = Prediction(name, ("=cat",), (0.5,))
    row = next(csv.DictReader(io.StringIO(to_csv([one]), newline="")))
    assert (row["file"], row["class"], row["probability"]) == (f"'{name}", "'=cat", "0.500000")


def test_a_pipe_is_refused_and_what_is_hidden_is_not_looked_at(
    run: Command, digits_run: Run, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    done = run("predict", digits_run.path, tmp_path / "pipe.png")
    assert done.code == 2
    assert "pipe.png is no file that can be read to its end: give image files" in done.err
    for folder in (".thumbnails", "__MACOSX", "shown"):
        (tmp_path / folder).mkdir()
        picture(tmp_path / folder / "a.png")
    picture(tmp_path / ".b.png")
    files = [one["file"] for one in run("predict", digits_run.path, tmp_path, "--json").json["images"]]
    assert files == [str(tmp_path / "shown" / "a.png")]
