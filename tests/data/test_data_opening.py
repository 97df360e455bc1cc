"""The built-in digits, the options, and what opening does without."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from data_files import write_mnist
from sklearn.datasets import load_digits

from striate.data import open_data
from striate.data.builtin import digits
from striate.errors import ArgumentError


def test_digits_are_those_of_scikit_learn() -> None:
    data = open_data("digits")
    assert {split: len(images) for split, images in data.splits.items()} == {
        "train": 1258,
        "val": 180,
        "test": 359,
    }
    ours = np.concatenate([images.take(range(len(images))).numpy() for images in data.splits.values()])[:, 0]
    labels = np.concatenate([images.labels for images in data.splits.values()])
    loaded = load_digits()
    theirs = np.round(loaded.images * 255 / 16).astype(np.uint8)
    ours_sorted, theirs_sorted = (
        sorted((int(label), image.tobytes()) for label, image in zip(*both, strict=True))
        for both in ((labels, ours), (loaded.target, theirs))
    )
    assert ours_sorted == theirs_sorted


def test_digits_are_described() -> None:
    data = open_data("digits")
    assert (data.name, data.source, data.channels, data.size) == ("digits", "digits", 1, (8, 8))
    assert data.splits["test"].names[17] == "digits/test/17"
    assert data.notes == ("1 channel: every image is grey",)
    assert (data.skipped, data.duplicates, data.mirror_safe) == ((), 0, False)


def test_the_split_of_digits_is_fixed() -> None:
    one, other = open_data("digits", seed=1), open_data("digits", seed=2)
    np.testing.assert_array_equal(one.splits["test"].labels, other.splits["test"].labels)
    assert one.splits["test"].labels[:8].tolist() == [3, 7, 9, 1, 2, 8, 3, 4]


def test_digits_wherever_scikit_learn_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = digits._load()
    monkeypatch.setattr(digits, "find_spec", lambda name: None)
    other_images, other_labels = digits._load()
    np.testing.assert_array_equal(images, other_images)
    np.testing.assert_array_equal(labels, other_labels)
    assert labels.dtype == other_labels.dtype == np.int64


def test_digits_as_asked() -> None:
    data = open_data("digits", channels=3, size=16)
    assert data.splits["val"].take([0]).shape == (1, 3, 16, 16)


def test_a_folder_called_digits_is_given_as_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_mnist(Path("digits"))
    assert open_data("digits").size == (8, 8)
    assert open_data("./digits").size == open_data(Path("digits")).size == (4, 4)


def test_the_same_twice(tmp_path: Path) -> None:
    write_mnist(tmp_path, train=240)
    one, same, other = (open_data(tmp_path, seed=seed) for seed in (0, 0, 1))
    taken = [data.splits["val"].take(range(20)).numpy().tobytes() for data in (one, same, other)]
    assert taken[0] == taken[1] != taken[2]


def test_to_json_is_plain(tmp_path: Path) -> None:
    write_mnist(tmp_path / "mine")
    data = open_data(tmp_path / "mine")
    told = json.loads(json.dumps(data.to_json()))
    assert told == data.to_json()
    assert told["images"] == {"train": 50, "val": 10, "test": 20}
    assert told["counts"]["test"]["3"] == 2
    assert told["in_memory"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"channels": 2}, "channels must be 1 (grey) or 3 (RGB); got 2"),
        ({"size": 0}, "size must be a number of pixels, at least 1; got 0"),
        ({"workers": -1}, "workers must not be negative; got -1: 0 reads in the main process"),
    ],
)
def test_impossible_options(options: dict[str, int], sentence: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        open_data("digits", **options)
    assert str(caught.value) == sentence


def test_opening_does_without_torch() -> None:
    script = (
        "import sys; from striate.data import open_data; open_data('digits'); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("False\n", "")
