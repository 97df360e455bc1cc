"""Runs that earlier versions wrote: opened, scored, predicted from, explained, gone on with to the end."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from small_runs import go_on
from striate import evaluate, explain, load, predict
from striate.data import open_data
from striate.runs import CHECKPOINT, FORMAT, MODEL, intact, read_history, read_record

OLD = Path(__file__).parents[1] / "old_runs"


@pytest.fixture
def run(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A copy of one of them."""
    return Path(shutil.copytree(OLD / request.param, tmp_path / request.param))


@pytest.fixture
def digit(tmp_path: Path) -> Path:
    """The first test image as a file."""
    path = tmp_path / "digit.png"
    Image.fromarray(open_data("digits").splits["test"].take([0])[0, 0].numpy()).save(path)
    return path


@pytest.mark.parametrize("run", ["finished"], indirect=True)
def test_its_scores_are_those_that_it_holds(run: Path) -> None:
    held = json.loads((run / "run.json").read_text())["results"]["test"]
    assert evaluate(run).scores.top1 == pytest.approx(held["top1"], abs=1e-6)
    assert evaluate(run).scores.loss == pytest.approx(held["loss"], rel=1e-4)


@pytest.mark.parametrize("run", ["finished", "stopped"], indirect=True)
def test_what_it_predicts_is_what_its_network_says(run: Path, digit: Path) -> None:
    data = read_record(run)["data"]["normalisation"]
    pixels = torch.from_numpy(np.array(Image.open(digit), np.float32))[None, None]
    with torch.inference_mode():
        scores = load(run)((pixels - data["mean"][0]) / data["std"][0])
    found = predict(run, [digit]).images[0]
    assert found.probabilities[0] == pytest.approx(float(scores.softmax(1).max()), abs=1e-5)
    assert found.best == str(int(scores.argmax()))


@pytest.mark.parametrize("run", ["finished", "stopped"], indirect=True)
def test_it_is_explained(run: Path, digit: Path) -> None:
    assert explain(run, digit).to_json()


@pytest.mark.parametrize("run", ["stopped"], indirect=True)
def test_it_goes_on_to_its_end_and_is_then_one_of_today(run: Path) -> None:
    epochs = read_record(run)["plan"]["epochs"]
    assert len(read_history(run)) < epochs
    assert go_on(run).status == "finished"
    assert [row["epoch"] for row in read_history(run)] == list(range(1, epochs + 1))
    assert read_record(run)["format"] == FORMAT
    for name in (CHECKPOINT, MODEL):
        with (run / name).open("rb") as file:
            assert intact(file)
    assert evaluate(run).scores.top1 > 0.9
