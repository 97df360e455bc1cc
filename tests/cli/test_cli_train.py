"""`striate train`: what it prints, and every mistake in one sentence."""

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from commands import Command

import striate
from small_runs import TINY, Told, change_record, small_run
from striate import load, runs
from striate.models import build
from striate.models.catalogue import NETWORKS
from striate.training.recipe import Recipe
from striate.training.train import Run

OPTIONS = (
    *("--num-threads", "1", "--epochs", "2", "--number-format", "fp32", "--batch-size", "32"),
    *("--options", "widths=4,8", "hidden=16"),
)

quick = pytest.mark.usefixtures("quick")


def refused(run: Command, *words: object) -> str:
    """The sentence with which a command is refused."""
    done = run(*words)
    assert done.code == 2, done
    assert done.out == ""
    assert done.err.startswith("striate: ")
    assert done.err.count("\n") == 1
    return done.err.removeprefix("striate: ").rstrip("\n")


@quick
def test_what_is_printed(run: Command, tmp_path: Path, small_set: Path) -> None:
    out = tmp_path / "a run"
    done = run("train", small_set, *OPTIONS, "--out", out)
    record = runs.read_record(out)
    test, val = record["results"]["test"]["top1"], record["results"]["val"]["top1"]
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[:4] == [
        f"run {out}",
        f"  test accuracy        {100 * test:.2f} % of 45 images",
        f"  validation accuracy  {100 * val:.2f} % of 16 images",
        f"  weights kept         of epoch {record['summary']['best_epoch']} of 2",
    ]
    assert lines[4] == "  parameters           1,034"
    assert lines[6:8] == [
        f"  curves               {out}/curves.png",
        f"  confusion            {out}/confusion.png",
    ]
    assert lines[8:] == ["", f"next:  striate predict '{out}' IMAGE"]
    told = done.err.splitlines()
    assert told[:8] == [
        *record["data"]["notes"],
        "backbone plain: the pictures are grey (--backbone names another)",
        "computing in fp32, channels last: as asked",
        "10 classes: 0, 1, 2, 3, …, 8, 9",
        "images: 176 to train, 16 held out to validate, 45 held out to test",
        "images varied anew in each epoch: crop-area 0.8 to 1.25, crop-aspect 1.15, rotate 8, shift 0.05",
        "not mirrored: class '0' may be told by its handedness",
    ]
    assert told[8:10] == [f"run {out}", "2 epochs, 10 steps"]
    assert [line[:11] for line in told[10:]] == ["epoch   1/2", "epoch   2/2"]


@quick
def test_json_alone_on_standard_output(run: Command, tmp_path: Path, small_set: Path) -> None:
    done = run("train", small_set, *OPTIONS, "--out", tmp_path / "run", "--json")
    assert done.json["run"] == str(tmp_path / "run")
    assert done.json["status"] == "finished"
    assert done.json["test"]["images"] == 45
    assert done.err


@quick
def test_a_preset_and_what_is_given_besides(run: Command, tmp_path: Path, small_set: Path) -> None:
    words = ("--recipe", "thorough", "--epochs", "1", "--rotate", "3", "--batch-size", "32", "--flip")
    done = run("train", small_set, *words, "--out", tmp_path / "run", "--options", "widths=4,8")
    assert done.code == 0
    recipe = Recipe.from_json(runs.read_record(tmp_path / "run")["recipe"])
    assert (recipe.epochs, recipe.batch_size, recipe.ema) == (1, 32, 0.998)  # the last by the preset
    assert (recipe.augmentation.rotate, recipe.augmentation.flip, recipe.augmentation.cutmix) == (
        3.0,
        True,
        1.0,
    )
    assert recipe.augmentation.crop_aspect > 1  # by the preset, for these data


