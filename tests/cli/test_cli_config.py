"""Options from a file: TOML by their names, and the record of a run fed back in."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from commands import Command

from striate.runs import HISTORY, MODEL, read_record

SMALL = ("--options", "widths=4,8", "hidden=16", "--batch-size", "32", "--number-format", "fp32")


def training(folder: Path) -> tuple[bytes, list[float]]:
    """The weights of a run, and the losses on the way to them."""
    rows = (folder / HISTORY).read_text().splitlines()
    return (folder / MODEL).read_bytes(), [json.loads(row)["train_loss"] for row in rows]


def test_a_record_fed_back_in_gives_the_same_bits(run: Command, small_set: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    varied = ("--epochs", "2", "--no-flip", "--rotate", "5", "--seed", "3", "--algorithms", "plain")
    done = run("train", small_set, *SMALL, *varied, "--num-threads", "1", "--out", first)
    assert done.code == 0, done.err
    done = run("train", "--config", first / "run.json", "--out", again)
    assert done.code == 0, done.err
    assert read_record(again)["recipe"] == read_record(first)["recipe"]
    assert training(again) == training(first)


def test_what_is_printed_is_what_is_read(run: Command, tmp_path: Path) -> None:
    file = tmp_path / "digits.toml"
    words = ("train", "digits", *SMALL, "--learning-rate", "0.01", "--no-flip", "--freeze", "a", "b=c")
    printed = run(*words, "--print-config")
    assert printed.code == 0
    file.write_text(printed.out)
    assert tomllib.loads(printed.out) == {
        "data": "digits",
        "options": {"widths": [4, 8], "hidden": 16},
        "batch_size": 32,
        "number_format": "fp32",
        "learning_rate": 0.01,
        "flip": False,
        "freeze": ["a", "b=c"],
    }
    assert run("train", "--config", file, "--print-config").out == printed.out


def test_what_is_typed_counts_and_is_said(run: Command, tmp_path: Path) -> None:
    file = tmp_path / "a b.toml"
    file.write_text('data = "digits"\nepochs = 7\nlearning-rate = -0.5\nfreeze = ["stem"]\n')
    done = run("train", "--config", file, "--epochs", "2", "--freeze", "head", "--print-config")
    assert tomllib.loads(done.out) == {
        "data": "digits",
        "learning_rate": -0.5,
        "epochs": 2,
        "freeze": ["head"],
    }
    assert done.err == f"not taken from '{file}', as the command line says otherwise: epochs, freeze\n"


@pytest.mark.parametrize(
    ("text", "typed", "left"),
    [
        ("minutes = 3", "--epochs 2", {"epochs": 2}),
        ("epochs = 3", "--minutes 2", {"minutes": 2.0}),
        ("span = 2\nframe-rate = 5", "--rate 4", {"frame_rate": 5.0, "rate": 4.0}),
        ('weights = "a.pth"\nweights_mean = [1]', "--from-scratch", {"from_scratch": True}),
        ('weights = "a.pth"\nweights_mean = [1]', "--weights b.pth", {"weights": "b.pth"}),
    ],
)
def test_what_is_typed_stands_for_what_says_the_same(
    run: Command, tmp_path: Path, text: str, typed: str, left: dict[str, Any]
) -> None:
    file = tmp_path / "one.toml"
    file.write_text(text)
    done = run("train", "--config", file, *typed.split(), "--print-config")
    assert tomllib.loads(done.out) == left
    assert "as the command line says otherwise" in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("learning_rat = 1", "{file} names no option with 'learning_rat': did you mean learning_rate?"),
        ("epochs = true", "epochs in {file} must be a value, not true or false; got True"),
        ("flip = 1", "flip in {file} must be true or false; got 1"),
        ("epochs = 1.5", "--epochs must be a whole number; got '1.5': for example --epochs 12"),
    ],
)
def test_what_does_not_fit_is_a_sentence(run: Command, tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "one.toml"
    file.write_text(f'data = "digits"\n{text}\n')
    done = run("train", "--config", file)
    assert (done.code, done.err) == (2, f"striate: {said.format(file=file)}\n")


def test_files_that_are_none(run: Command, tmp_path: Path) -> None:
    missing, broken = tmp_path / "none.toml", tmp_path / "broken.toml"
    broken.write_text("epochs: 3\n")
    done = run("train", "--config", missing)
    assert done.code == 2
    assert done.err.startswith(f"striate: cannot read the options in {missing}: ")
    done = run("train", "--config", broken)
    assert done.code == 2
    assert done.err.startswith(f"striate: {broken} is no TOML file: ")
    assert done.err.endswith("; write lines as learning_rate = 0.01\n")


@pytest.mark.parametrize("verb", ["sweep", "find-rate", "compare"])
def test_other_verbs_that_train_take_a_file_too(run: Command, tmp_path: Path, verb: str) -> None:
    own = ("--set", "optimizer=adamw,sgd", "learning_rate=1e-4..1e-2") if verb == "sweep" else ()
    printed = run(verb, "digits", *SMALL, *own, "--print-config")
    assert printed.code == 0, printed.err
    file = tmp_path / "asked.toml"
    file.write_text(printed.out)
    assert tomllib.loads(printed.out)["options"] == {"widths": [4, 8], "hidden": 16}
    assert run(verb, "--config", file, "--print-config").out == printed.out


def test_what_a_record_holds_beyond_a_verbs_options_is_said(
    run: Command, small_set: Path, tmp_path: Path
) -> None:
    done = run(
        "train", small_set, *SMALL, "--epochs", "1", "--algorithms", "plain", "--out", tmp_path / "run"
    )
    assert done.code == 0, done.err
    record = tmp_path / "run" / "run.json"
    found = run("find-rate", "--config", record, "--print-config")
    assert found.code == 0
    assert tomllib.loads(found.out)["batch_size"] == 32
    assert "epochs" not in tomllib.loads(found.out)
    assert found.err.startswith(f"not taken from {record}, as this command has no such option: ")
    assert {"epochs", "learning_rate"} <= set(found.err.replace(",", "").split())
