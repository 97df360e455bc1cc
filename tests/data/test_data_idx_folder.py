"""Pairs of IDX files, by all the names under which they go about."""

from pathlib import Path

import numpy as np
import pytest
from data_files import noise, write_idx, write_mnist

from striate.data import open_data
from striate.errors import DataError


def write_pair(folder: Path, images: str, labels: str, pixels: np.ndarray, values: list[int]) -> None:
    write_idx(folder / images, pixels)
    write_idx(folder / labels, np.array(values, np.int32))


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_official_splits_stay(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "mine"
    write_mnist(folder, train=240, test=20, suffix=suffix)
    data = open_data(folder)
    assert {split: len(images) for split, images in data.splits.items()} == {
        "train": 220,
        "val": 20,
        "test": 20,
    }
    np.testing.assert_array_equal(data.splits["test"].take(range(20))[:, 0], noise(20, 4, 4, seed=20))
    assert data.splits["test"].names[17] == "mine/test/17"
    assert data.splits["test"].labels.tolist() == [*range(10), *range(10)]
    assert (np.bincount(data.splits["val"].labels) == 2).all()
    assert data.classes == tuple("0123456789")
    assert (data.channels, data.size) == (1, (4, 4))
    assert data.notes == (
        "the files have 1 channel, 4 × 4 pixels",
        "20 for val taken from 240 images of train, class by class (split seed 0)",
    )


def test_val_is_taken_out_of_train(tmp_path: Path) -> None:
    write_mnist(tmp_path, train=240)
    data = open_data(tmp_path)
    together = np.concatenate(
        [data.splits[split].take(range(len(data.splits[split]))) for split in ("train", "val")]
    )
    labels = np.concatenate([data.splits["train"].labels, data.splits["val"].labels])
    original = noise(240, 4, 4, seed=240)
    rows = {image.tobytes(): row for row, image in enumerate(original)}
    came_from = [rows[image.tobytes()] for image in together]
    assert sorted(came_from) == list(range(240))
    assert (labels == np.array(came_from) % 10).all()


@pytest.mark.parametrize(
    "names",
    [
        ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz"),
        ("letters-images-idx3-ubyte", "letters-labels-idx1-int"),
        ("images-idx3-ubyte", "labels-idx1-ubyte"),
    ],
)
def test_a_single_pair_is_split(tmp_path: Path, names: tuple[str, str]) -> None:
    write_pair(tmp_path, *names, noise(40, 3, 3), [*range(2)] * 20)
    data = open_data(tmp_path)
    assert {split: len(images) for split, images in data.splits.items()} == {"train": 28, "val": 6, "test": 6}


def test_prefixes_are_told_by_their_last_word(tmp_path: Path) -> None:
    for role, count in (("train", 20), ("validation", 6), ("test", 4)):
        names = f"emnist-letters-{role}-images-idx3-ubyte", f"emnist-letters-{role}-labels-idx1-ubyte"
        write_pair(tmp_path, *names, noise(count, 3, 3, seed=count), [1, 26] * (count // 2))
    data = open_data(tmp_path)
    assert {split: len(images) for split, images in data.splits.items()} == {"train": 20, "val": 6, "test": 4}
    assert data.classes == ("1", "26")
    assert data.splits["val"].labels.tolist() == [0, 1] * 3


def test_unpacked_files_go_before_packed_ones(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(b"damaged")
    assert len(open_data(tmp_path).splits["train"]) == 50


@pytest.mark.parametrize("shape", [(40, 4, 5, 3), (40, 3, 3, 5)])
def test_colour(tmp_path: Path, shape: tuple[int, ...]) -> None:
    pixels = noise(*shape)
    write_pair(tmp_path, "train-images-idx4-ubyte", "train-labels-idx1-ubyte", pixels, [0, 1] * 20)
    data = open_data(tmp_path)
    assert data.channels == 3
    expected = pixels if shape[1:] == (3, 3, 5) else pixels.transpose(0, 3, 1, 2)
    assert data.splits["test"].take([0]).shape == (1, 3, *data.size)
    assert data.splits["test"].take([0])[0].numpy().tobytes() in {image.tobytes() for image in expected}


def test_channels_and_size_as_asked(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    data = open_data(tmp_path, channels=3, size=8)
    image = data.splits["train"].take([0, 1])
    assert image.shape == (2, 3, 8, 8)
    assert (image[:, 0] == image[:, 2]).all()
    assert data.notes[0] == "the files have 1 channel, 4 × 4 pixels; converted to 3, 8 × 8"
    lazy = open_data(tmp_path, channels=3, size=8, memory_limit=1000)  # each image as it is taken
    assert lazy.to_json() == data.to_json()
    assert (lazy.splits["train"].take([0, 1]) == image).all()


def test_a_known_name_brings_its_classes(tmp_path: Path) -> None:
    folder = tmp_path / "fashion-mnist"
    write_mnist(folder)
    data = open_data(folder)
    assert data.classes[9] == "Ankle boot"
    assert data.mirror_safe
    write_mnist(tmp_path / "mnist")
    assert not open_data(tmp_path / "mnist").mirror_safe


def refused(folder: Path) -> str:
    with pytest.raises(DataError) as caught:
        open_data(folder)
    return str(caught.value).replace(f"{folder}", "DIR")


def test_counts_that_differ(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    write_idx(tmp_path / "train-labels-idx1-ubyte", np.zeros(59, np.uint8))
    assert refused(tmp_path) == (
        "DIR/train-images-idx3-ubyte holds 60 images and DIR/train-labels-idx1-ubyte 59 labels: "
        "expected as many of each"
    )


def test_negative_labels(tmp_path: Path) -> None:
    write_pair(tmp_path, "images-idx3-ubyte", "labels-idx1-ubyte", noise(4, 3, 3), [0, 1, -1, 2])
    assert refused(tmp_path) == "the labels in DIR hold -1: expected no negative ones; fetch the files again"


def test_labels_beyond_the_known_classes(tmp_path: Path) -> None:
    folder = tmp_path / "mnist"
    write_mnist(folder)
    write_idx(folder / "t10k-labels-idx1-ubyte", np.arange(20, dtype=np.uint8) % 11)
    assert refused(folder) == "the labels in DIR hold 10: expected 0 to 9; fetch the files again"


def test_labels_that_are_no_labels(tmp_path: Path) -> None:
    write_idx(tmp_path / "images-idx3-ubyte", noise(4, 3, 3))
    write_idx(tmp_path / "labels-idx1-ubyte", np.zeros((4, 2), np.uint8))
    assert refused(tmp_path) == (
        "DIR/labels-idx1-ubyte has shape (4, 2) of uint8: expected one whole number an image"
    )


def test_images_that_are_no_images(tmp_path: Path) -> None:
    write_pair(tmp_path, "images-idx2-ubyte", "labels-idx1-ubyte", noise(4, 9), [0, 1, 0, 1])
    assert refused(tmp_path) == (
        "DIR/images-idx2-ubyte has shape (4, 9): expected images (N, H, W), or with 1 or 3 channels "
        "(N, H, W, C)"
    )


def test_a_file_without_its_other_half(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    assert refused(tmp_path) == (
        "DIR holds t10k-images-idx3-ubyte but no labels to go with it: expected t10k-labels-idx1-ubyte"
    )


def test_an_incomplete_download(tmp_path: Path) -> None:
    folder = tmp_path / "mnist"
    write_mnist(folder)
    for path in folder.glob("t10k*"):
        path.unlink()
    assert refused(folder) == "DIR is incomplete: fetch what is missing with: striate data get mnist"


def test_pairs_that_cannot_be_told_apart(tmp_path: Path) -> None:
    for prefix in ("cats", "dogs"):
        names = f"{prefix}-images-idx3-ubyte", f"{prefix}-labels-idx1-ubyte"
        write_pair(tmp_path, *names, noise(4, 3, 3), [0, 1, 0, 1])
    assert refused(tmp_path) == (
        "DIR holds IDX files for cats, dogs: expected one pair each for train and test (or t10k), and "
        "perhaps val; give a folder of its own to each data set"
    )


def test_splits_without_train(tmp_path: Path) -> None:
    for prefix in ("val", "test"):
        names = f"{prefix}-images-idx3-ubyte", f"{prefix}-labels-idx1-ubyte"
        write_pair(tmp_path, *names, noise(4, 3, 3), [0, 1, 0, 1])
    assert refused(tmp_path) == "DIR holds IDX files for test, val, but none for train"


def test_splits_of_different_sizes(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    write_idx(tmp_path / "t10k-images-idx3-ubyte", noise(20, 5, 4))
    assert refused(tmp_path) == (
        "the splits in DIR differ in (C, H, W): (1, 4, 4), (1, 5, 4); expected one shape"
    )


def test_a_class_only_seen_in_test(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    write_idx(tmp_path / "t10k-labels-idx1-ubyte", np.arange(20, dtype=np.uint8))
    assert (
        refused(tmp_path) == "class '10' is in test but not in train: add images of it to train, or remove it"
    )


def test_one_class_only(tmp_path: Path) -> None:
    write_pair(tmp_path, "images-idx3-ubyte", "labels-idx1-ubyte", noise(4, 3, 3), [5] * 4)
    assert refused(tmp_path) == "DIR has one class only, '5': expected at least two classes to tell apart"
