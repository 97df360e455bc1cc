"""What trackers are told of a training, and what it does with one that fails; the real ones where they are
installed.
"""

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from small_runs import STEPS, Told, small_run
from striate import runs
from striate.errors import ArgumentError, MissingExtraError, RunError
from striate.training import tracking
from striate.training.train import train

quick = pytest.mark.usefixtures("quick")


class Noted:
    """A tracker that notes what it is told."""

    def __init__(self, run: Path, settings: Mapping[str, Any], known: str | None) -> None:
        self.id, self.settings, self.known = known or f"id of {run.name}", settings, known
        self.rows: list[tuple[int, dict[str, float]]] = []
        self.ended: list[str] = []
        self.fails_after = 10**9

    def log(self, numbers: Mapping[str, float], step: int) -> None:
        if len(self.rows) >= self.fails_after:
            raise ConnectionError("the server is gone.\nits stack")
        self.rows.append((step, dict(numbers)))

    def end(self, status: str) -> None:
        self.ended.append(status)


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> list[Noted]:
    """Those that were opened in MLflow's place."""
    opened: list[Noted] = []

    def make(run: Path, settings: Mapping[str, Any], known: str | None) -> Noted:
        opened.append(Noted(run, settings, known))
        return opened[-1]

    monkeypatch.setitem(tracking._KINDS, "mlflow", make)
    monkeypatch.setattr(tracking, "find_spec", lambda name: object())
    return opened


@quick
def test_tensorboard(tmp_path: Path, small_set: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = small_run(tmp_path / "run", data=small_set, track="tensorboard")
    events = EventAccumulator(str(run.path / "tensorboard")).Reload()
    wanted = {"train/loss", "val/top1", "test/top1", "learning_rate", "images_per_second"}
    assert wanted <= set(events.Tags()["scalars"])
    scalars = events.Scalars("val/top1")
    rows = runs.read_history(run.path)
    assert [scalar.step for scalar in scalars] == [STEPS, 2 * STEPS]
    assert [scalar.value for scalar in scalars] == pytest.approx([row["val_top1"] for row in rows])


@quick
def test_every_epoch_and_the_test_with_what_was_asked_for(
    tmp_path: Path, small_set: Path, noted: list[Noted]
) -> None:
    run = small_run(tmp_path / "run", data=small_set, track=["mlflow"])
    (one,) = noted
    rows = runs.read_history(run.path)
    assert [step for step, _ in one.rows] == [STEPS, 2 * STEPS, 2 * STEPS]
    assert [numbers["train/loss"] for _, numbers in one.rows[:2]] == [row["train_loss"] for row in rows]
    assert run.test is not None
    assert one.rows[-1][1]["test/top1"] == run.test.top1
    assert one.ended == ["finished"]
    record = json.loads((run.path / "run.json").read_text())
    assert one.settings["recipe"] == record["recipe"]
    assert one.settings["network"] == record["network"]
    assert one.settings["data"] == str(small_set)
    assert dict(tracking._flat({"a": {"b": 1, "c": {"d": 2}}, "e": 3})) == {"a.b": 1, "a.c.d": 2, "e": 3}


@quick
def test_what_goes_on_is_the_same_run_to_it(tmp_path: Path, small_set: Path, noted: list[Noted]) -> None:
    run = small_run(
        tmp_path / "run",
        data=small_set,
        track=["mlflow"],
        on_epoch_end=lambda row: False if row["epoch"] == 1 else None,
    )
    assert run.status == "stopped"
    train(resume=run, track=["mlflow"])
    assert [one.known for one in noted] == [None, "id of run"]
    assert [one.ended for one in noted] == [["stopped"], ["finished"]]
    assert [step for one in noted for step, _ in one.rows] == [STEPS, 2 * STEPS, 2 * STEPS]


def test_what_is_not_asked_for_this_time_is_known_again_later(tmp_path: Path, noted: list[Noted]) -> None:
    (tmp_path / "tracking.json").write_text('{"wandb": "an id"}')
    with tracking.tracking(["mlflow"], tmp_path, {}, print) as trackers:
        trackers.keep()
    assert json.loads((tmp_path / "tracking.json").read_text()) == {
        "wandb": "an id",
        "mlflow": f"id of {tmp_path.name}",
    }


@quick
def test_one_that_fails_on_the_way_is_left_out(tmp_path: Path, small_set: Path, noted: list[Noted]) -> None:
    told = Told()

    def cut(row: Mapping[str, Any]) -> None:
        noted[0].fails_after = 1

    run = small_run(tmp_path / "run", data=small_set, track=["mlflow"], reporter=told, on_epoch_end=cut)
    assert run.status == "finished"
    assert [said for said in told.lines if "MLflow" in said] == [
        "MLflow takes no more, the training goes on without: the server is gone"
    ]
    assert noted[0].ended == []


def test_a_training_that_fails_is_told_to_have_failed(tmp_path: Path, noted: list[Noted]) -> None:
    for problem, status in ((ValueError(), "failed"), (KeyboardInterrupt(), "stopped")):
        with pytest.raises(type(problem)), tracking.tracking(["mlflow"], tmp_path, {}, print):
            raise problem
        assert noted[-1].ended == [status]


def test_one_that_cannot_be_opened_is_refused_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*arguments: object) -> tracking.Tracker:
        raise ConnectionError("no key.")

    monkeypatch.setitem(tracking._KINDS, "wandb", closed)
    monkeypatch.setattr(tracking, "find_spec", lambda name: object())
    with pytest.raises(RunError) as caught:
        train("digits", out=tmp_path / "run", track="wandb")
    assert str(caught.value) == (
        "Weights & Biases cannot be written to: no key; set it up as it wants, or leave it out of --track"
    )
    assert not (tmp_path / "run" / "run.json").exists()


