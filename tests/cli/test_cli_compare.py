"""`striate compare`: what it prints, how it is interrupted, and mistakes in one sentence."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from commands import Command

from hand_made_runs import BLIND, hand_made_run
from small_runs import At, Told
from striate import runs

pytestmark = pytest.mark.usefixtures("quick")

OPTIONS = (
    *("--time", "2d", "tsm", "--seeds", "1", "--frames", "4", "--num-threads", "1"),
    *("--epochs", "1", "--number-format", "fp32", "--batch-size", "8"),
    *("--options", "widths=8,8", "hidden=()"),
)


def test_trains_and_prints_the_table(
    run: Command, tmp_path: Path, small_clips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS")  # where nobody looks, all columns are shown
    out = tmp_path / "ways"
    done = run("compare", small_clips, *OPTIONS, "--seed", "7", "--out", out)
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "Accuracy and cost on frames"
    assert lines[1].split("  ")[0] == "way"
    assert [line.split()[0] for line in lines[2:4]] == ["2d", "tsm"]
    tops = [
        runs.read_record(out / f"plain-{time}-seed7")["results"]["test"]["top1"] for time in ("2d", "tsm")
    ]
    for line, top1 in zip(lines[2:4], tops, strict=True):
        assert f" {100 * top1:.2f} % " in line
        assert " 0.6 M " not in line
    assert lines[-3:] == [
        f"  pareto      {out}/pareto.png",
        f"  comparison  {out}/comparison.html",
        f"  comparison  {out}/comparison.json",
    ]
    told = done.err.splitlines()
    assert told[:2] == [
        "backbone plain: the usual one for clips (--backbone names another)",
        "[1 of 2] plain, 2d, seed 7",
    ]
    assert "[2 of 2] plain, tsm, seed 7" in told
    assert told[-1] == "measuring inference of 2 networks"


def test_runs_made_elsewhere_as_json(run: Command, tmp_path: Path) -> None:
    folders = [hand_made_run(tmp_path / "a", "2d", BLIND), hand_made_run(tmp_path / "b", "tsm")]
    content = run("compare", "--runs", *folders, "--json").json
    assert [(row["time"], row["backbone"], row["top1"]) for row in content["rows"]] == [
        ("2d", "plain", {"mean": 0.5, "std": 0.0, "values": [0.5]}),
        ("tsm", "plain", {"mean": 0.97, "std": 0.0, "values": [0.97]}),
    ]
    assert content["rows"][0]["macs"] == content["rows"][1]["macs"]
    assert content["rows"][1]["samples_per_second"] == 250.0
    assert content["files"] == []


def test_stopped(run: Command, tmp_path: Path, small_clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tellers: list[Any] = [At(2), Told()]
    monkeypatch.setattr(import_module("striate.comparing.compare"), "reporter_for", lambda: tellers.pop(0))
    words = ("compare", small_clips, *OPTIONS, "--out", tmp_path / "my ways")
    done = run(*words)
    assert (done.code, done.out) == (130, "")
    assert done.err == (
        "stopped, everything saved; go on with the same command:  striate compare "
        f"{small_clips} {' '.join(OPTIONS[:-1])} 'hidden=()' --out '{tmp_path}/my ways'\n"
    )
    assert run(*words).code == 0


def test_stopped_between_trainings(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*words: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("striate.compare", interrupted)
    done = run("compare", "motion-digits")
    assert done.code == 130
    assert done.err.endswith("go on with the same command:  striate compare motion-digits\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            (),
            "compare needs DATA or --runs: for example `striate compare motion-digits --time 2d tsm 2plus1d ",
        ),
        (("clips", "--time", "4d"), "unknown way through time '4d': did you mean '3d'? Known: "),
        (("clips", "--minutes", "3"), "compare has no option --minutes: did you mean --minutes-each?"),
        (
            ("clips", "--backbone", "resnet81"),
            "unknown backbone 'resnet81': did you mean 'resnet18'? Known: ",
        ),
        (
            ("--runs", "nowhere"),
            "no run at nowhere: expected a folder made by `striate train`; see `ls runs`",
        ),
    ],
)
def test_refused(run: Command, away: Path, words: tuple[str, ...], sentence: str) -> None:
    done = run("compare", *words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"striate: {sentence}")
    assert done.err.count("\n") == 1
