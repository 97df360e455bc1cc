"""`striate evaluate`: the table, the files, JSON alone."""

import csv
import json
from pathlib import Path

import pytest
from commands import Command

from striate.runs import read_record
from striate.training.train import Run


def test_the_table(run: Command, digits_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS")  # where nobody looks, no line is broken
    done = run("evaluate", digits_run.path)
    scores = digits_run.test
    assert scores is not None
    assert done.code == 0
    lines = done.out.splitlines()
    assert (
        f"{digits_run.path} on digits, test: {100 * scores.top1:.2f} % of 359 images, "
        f"top-5 {100 * scores.top5:.2f} %, "
        f"loss {scores.loss:.4f}, calibration error {100 * scores.calibration_error:.2f} %"
    ) in lines
    head = next(number for number, line in enumerate(lines) if line.startswith("class "))
    assert lines[head].split() == ["class", "images", "precision", "recall", "most", "often", "taken", "for"]
    table = [line.replace(" %", "%").split() for line in lines[head + 1 :]]
    assert [row[0] for row in table] == list("0123456789")
    assert [int(row[1]) for row in table] == [one.images for one in scores.classes]
    assert table[8][3] == f"{scores.classes[8].recall:.2%}"


def test_json_alone(run: Command, digits_run: Run) -> None:
    content = run("evaluate", digits_run.path, "--json").json
    results = read_record(digits_run.path)["results"]["test"]
    assert {name: content[name] for name in results} == results
    assert (content["data"], content["split"]) == ("digits", "test")


def test_files(run: Command, digits_run: Run, tmp_path: Path) -> None:
    out = tmp_path / "a" / "report"
    done = run("evaluate", digits_run.path, "--split", "val", "--out", out)
    names = ("evaluation.json", "predictions.csv", "confusion.png", "curves.png", "curves.json")
    assert done.out.splitlines()[-5:] == [f"written: {out / name}" for name in names]
    content = json.loads((out / "evaluation.json").read_text())
    rows = list(csv.DictReader((out / "predictions.csv").read_text().splitlines()))
    assert len(rows) == content["images"] == 180
    right = sum(row["class"] == row["label"] for row in rows)
    assert right / 180 == pytest.approx(content["top1"])
    assert (out / "confusion.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_refused(run: Command, digits_run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    mistakes = {
        (): f"no folder {tmp_path / 'none'}: give ",
        (
            "--split",
            "tests",
        ): "digits has no split 'tests': it has train, val, test; name one with --split, or all",
        ("--device", "gpu"): "unknown device 'gpu': use auto, cpu, cuda or cuda:1",
        ("--out", tmp_path / "file"): (
            f"could not save {tmp_path / 'file' / 'evaluation.json'}: a file stands where a folder is to "
            "be; name another place\n"
        ),
    }
    for words, sentence in mistakes.items():
        data = () if words else (tmp_path / "none",)
        done = run("evaluate", digits_run.path, *data, *words)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"striate: {sentence}")
        assert done.err.count("\n") == 1


def test_more_classes_than_a_screen_holds(
    run: Command, digits_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("striate.evaluating.page.LISTED", 4)
    assert run("evaluate", digits_run.path).out.rstrip().endswith("6 more classes: --json lists all")


def test_what_is_asked_for_besides_is_said(run: Command, digits_run: Run) -> None:
    done = run("evaluate", digits_run.path, "--top", "2", "--threshold", "0.9")
    content = run("evaluate", digits_run.path, "--top", "2", "--threshold", "0.9", "--json").json
    top, sure = content["top_k"], content["sure"]
    assert set(top) == {"k", "accuracy"}
    said = done.out.splitlines()
    assert f"the true class is among the 2 most probable ones: {100 * top['accuracy']:.2f} %" in said
    assert (
        f"at least 90 % probable: {sure['images']} of 359 images ({100 * sure['share']:.2f} %), "
        f"{100 * sure['accuracy']:.2f} % of those right"
    ) in said


def test_the_page_is_that_of_the_result(run: Command, digits_run: Run, tmp_path: Path) -> None:
    page = tmp_path / "a" / "report.html"
    done = run("evaluate", digits_run.path, "--html", page, "--mistakes", "2")
    assert done.out.splitlines()[-1] == f"written: {page}"
    text = page.read_text()
    assert text.startswith("<!DOCTYPE html>")
    assert text.count("<figcaption>true: ") == 2