@quick
def test_stopped(run: Command, tmp_path: Path, small_set: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import signal

    class Stopping(Told):
        def step(self, done: int, *rest: float) -> None:
            if done == 3:
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("striate.training.train.reporter_for", Stopping)
    out = tmp_path / "run"
    done = run("train", small_set, *OPTIONS, "--out", out)
    assert done == (130, f"stopped, everything saved; go on with:  striate train --resume {out}\n", "")
    monkeypatch.undo()
    assert run("train", "--resume", out, "--json").json["status"] == "finished"


@quick
def test_other_processes_of_a_team_print_nothing(
    run: Command, tmp_path: Path, small_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("striate.cli.train.leads", lambda: False)
    assert run("train", small_set, *OPTIONS, "--out", tmp_path / "run").out == ""


# What is refused.


def test_nothing_to_train_on(run: Command) -> None:
    assert refused(run, "train") == ("train needs DATA or --resume: for example `striate train digits`")


def test_data_and_resume(run: Command, digits_run: Run) -> None:
    assert refused(run, "train", "digits", "--resume", digits_run.path) == (
        "give either data to train on, or --resume with the folder of a run"
    )


def test_a_finished_run(run: Command, digits_run: Run) -> None:
    assert refused(run, "train", "--resume", digits_run.path) == (
        f"{digits_run.path} is finished, there is nothing to resume: to train its network further, "
        f"start a new run with --weights {digits_run.path}"
    )


@pytest.mark.parametrize("words", ["--epochs 3", "--recipe fast", "--flip"])
def test_resume_with_another_recipe(run: Command, digits_run: Run, words: str) -> None:
    assert refused(run, "train", "--resume", digits_run.path, *words.split()) == (
        f"a training goes on exactly as it began, so --resume takes no {words.split()[0][2:]}: leave it "
        "out, or start a new run"
    )


def test_no_run(run: Command, tmp_path: Path) -> None:
    none = tmp_path / "none"
    sentence = f"no run at {none}: expected a folder made by `striate train`; see `ls runs`"
    assert refused(run, "train", "--resume", none) == sentence
    none.mkdir()
    sentence = f"{none} is not a run: it holds no run.json; give a folder made by `striate train`"
    assert refused(run, "train", "--resume", none) == sentence


def test_a_run_of_a_newer_version(run: Command, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"format": runs.FORMAT + 1}))
    sentence = (
        f"{tmp_path} was written by a newer striate (record format {runs.FORMAT + 1}, this one reads up to "
        f"{runs.FORMAT}): upgrade with `pip install --upgrade striate`"
    )
    assert refused(run, "train", "--resume", tmp_path) == sentence
    assert refused(run, "evaluate", tmp_path) == sentence
    assert refused(run, "predict", tmp_path, "x.png") == sentence


def test_a_folder_that_holds_a_run(run: Command, digits_run: Run) -> None:
    assert refused(run, "train", "digits", "--out", digits_run.path) == (
        f"{digits_run.path} holds a run already: go on with `striate train --resume {digits_run.path}`, "
        "or choose another --out"
    )


def test_a_folder_that_cannot_be_written(run: Command, tmp_path: Path, small_set: Path) -> None:
    (tmp_path / "file").write_text("")
    assert refused(run, "train", small_set, *OPTIONS, "--out", tmp_path / "file" / "run").endswith(
        f"cannot write into {tmp_path / 'file' / 'run'}: a file stands where a folder is to be; choose "
        "another folder with --out"
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            "--backbone plane",
            f"unknown backbone 'plane': did you mean 'plain'? Known: {', '.join(sorted(NETWORKS))}; or name "
            "your own, as in my.py:make",
        ),
        (
            "--options width=3",
            "unknown option of plain 'width': did you mean 'widths'? Known: dropout, hidden, widths",
        ),
        ("--options widths", "--options takes NAME=VALUE; got 'widths': for example --options widths=32,64"),
        ("--device gpu", "unknown device 'gpu': use auto, cpu, cuda or cuda:1"),
        ("--num-threads 0", "num_threads must be at least 1; got 0"),
        ("--size 0", "size must be a number of pixels, at least 1; got 0"),
        ("--channels 2", "channels must be 1 (grey) or 3 (RGB); got 2"),
        ("--epochs 0", "epochs must be above 0; got 0"),
        ("--batch-size 0", "batch_size must be above 0; got 0"),
        (
            "--learning-rate nan",
            "--learning-rate must be a finite number; got 'nan': for example --learning-rate 0.003",
        ),
        ("--momentum 1", "momentum must be at least 0 and below 1; got 1.0"),
        ("--rotate -3", "rotate must be a number from 0 on; got -3.0: 0 turns it off"),
        (
            "--crop-area 2 1",
            "crop_area must be two numbers 0 < low <= high <= 4; got 2.0 and 1.0: try 0.5 1.0",
        ),
        (
            "--weights none.pth",
            "none.pth does not exist: expected a .pth or .safetensors file, or a run folder",
        ),
    ],
)
def test_wrong_values(run: Command, away: Path, words: str, sentence: str) -> None:
    assert refused(run, "train", "digits", *words.split()) == sentence
    assert list(away.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--epoch 3", "train has no option --epoch: did you mean --epochs?"),
        (
            "--recipe fst",
            "--recipe must be default, fast or thorough; got 'fst' (did you mean fast?): for example "
            "--recipe default",
        ),
        ("--epochs many", "--epochs must be a whole number; got 'many': for example --epochs 12"),
        (
            "--optimizer adam",
            "--optimizer must be adamw, sgd or muon; got 'adam' (did you mean adamw?): for example "
            "--optimizer adamw",
        ),
        ("--crop-area 0.5", "--crop-area needs 2 values: for example --crop-area 1 1"),
        ("--lr 3", "train has no option --lr: did you mean --learning-rate?"),
        ("--model resnet18", "train has no option --model: did you mean --backbone?"),
        ("--imgsz=64", "train has no option --imgsz: did you mean --size?"),
        ("--batch 8", "train has no option --batch: did you mean --batch-size?"),
        ("-e 3", "train has no option -e: `striate train --help` lists what it has"),
        ("--json=yes", "--json takes no value; got '--json=yes': leave =yes out"),
        ("--freeze", "--freeze needs a value: for example --freeze PART"),
        ("photos", "train takes DATA; got 'photos' besides: leave it out"),
    ],
)
def test_wrong_words(run: Command, away: Path, words: str, sentence: str) -> None:
    assert run("train", "digits", *words.split()) == (2, "", f"striate: {sentence}\n")
    assert list(away.iterdir()) == []


