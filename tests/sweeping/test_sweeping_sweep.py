"""A sweep: runs, one table, gone on with after Ctrl-C; and what is tried, read from words."""

import json
import signal
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from small_runs import TINY
from striate.cli import main
from striate.errors import ArgumentError, MissingExtraError, RunError, StriateError
from striate.runs import read_history, read_record
from striate.sweeping import Sweep, sweep
from striate.sweeping.ranges import Range, Values, range_of, space_of
from striate.training.progress import Reporter

SET = {"learning_rate": "1e-3..1e-2", "optimizer": "adamw,sgd"}


class Stopping(Reporter):
    """Somebody presses Ctrl-C after the first epoch."""

    def epoch(self, row: dict[str, Any]) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("striate.training.train.reporter_for", Reporter)


def small_sweep(data: Path, out: Path, trials: int = 2, **changes: Any) -> Sweep:
    recipe = {"batch_size": 32, "epochs": 2, "number_format": "fp32"}
    usual = {"set": SET, "options": TINY, "num_threads": 1} | recipe
    return sweep(data, trials=trials, out=out, **usual | changes)


@pytest.mark.usefixtures("quiet")
def test_each_trial_is_a_run_and_more_trials_add_to_them(small_set: Path, tmp_path: Path) -> None:
    two = small_sweep(small_set, tmp_path / "out")
    three = small_sweep(small_set, tmp_path / "out", trials=3, offline=True)  # which changes no result
    assert [trial for trial in three.trials if trial.number < 2] == list(two.trials)
    assert sorted(trial.number for trial in three.trials) == [0, 1, 2]
    assert [trial.val_top1 for trial in three.trials] == sorted(
        (trial.val_top1 for trial in three.trials), reverse=True
    )
    for trial in three.trials:
        record = read_record(trial.run)
        assert {name: record["recipe"][name] for name in trial.settings} == trial.settings
        assert (record["status"], record["results"]["val"]["top1"]) == ("finished", trial.val_top1)
        assert 1e-3 <= trial.settings["learning_rate"] <= 1e-2
    again = small_sweep(small_set, tmp_path / "again", trials=3)
    assert [trial.settings for trial in again.trials] == [trial.settings for trial in three.trials]
    with pytest.raises(RunError) as caught:
        small_sweep(small_set, tmp_path / "out", epochs=3)
    assert str(caught.value) == f"{tmp_path / 'out'} holds a sweep that asked otherwise: choose another --out"


def test_after_ctrl_c_the_same_command_goes_on(
    small_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("striate.training.train.reporter_for", Stopping)
    words = ["sweep", str(small_set), "--set", "epochs=2", "--trials", "1", "--out", str(tmp_path / "out")]
    words += ["--batch-size", "32", "--number-format", "fp32", "--num-threads", "1"]
    words += ["--options", "widths=4,8"]
    assert main(words) == 130
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("stopped, everything saved; go on with the same command:  striate sweep ")
    run = tmp_path / "out" / "trial-000"
    assert len(read_history(run)) == 1
    monkeypatch.setattr("striate.training.train.reporter_for", Reporter)
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(trial["run"], trial["settings"]) for trial in found["trials"]] == [(str(run), {"epochs": 2})]
    assert len(read_history(run)) == 2
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["run", "validation", "test", "epochs", "training", "time"]
    assert lines[2].split()[0] == "trial-000"
    assert lines[3] == f"best run: {run}"


@pytest.mark.usefixtures("quiet")
def test_a_loss_that_is_no_number_is_a_choice_to_keep_away_from(small_set: Path, tmp_path: Path) -> None:
    found = small_sweep(small_set, tmp_path / "out", set={"learning_rate": [1e30, 1e31]}, optimizer="sgd")
    assert (found.status, found.trials, found.notes) == ("finished", (), ("2 of 2 trials failed",))


