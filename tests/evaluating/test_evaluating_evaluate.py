"""A run scored again gives what its training said, on its own data and on others."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from small_runs import change_record, small_run, write_idx
from striate import evaluate, open_data, runs
from striate.data import ImageData
from striate.errors import DataError, RunError
from striate.training.train import Run


def write_digits(folder: Path, names: dict[int, str], each: int = 4, size: int = 8) -> Path:
    """Test images of some digits as class folders, under other names if asked for."""
    test = open_data("digits").splits["test"]
    for digit, name in names.items():
        for split in ("train", "test"):
            (folder / split / name).mkdir(parents=True)
            for row in np.flatnonzero(test.labels == digit)[:each]:
                pixels = test.take([row]).numpy()[0, 0]
                Image.fromarray(pixels).resize((size, size)).save(folder / split / name / f"{row}.png")
    return folder


def test_the_same_scores_as_after_training(digits_run: Run) -> None:
    results = runs.read_record(digits_run.path)["results"]
    for split in ("test", "val"):
        evaluation = evaluate(digits_run.path, split=split)
        assert json.loads(json.dumps(evaluation.scores.to_json())) == results[split]
    assert evaluate(digits_run.path, "digits").scores == digits_run.test


def test_what_comes_back(digits_run: Run) -> None:
    told: list[tuple[int, int]] = []
    evaluation = evaluate(digits_run.path, progress=lambda *numbers: told.append(numbers))
    assert (evaluation.run, evaluation.data, evaluation.split) == (str(digits_run.path), "digits", "test")
    assert told[-1] == (359, 359)
    assert len(evaluation.predictions) == 359
    right = [one.best == one.label for one in evaluation.predictions]
    assert np.mean(right) == pytest.approx(evaluation.scores.top1)
    content = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    assert content["top1"] == evaluation.scores.top1
    assert content["classes"][3]["name"] == "3"
    assert "predictions" not in content


def test_classes_are_matched_by_name(digits_run: Run, tmp_path: Path) -> None:
    some = evaluate(
        digits_run.path, write_digits(tmp_path / "some", {digit: str(digit) for digit in (7, 3, 9)})
    )
    assert some.scores.images == 12
    assert some.scores.top1 > 0.7
    assert [one.images for one in some.scores.classes] == [0, 0, 0, 4, 0, 0, 0, 4, 0, 4]
    assert [one.recall is None for one in some.scores.classes] == [
        one.images == 0 for one in some.scores.classes
    ]
    swapped = evaluate(digits_run.path, write_digits(tmp_path / "swapped", {3: "7", 7: "3"}))
    assert swapped.scores.top1 < 0.2


def test_all_of_a_set(digits_run: Run) -> None:
    evaluation = evaluate(digits_run.path, split="all")
    assert (evaluation.split, evaluation.scores.images) == ("all", 1797)
    parts = [evaluate(digits_run.path, split=split) for split in ("train", "val", "test")]
    assert evaluation.predictions == tuple(one for part in parts for one in part.predictions)
    right = sum(part.scores.top1 * part.scores.images for part in parts)
    assert evaluation.scores.top1 == pytest.approx(right / 1797)


def test_images_of_another_size_are_resized(digits_run: Run, tmp_path: Path) -> None:
    large = write_digits(tmp_path / "large", {digit: str(digit) for digit in range(10)}, size=32)
    evaluation = evaluate(digits_run.path, large)
    assert evaluation.scores.top1 > 0.7
    assert any("resized to 8 × 8" in note for note in evaluation.notes)


@pytest.mark.usefixtures("quick")
def test_images_that_are_not_square(tmp_path: Path) -> None:
    for name, height in (("flat", 6), ("tall", 9)):
        folder = tmp_path / name
        folder.mkdir()
        labels = np.arange(40, dtype=np.uint8) % 2
        pixels = np.full((40, height, 8), 50, np.uint8) + 100 * labels[:, None, None]
        write_idx(folder / "train-images-idx3-ubyte", pixels)
        write_idx(folder / "train-labels-idx1-ubyte", labels)
    run = small_run(tmp_path / "run", data=tmp_path / "flat")
    assert evaluate(run.path).scores == run.test
    with pytest.raises(DataError) as caught:
        evaluate(run.path, tmp_path / "tall")
    assert (
        str(caught.value) == f"tall has images of 9×8, and {run.path} was trained on 6×8: resize them first"
    )


def test_a_file_that_breaks_before_its_turn_is_left_out(
    digits_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_digits(tmp_path / "set", {digit: str(digit) for digit in range(10)}, each=12)
    victim = sorted((folder / "test" / "3").iterdir())[0]
    whole = evaluate(digits_run.path, folder)

    def open_then_break(*words: Any, **named: Any) -> ImageData:
        data = open_data(*words, **named, memory_limit=0, workers=0)
        victim.write_text("no picture any more")
        return data

    monkeypatch.setattr("striate.evaluating.run_model.open_data", open_then_break)
    rest = evaluate(digits_run.path, folder)
    assert (whole.scores.images, rest.scores.images) == (120, 119)
    assert rest.predictions == tuple(one for one in whole.predictions if one.file != str(victim))
    assert rest.notes[-1] == f"1 unreadable file skipped: {victim} (not an image that Pillow knows)"


def test_foreign_classes(digits_run: Run, tmp_path: Path) -> None:
    folder = write_digits(tmp_path / "words", {1: "one", 2: "2", 3: "three"})
    with pytest.raises(DataError) as caught:
        evaluate(digits_run.path, folder)
    assert str(caught.value) == (
        f"words has 2 classes that {digits_run.path} does not know (one, three): "
        "it was trained on 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    )


def test_an_unknown_split(digits_run: Run) -> None:
    with pytest.raises(
        DataError,
        match=r"^digits has no split 'tests': it has train, val, test; name one with --split, or all$",
    ):
        evaluate(digits_run.path, split="tests")


def test_its_own_data_are_gone(digits_run: Run, tmp_path: Path) -> None:
    run = Path(shutil.copytree(digits_run.path, tmp_path / "run"))
    change_record(run, lambda record: record["data"].update(source=str(tmp_path / "gone")))
    with pytest.raises(
        DataError, match=f"^no folder {tmp_path / 'gone'}: give a folder with one folder per class"
    ):
        evaluate(run)


def test_a_run_that_is_still_training(tmp_path: Path, digits_run: Run) -> None:
    run = Path(shutil.copytree(digits_run.path, tmp_path / "run"))
    (run / "model.safetensors").unlink()
    with pytest.raises(RunError) as caught:
        evaluate(run)
    assert str(caught.value) == (
        f"{run} is half-written: it holds no model.safetensors; if its training still goes on, wait for its "
        f"first epoch to end, otherwise go on with `striate train --resume {run}`"
    )
