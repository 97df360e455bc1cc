"""`striate predict`: names as they are, CSV and JSON alone, files that cannot be read."""

import csv
import io
import json
from pathlib import Path

import pytest
from commands import Command
from PIL import Image

from striate import open_data
from striate.training.train import Run

NAMES = (
    "[bold]one[red].png",
    "a very long name of a photograph, with spaces, from a holiday in 2019.png",
    ":cat:.png",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three test images under strange names, and a file that is none."""
    folder = tmp_path_factory.mktemp("strange")
    images = open_data("digits").splits["test"].take(range(3)).numpy()[:, 0]
    for name, image in zip(NAMES, images, strict=True):
        Image.fromarray(image).save(folder / name)
    (folder / "broken.png").write_text("hello")
    return folder


def test_the_table(run: Command, digits_run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS")  # where nobody looks, no line is broken
    done = run("predict", digits_run.path, *(folder / name for name in NAMES), folder / "broken.png")
    lines = [line.rstrip() for line in done.out.splitlines()]
    assert lines[0].split() == ["file", "class", "probability", "then"]
    for line, name in zip(lines[1:4], NAMES, strict=True):
        assert line.startswith(f"{folder / name}  ")
        assert line.count("%") == 3
    assert lines[4] == f"skipped: {folder / 'broken.png'}: not an image that Pillow knows"
    assert (done.code, done.err) == (2, "")  # as something in the input did not fit


def test_json_alone(run: Command, digits_run: Run, folder: Path) -> None:
    content = run("predict", digits_run.path, folder, "--json").json
    assert {Path(image["file"]).name for image in content["images"]} == set(NAMES)
    assert [Path(one["file"]).name for one in content["skipped"]] == ["broken.png"]
    assert all(0 < image["probability"] <= 1 for image in content["images"])


def test_csv_alone(run: Command, digits_run: Run, folder: Path) -> None:
    done = run("predict", digits_run.path, folder, "--csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert {Path(row["file"]).name for row in rows} == set(NAMES)
    assert done.err == f"skipped: {folder / 'broken.png'}: not an image that Pillow knows\n"


def test_files(run: Command, digits_run: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    assert run("predict", digits_run.path, folder, "--out", out).code == 2  # a file was skipped
    content = json.loads((out / "predictions.json").read_text())
    rows = list(csv.DictReader((out / "predictions.csv").read_text().splitlines()))
    assert [row["class"] for row in rows] == [image["class"] for image in content["images"]]


def test_a_name_that_is_no_text(
    run: Command, digits_run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the archives of other systems leave them."""
    monkeypatch.delenv("COLUMNS")
    odd = tmp_path / "\udcff.png"
    odd.write_bytes((folder / NAMES[0]).read_bytes())
    done = run("predict", digits_run.path, odd, "--out", tmp_path / "out")
    assert done.code == 0
    assert "\\udcff.png" in done.out
    assert json.loads((tmp_path / "out" / "predictions.json").read_text())["images"][0]["file"] == str(odd)


def test_what_is_refused(run: Command, digits_run: Run, folder: Path, tmp_path: Path) -> None:
    mistakes = {
        (digits_run.path,): "predict needs FILES: for example `striate predict runs/digits-plain seven.png`",
        (digits_run.path, tmp_path): "no images given: name image files, or folders that hold some",
        (digits_run.path, "none.png"): "no file none.png: give image files, or folders that hold some",
        (digits_run.path, folder / "broken.png"): (
            f"cannot read the image {folder / 'broken.png'}: not an image that Pillow knows; "
            "give a whole image file"
        ),
        (
            tmp_path / "none",
            folder,
        ): f"no run at {tmp_path / 'none'}: expected a folder made by `striate train`; see `ls runs`",
        (
            folder,
            folder,
        ): f"{folder} is not a run: it holds no run.json; give a folder made by `striate train`",
    }
    for words, sentence in mistakes.items():
        assert run("predict", *words) == (2, "", f"striate: {sentence}\n")


def test_a_layer_needs_a_folder(run: Command, digits_run: Run, tmp_path: Path) -> None:
    done = run("predict", digits_run.path, tmp_path, "--embed", "stem")
    assert (done.code, done.err) == (
        2,
        "striate: --embed writes embeddings.npy into a folder: name it with --out\n",
    )


def test_a_part_says_how_far_it_is(run: Command, digits_run: Run, folder: Path, tmp_path: Path) -> None:
    words = ("predict", digits_run.path, folder, "--part", "1/1", "--out", tmp_path)
    done = run(*words)
    found = sorted(tmp_path.glob("part-*"))
    readable = len(found[0].read_text().splitlines())
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        f"  part 1/1          {readable + 1} files\n"
        "  looked at before  0\n"
        f"  predicted now     {readable}\n"
        "  not readable now  1\n"
        f"  predictions       {tmp_path}/part-1-of-1.jsonl\n"
        f"  not readable      {tmp_path}/part-1-of-1.skipped.jsonl\n"
    )
    assert run(*words, "--json").json == {
        "run": str(digits_run.path),
        "part": "1/1",
        "file": str(tmp_path / "part-1-of-1.jsonl"),
        "skipped_file": str(tmp_path / "part-1-of-1.skipped.jsonl"),
        "files": readable + 1,
        "before": readable + 1,
        "predicted": 0,
        "unreadable": 0,
        "notes": [],
    }
    assert run("predict", digits_run.path, folder, "--part", "1/1").err == (
        "striate: --part adds lines to files in a folder: name it with --out\n"
    )