def test_tensorboard_through_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tensorboard").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RunError) as caught, tracking.tracking(["tensorboard"], tmp_path, {}, print):
        pass
    assert str(caught.value) == f"{tmp_path / 'tensorboard'} is a link, which striate never makes: remove it"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("tensorboard", "writing for TensorBoard needs the extra 'track': pip install 'striate[track]'"),
        ("mlflow", "writing for MLflow needs the extra 'mlflow': pip install 'striate[mlflow]'"),
        ("wandb", "writing for Weights & Biases needs the extra 'wandb': pip install 'striate[wandb]'"),
    ],
)
def test_one_that_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, told: str
) -> None:
    monkeypatch.setattr(tracking, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as caught:
        train("digits", out=tmp_path / "run", track=name)
    assert str(caught.value) == told
    assert not (tmp_path / "run").exists()


def test_an_unknown_one() -> None:
    with pytest.raises(ArgumentError) as caught:
        train("digits", track="comet")
    assert str(caught.value) == (
        "track must be a row of which each is 'tensorboard', 'mlflow' or 'wandb'; got 'comet'"
    )


@pytest.mark.skipif(find_spec("mlflow") is None, reason="MLflow is not installed")
@pytest.mark.filterwarnings("ignore")
def test_mlflow_itself(tmp_path: Path, small_set: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    run = small_run(tmp_path / "run", data=small_set, track="mlflow")
    client = mlflow.MlflowClient()
    known = json.loads((run.path / "tracking.json").read_text())["mlflow"]
    found = client.get_run(known)
    assert (found.info.status, found.info.run_name) == ("FINISHED", "run")
    assert found.data.params["recipe.epochs"] == "2"
    history = client.get_metric_history(known, "val/top1")
    assert {one.step: one.value for one in history} == {
        row["step"]: row["val_top1"] for row in runs.read_history(run.path)
    }


@pytest.mark.skipif(find_spec("wandb") is None, reason="Weights & Biases is not installed")
@pytest.mark.filterwarnings("ignore")
def test_weights_and_biases_itself(tmp_path: Path, small_set: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    run = small_run(tmp_path / "run", data=small_set, track="wandb")
    known = json.loads((run.path / "tracking.json").read_text())["wandb"]
    assert list(tmp_path.glob(f"wandb/offline-run-*-{known}/run-{known}.wandb"))
