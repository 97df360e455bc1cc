"""Classifying files and folders; what cannot be read is skipped and named."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate import evaluate, open_data, predict
from striate.errors import ArgumentError, DataError, RunError
from striate.training.train import Run


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Six test images as files; the last one large and in colour."""
    folder = tmp_path_factory.mktemp("digits")
    pixels = open_data("digits").splits["test"].take(range(6)).numpy()[:, 0]
    paths = [folder / f"{number}.png" for number in range(6)]
    for path, image in zip(paths, pixels, strict=True):
        Image.fromarray(image).save(path)
    Image.fromarray(np.kron(pixels[5], np.ones((8, 8), np.uint8))).convert("RGB").save(paths[5])
    return paths


def test_the_same_as_evaluation_says(digits_run: Run, files: list[Path]) -> None:
    found = predict(digits_run.path, files)
    expected = evaluate(digits_run.path).predictions[:6]
    assert [one.file for one in found.images] == list(map(str, files))
    assert [one.best for one in found.images] == [one.best for one in expected]
    for one, other in zip(found.images[:5], expected, strict=False):
        assert one.probabilities == pytest.approx(other.probabilities, rel=1e-3, abs=1e-6)
        assert (one.label, len(one.classes)) == (None, 5)
        assert list(one.probabilities) == sorted(one.probabilities, reverse=True)
    assert found.skipped == ()


def test_folders_and_files_together(digits_run: Run, files: list[Path], tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for number, name in enumerate(("b.PNG", "er/a.png", "notes.txt")):
        (tmp_path / "deep" / name).write_bytes(files[number].read_bytes())
    told: list[tuple[int, int]] = []
    found = predict(
        digits_run.path, [tmp_path / "deep", str(files[0])], progress=lambda *numbers: told.append(numbers)
    )
    assert [one.file for one in found.images] == [
        *(str(tmp_path / "deep" / name) for name in ("b.PNG", "er/a.png")),
        str(files[0]),
    ]
    assert told == [(3, 3)]


def test_what_is_hidden_in_a_folder_and_pipes_are_not_looked_at(
    digits_run: Run, files: list[Path], tmp_path: Path
) -> None:
    for name in (".cache/a.png", "__MACOSX/b.png", "._c.png", "deep/.d/e.png", "deep/f.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(files[0].read_bytes())
    os.mkfifo(tmp_path / "pipe.png")
    found = predict(digits_run.path, [tmp_path])
    assert [one.file for one in found.images] == [str(tmp_path / "deep" / "f.png")]
    assert found.skipped == ()


def test_unreadable_files_are_skipped_and_named(digits_run: Run, files: list[Path], tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("hello")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "cut.png").write_bytes(files[5].read_bytes()[:60])
    broken = [tmp_path / name for name in ("text.png", "empty.png", "cut.png")]
    found = predict(digits_run.path, [broken[0], files[0], *broken[1:]])
    assert [one.file for one in found.images] == [str(files[0])]
    assert [(one.path, one.reason) for one in found.skipped][:2] == [
        (str(broken[0]), "not an image that Pillow knows"),
        (str(broken[1]), "the file is empty"),
    ]
    content = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert content["skipped"][1] == {"file": str(broken[1]), "reason": "the file is empty"}
    assert content["images"][0]["class"] == found.images[0].best
    assert content["images"][0]["probability"] == found.images[0].probabilities[0]


def test_only_unreadable_files(digits_run: Run, tmp_path: Path) -> None:
    broken = [tmp_path / "a.png", tmp_path / "b.png"]
    for path in broken:
        path.write_text("hello")
    with pytest.raises(DataError) as caught:
        predict(digits_run.path, broken)
    assert str(caught.value) == (
        f"none of the 2 files is an image that can be read ({broken[0]}: not an image that Pillow knows); "
        "give whole image files"
    )
    with pytest.raises(DataError) as caught:
        predict(digits_run.path, broken[:1])
    assert str(caught.value) == (
        f"cannot read the image {broken[0]}: not an image that Pillow knows; give a whole image file"
    )


def test_no_files(digits_run: Run, tmp_path: Path) -> None:
    for nothing in ([], [tmp_path]):
        with pytest.raises(DataError) as caught:
            predict(digits_run.path, nothing)
        assert str(caught.value) == "no images given: name image files, or folders that hold some"


def test_a_missing_file(digits_run: Run, files: list[Path], tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        predict(digits_run.path, [files[0], tmp_path / "none.png"])
    assert str(caught.value) == (
        f"no file {tmp_path / 'none.png'}: give image files, or folders that hold some"
    )


def test_no_run_and_no_device(digits_run: Run, files: list[Path], tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"^no run at .*: expected a folder made by `striate train`"):
        predict(tmp_path / "none", files)
    with pytest.raises(ArgumentError, match=r"^unknown device 'gpu': use auto, cpu, cuda or cuda:1$"):
        predict(digits_run.path, files, device="gpu")