def test_what_is_tried() -> None:
    assert range_of("epochs", "1..20") == Range(1, 20)
    assert range_of("learning_rate", "1e-4..1e-2") == Range(1e-4, 1e-2)
    assert range_of("backbone", "plain, resnet18") == Values(("plain", "resnet18"))
    assert space_of(["batch-size=8,16", "flip=true"], ["batch_size", "flip"]) == {
        "batch_size": Values((8, 16)),
        "flip": Values((True,)),
    }


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"set": []}, "a sweep of what? name a setting, as --set learning_rate=1e-4..1e-2"),
        (
            {"set": ["epochs"]},
            "which values of epochs? for example epochs=1,2,4 or epochs=1..4",
        ),
        (
            {"set": ["epochs=4..1"]},
            "a range goes from a number up to a higher one, as epochs=1e-4..1e-2; got epochs=4..1",
        ),
        ({"set": ["epochs=1"], "trials": 0}, "trials must be at least 1; got 0"),
        ({"set": ["epochs=1"], "epochs": 2}, "epochs is given and tried: leave one of the two out"),
        ({"set": ["size=8,16"], "size": 8}, "size is given and tried: leave one of the two out"),
        (
            {"set": ["backbone=plain"], "backbone": "fast"},
            "backbone is given and tried: leave one of the two out",
        ),
        ({"set": ["recipe=fast"], "recipe": "fast"}, "recipe is given and tried: leave one of the two out"),
        *(
            (asked, "--epochs and --minutes both say how long a training is: give one of them")
            for asked in (
                {"set": ["epochs=1"], "minutes": 3},
                {"set": ["epochs=1", "minutes=2"]},
                {"set": ["seed=1"], "minutes": 3, "epochs": 2},
            )
        ),
        (
            {"set": ["epochs=1"], "weights_mean": 3},
            "weights_mean and weights_std say how weights were trained: give weights too",
        ),
    ],
)
def test_what_cannot_be_tried(asked: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError) as caught:
        sweep("digits", out=tmp_path / "out", **asked)
    assert str(caught.value) == said
    assert not (tmp_path / "out").exists()


def test_without_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("striate.sweeping.sweep"), "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as caught:
        sweep("digits", set=["epochs=1"])
    assert str(caught.value) == "a sweep needs the extra 'sweep': pip install 'striate[sweep]'"


@pytest.mark.usefixtures("quiet")
def test_no_choice_is_trained_twice(small_set: Path, tmp_path: Path) -> None:
    tried: dict[str, Any] = {"optimizer": "adamw,sgd", "batch_size": "32..33"}
    asked: dict[str, Any] = {"set": tried, "epochs": 1, "options": TINY, "num_threads": 1}
    three = sweep(small_set, trials=3, out=tmp_path / "out", number_format="fp32", **asked)
    found = sweep(small_set, trials=20, out=tmp_path / "out", number_format="fp32", **asked)
    choices = {tuple(trial.settings.values()) for trial in found.trials}
    assert (len(three.trials), len(found.trials), len(choices)) == (3, 4, 4)
    assert len(list((tmp_path / "out").glob("trial-*"))) == 4
    assert (three.notes, found.notes) == ((), ("all 4 choices were tried",))


@pytest.mark.usefixtures("quiet")
def test_data_given_in_python(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(80) % 2
    pixels = (rng.integers(0, 90, (80, 8, 8)) + 120 * labels[:, None, None]).astype(np.uint8)
    asked: dict[str, Any] = {"set": {"batch_size": [16, 32]}, "epochs": 1, "options": TINY, "num_threads": 1}
    found = sweep((pixels, labels), trials=2, out=tmp_path, number_format="fp32", **asked)
    again = sweep((pixels, labels), trials=2, out=tmp_path, number_format="fp32", **asked)
    assert len(found.trials) == 2
    assert again == found
    with pytest.raises(RunError, match="holds a sweep that asked otherwise"):
        sweep((pixels, 1 - labels), trials=2, out=tmp_path, number_format="fp32", **asked)


@pytest.mark.parametrize(
    ("tried", "said"),
    [
        ("epochs=1,0", "epochs must be above 0; got 0"),
        ("learning_rate=-1..1", "learning_rate must be above 0; got -1"),
        (
            "optimizer=adamw,adm",
            "optimizer must be 'adamw', 'sgd' or 'muon'; got 'adm' (did you mean adamw?)",
        ),
        ("backbone=plain,resnet", "unknown backbone 'resnet': did you mean"),
        ("batch_size=2.5..9", "batch_size must be a whole number"),
        ("size=8,big", "size must be a whole number or None; got 'big'"),
        ("time=tsm,lst", "unknown way through time 'lst': did you mean 'lstm'?"),
        ("frames=0..4", "frames must be a number of frames, at least 1; got 0"),
    ],
)
def test_every_value_is_looked_at_before_the_first_training(tried: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(StriateError) as caught:
        sweep("digits", set=[tried], out=tmp_path / "out")
    assert said in str(caught.value)
    assert not (tmp_path / "out").exists()
