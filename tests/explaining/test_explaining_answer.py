"""What a network says of an input is what `predict` and `evaluate` make of it."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from explaining_networks import image_network, numbers
from PIL import Image

import striate
from striate.explaining.explain import explain
from striate.explaining.loss import Answer, strongest
from striate.explaining.subject import open_subject
from striate.explaining.texts import Texts
from striate.pages import Paragraph, Table
from striate.runs import read_record, write_record
from striate.training.train import Run


@pytest.fixture
def warm_run(digits_run: Run, tmp_path: Path) -> Path:
    """The run with a temperature that is far from 1."""
    run = tmp_path / "run"
    shutil.copytree(digits_run.path, run)
    record = read_record(run)
    record["results"] = {**record.get("results", {}), "temperature": 2.5}
    write_record(run, record)
    return run


def test_explain_says_what_predict_says(warm_run: Path, tmp_path: Path) -> None:
    image = tmp_path / "image.png"
    pixels = striate.open_data("digits").splits["test"].take([17]).numpy()[0, 0]
    Image.fromarray(pixels).save(image)
    answer = explain(warm_run, image).answer
    [predicted] = striate.predict(warm_run, [image]).images
    assert answer is not None
    assert answer.temperature == 2.5
    assert [name for name, _ in answer.ranking] == list(predicted.classes[:5])
    assert [share for _, share in answer.ranking] == pytest.approx(predicted.probabilities[:5], abs=1e-6)
    inputs = open_subject(warm_run, [image], None).inputs
    loaded = striate.load(warm_run)(inputs)[0].detach()  # its scores are divided already
    assert np.allclose(answer.logits, 2.5 * loaded.numpy(), atol=1e-5)
    assert np.allclose(answer.probabilities, loaded.softmax(dim=0).numpy(), atol=1e-6)


def test_occlusion_speaks_of_the_same_probability(warm_run: Path) -> None:
    found = explain(warm_run, "digits/test/17", show=["occlusion"])
    assert found.answer is not None
    assert found.pictures[0].facts["before"] == pytest.approx(found.answer.ranking[0][1], abs=1e-6)


def test_logits_divided_and_softmax_worked_out_on_paper() -> None:
    answer = Answer(("cat", "dog"), np.array([0.0, 2 * np.log(3)]), 2.0)
    assert answer.ranking == [("dog", pytest.approx(0.75)), ("cat", pytest.approx(0.25))]
    assert answer.to_json() == {
        "temperature": 2.0,
        "logits": {"cat": 0.0, "dog": pytest.approx(2.1972, abs=1e-4)},
        "probabilities": {"cat": pytest.approx(0.25), "dog": pytest.approx(0.75)},
    }
    _, says, table = answer.blocks(Texts("en"))
    assert isinstance(says, Paragraph)
    assert says.text.startswith("T = 2 is the temperature")
    assert isinstance(table, Table)
    assert [head.replace("\u00a0", " ") for head in table.heads] == [
        "class",
        "score z",
        "z ÷ T",
        "probability",
    ]
    assert [str(cell) for cell in table.rows[0]] == ["dog", "2.1972", "1.0986", "75.00 %"]


def test_a_module_has_no_temperature_and_no_column_for_it() -> None:
    answer = explain(image_network(), numbers(1, 4, 9, 8)).answer
    assert answer is not None
    assert answer.temperature == 1
    _, table = answer.blocks(Texts("vi"))
    assert isinstance(table, Table)
    assert len(table.columns) == 3
    assert strongest(np.array([0.2, 0.5, 0.3]), 2) == [1, 2]
