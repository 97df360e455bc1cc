"""Trainings on data given in Python: trained, gone on with, evaluated, compared, searched and swept."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import striate
from striate.errors import ArgumentError, DataError, RunError
from striate.training.train import Run, train

DRAWN = np.random.default_rng(5)
PIXELS = DRAWN.integers(0, 100, (48, 8, 8), np.uint8)
LABELS = [number % 2 for number in range(48)]
PIXELS[1::2, 2:6] += 120
DATA = (PIXELS, LABELS)
OTHER = (PIXELS[::-1], LABELS)
SMALL: dict[str, Any] = {
    "backbone": "plain",
    "options": {"widths": [4, 4, 4]},
    "batch_size": 16,
    "num_threads": 1,
    "algorithms": "plain",
}


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("given") / "run"
    return train(DATA, out=out, epochs=2, on_epoch_end=lambda row: False, **SMALL)


def test_only_the_same_data_go_on(stopped: Run, tmp_path: Path) -> None:
    own, other = striate.open_data(DATA).source, striate.open_data(OTHER).source
    with pytest.raises(RunError) as refused:
        train(OTHER, resume=stopped.path)
    assert str(refused.value) == (
        f"{stopped.path} was trained on {own}, and these data are {other}: go on with the same pictures, "
        "labels and splits, in the same order"
    )
    with pytest.raises(ArgumentError, match="give either data to train on"):
        train("digits", resume=stopped.path)
    assert stopped.status == "stopped"
    gone_on = train(DATA, resume=stopped.path)
    whole = train(DATA, out=tmp_path / "whole", epochs=2, **SMALL)
    assert (gone_on.status, gone_on.test) == ("finished", whole.test)
    assert striate.evaluate(gone_on.path).scores == striate.evaluate(gone_on.path, data=DATA).scores


def test_another_process_is_told_to_give_them_again(stopped: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("striate.data.sources.given._kept", {})
    with pytest.raises(DataError, match="given in Python, which nothing else can find: give the same again"):
        striate.evaluate(stopped.path)
    assert striate.evaluate(stopped.path, data=DATA).scores.images == 7


def test_other_verbs_take_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert striate.find_learning_rate(DATA, steps=10, **SMALL).data == striate.open_data(DATA).source
    compared = striate.compare(DATA, epochs=1, seeds=1, **SMALL)
    assert compared.status == "finished"
    assert [path.name.split("-")[0] for path in (tmp_path / "runs").iterdir()] == ["python"]