def test_unknown_data(run: Command, away: Path) -> None:
    told = refused(run, "train", "minst")
    assert told.startswith(
        "unknown data set 'minst': did you mean 'mnist'? Known: digits, fashion-mnist, mnist"
    )


@quick
def test_weights_of_another_network(run: Command, tmp_path: Path, small_set: Path) -> None:
    network = build("plain", classes=10, channels=1, size=8, widths=(4, 9))
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    done = run("train", small_set, *OPTIONS, "--weights", tmp_path / "weights.pth", "--out", tmp_path / "run")
    assert (done.code, done.out) == (2, "")
    lines = done.err.splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("parameter"))
    assert [row.split() for row in lines[head : head + 3]] == [
        ["parameter", "in", "the", "file", "in", "the", "network"],
        ["conv2.weight", "9×4×3×3", "8×4×3×3"],
        ["conv2.bias", "9", "8"],
    ]
    assert lines[-1].startswith(f"striate: {tmp_path / 'weights.pth'} does not fit this network (0 missing, ")


class Attack:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return Path.touch, (self.file,)


def test_weights_that_would_run_code(run: Command, away: Path) -> None:
    (away / "weights.pth").write_bytes(pickle.dumps({"conv1.weight": Attack(away / "attacked")}))
    assert refused(run, "train", "digits", "--weights", "weights.pth").startswith(
        "weights.pth is refused, as reading it could run code ("
    )
    assert not (away / "attacked").exists()


@quick
def test_a_half_written_run(run: Command, tmp_path: Path, small_set: Path) -> None:
    """Killed before its first epoch ended: it starts again."""
    whole = small_run(tmp_path / "whole", data=small_set, options=TINY)
    half = Path(shutil.copytree(whole.path, tmp_path / "half"))
    change_record(half, lambda record: record.update(status="running", results={}))
    for name in ("model.safetensors", "checkpoint.pt", "checkpoint-before.pt", "history.jsonl"):
        (half / name).unlink()
    assert refused(run, "evaluate", half) == (
        f"{half} is half-written: it holds no model.safetensors; if its training still goes on, wait for "
        f"its first epoch to end, otherwise go on with `striate train --resume {half}`"
    )
    assert run("train", "--resume", half).code == 0
    one, other = (load(path).state_dict() for path in (half, whole.path))
    assert all(torch.equal(one[name], other[name]) for name in other)


@quick
def test_the_command_and_the_function_train_the_same(run: Command, tmp_path: Path, small_set: Path) -> None:
    """Two settings in place of the preset's, said in four ways: the rest stays the preset's."""
    words = (
        "--epochs",
        "1",
        "--batch-size",
        "16",
        "--num-threads",
        "1",
        "--options",
        "widths=4,8",
        "hidden=16",
    )
    assert run("train", small_set, *words, "--out", tmp_path / "command").code == 0
    chosen: dict[str, Any] = {"options": TINY, "num_threads": 1, "reporter": Told()}
    settings = {"epochs": 1, "batch_size": 16}
    striate.train(small_set, out=tmp_path / "settings", **settings, **chosen)
    striate.train(small_set, out=tmp_path / "recipe", recipe=Recipe(epochs=1, batch_size=16), **chosen)
    striate.train(small_set, out=tmp_path / "preset", recipe="default", **settings, **chosen)
    recipes, weights = [], []
    for name in ("command", "settings", "recipe", "preset"):
        recipes.append(runs.read_record(tmp_path / name)["recipe"])
        weights.append((tmp_path / name / runs.MODEL).read_bytes())
    assert recipes[0]["augmentation"]["rotate"] > 0  # by the preset
    assert recipes == [recipes[0]] * 4
    assert weights == [weights[0]] * 4
