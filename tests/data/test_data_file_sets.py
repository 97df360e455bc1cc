"""Sets in memory and on disk: the same images, in the order asked for; files that break under way."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from data_files import noise, write_images
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.data import Skipped
from striate.data.sets.file_sets import DiskImages, image_reader
from striate.data.sets.image_sets import ImageSet, MemoryImages
from striate.errors import DataError

SIZE = (6, 8)


def memory(count: int = 12) -> MemoryImages:
    """Every other row of a shared array."""
    rows = np.arange(2 * count)
    images = MemoryImages(noise(2 * count, 3, 5, 4), rows // 2 % 3, [f"n{row}" for row in rows])
    return images.select(rows[::2])


def disk(folder: Path, per_class: int = 12, workers: int = 0) -> DiskImages:
    """Two classes, one after the other."""
    paths = [
        *write_images(folder / "cat", per_class, seed=1),
        *write_images(folder / "dog", per_class, seed=2),
    ]
    labels = np.repeat(np.arange(2), per_class)
    return DiskImages(
        [str(path) for path in paths], labels, ("cat", "dog"), channels=3, size=SIZE, workers=workers
    )


@given(batches=st.lists(st.lists(st.integers(0, 11), max_size=6), max_size=5))
@settings(max_examples=40, deadline=None)
def test_memory_gives_what_was_asked_for(batches: list[list[int]]) -> None:
    images = memory()
    given_back = list(images.batches(batches))
    assert [indices.tolist() for _, _, indices in given_back] == batches
    for pixels, labels, indices in given_back:
        assert pixels.dtype == torch.uint8
        assert labels.dtype == torch.int64
        assert pixels.is_contiguous()
        np.testing.assert_array_equal(pixels, noise(24, 3, 5, 4)[indices * 2])
        np.testing.assert_array_equal(labels, indices % 3)


def test_memory_raises_for_what_is_not_there() -> None:
    with pytest.raises(IndexError):
        memory().take([12])


def test_sets_are_described(tmp_path: Path) -> None:
    images: ImageSet = memory()
    assert (len(images), images.in_memory, images.skipped, images.names[1]) == (12, True, (), "n2")
    images = disk(tmp_path)
    assert (len(images), images.in_memory, images.skipped) == (24, False, ())
    assert images.names[23] == str(tmp_path / "dog" / "11.png")


@pytest.mark.parametrize("workers", [0, 2])
def test_disk_gives_the_same_as_reading_at_once(tmp_path: Path, workers: int) -> None:
    images = disk(tmp_path, workers=workers)
    expected, _ = image_reader(3, SIZE)(images.names)
    order = np.random.default_rng(0).permutation(24)
    asked = [*np.split(order, 4), [], [5, 5]]
    for (pixels, labels, indices), wanted in zip(images.batches(asked), asked, strict=True):
        np.testing.assert_array_equal(indices, np.asarray(wanted, int))
        np.testing.assert_array_equal(pixels, expected[indices])
        np.testing.assert_array_equal(labels, indices // 12)
        assert (pixels.dtype, labels.dtype) == (torch.uint8, torch.int64)
    np.testing.assert_array_equal(images.take(order), expected[order])


def test_disk_batches_may_be_left_early(tmp_path: Path) -> None:
    endless = disk(tmp_path, workers=2).batches(itertools.repeat([0, 1]))
    assert next(endless)[0].shape == (2, 3, *SIZE)
    endless.close()


@pytest.mark.parametrize("workers", [0, 2])
def test_the_next_of_its_class_stands_in_for_a_broken_file(tmp_path: Path, workers: int) -> None:
    images = disk(tmp_path, workers=workers)
    expected, _ = image_reader(3, SIZE)(images.names)
    Path(images.names[11]).write_bytes(b"")  # the last cat: the first one stands in
    Path(images.names[12]).unlink()  # the first dog: the second one stands in
    for _ in range(2):  # what was read before changes nothing
        batches = list(images.batches([[10, 11], [12, 13], [11, 12], [11]]))
        read = np.concatenate([pixels for pixels, _, _ in batches])
        np.testing.assert_array_equal(read, expected[[10, 0, 13, 13, 0, 13, 0]])
        assert np.concatenate([indices for _, _, indices in batches]).tolist() == [10, 11, 12, 13, 11, 12, 11]
        assert np.concatenate([labels for _, labels, _ in batches]).tolist() == [0, 0, 1, 1, 0, 1, 0]
    assert set(images.skipped) == {
        Skipped(images.names[11], "the file is empty", "cat"),
        Skipped(images.names[12], "No such file or directory", "dog"),
    }


def test_a_stand_in_may_be_broken_too(tmp_path: Path) -> None:
    images = disk(tmp_path, per_class=20)
    for index in (3, 4):
        Path(images.names[index]).write_bytes(b"")
    expected, _ = image_reader(3, SIZE)(images.names)
    np.testing.assert_array_equal(images.take([3])[0], expected[5])
    np.testing.assert_array_equal(images.take([4])[0], expected[5])
    assert len(images.skipped) == 2


@pytest.mark.parametrize("workers", [0, 2])
def test_more_than_a_tenth_of_a_class_is_too_much(tmp_path: Path, workers: int) -> None:
    images = disk(tmp_path, workers=workers)
    for index in (0, 1):
        Path(images.names[index]).write_bytes(b"")
    sentence = (
        f"2 of 12 images of class 'cat' cannot be read, more than a tenth: {images.names[0]} (the "
        f"file is empty), {images.names[1]} (the file is empty); mend or "
        "remove them (striate data check lists them all)"
    )
    with pytest.raises(DataError, match=f"^{re.escape(sentence)}$"):
        list(images.batches([[0, 1, 2, 3]] * 3))
