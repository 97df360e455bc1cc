"""Class folders opened: channels, size, memory or disk, broken files."""

from pathlib import Path

import numpy as np
import pytest
from data_files import write_images
from PIL import Image

from striate.data import ImageData, UnreadableError, open_data, read_image
from striate.data.sources import listed as module
from striate.errors import DataError


def everything(data: ImageData) -> dict[str, np.ndarray]:
    """Name → pixels, over all splits."""
    return {
        name: pixels
        for images in data.splits.values()
        for name, pixels in zip(images.names, images.take(range(len(images))).numpy(), strict=True)
    }


def test_a_folder_of_grey_images_of_one_size(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        write_images(tmp_path / name, 20, mode="L")
    data = open_data(tmp_path)
    assert (data.name, data.source, data.classes) == (tmp_path.name, str(tmp_path), ("cat", "dog"))
    assert (data.channels, data.size, data.skipped) == (1, (6, 8), ())
    assert data.counts == {
        "train": {"cat": 14, "dog": 14},
        "val": {"cat": 3, "dog": 3},
        "test": {"cat": 3, "dog": 3},
    }
    assert data.notes[:3] == (
        "1 channel: every image is grey",
        "6 × 8 pixels, as every image has",
        "split into 28 train, 6 val, 6 test, class by class (split seed 0)",
    )
    for name, pixels in everything(data).items():
        np.testing.assert_array_equal(pixels, read_image(name, channels=1))


def test_mixed_sizes_and_channels(tmp_path: Path) -> None:
    write_images(tmp_path / "cat", 10, size=(70, 90))
    write_images(tmp_path / "dog", 10, size=(20, 10), mode="L")
    data = open_data(tmp_path)
    assert (data.channels, data.size) == (3, (64, 64))
    assert data.notes[:2] == (
        "3 channels: 10 of 20 images are in colour, the others grey",
        "resized to 64 × 64 pixels from 20 × 10 to 70 × 90: short side first, then cut around the centre",
    )
    for name, pixels in everything(data).items():
        np.testing.assert_array_equal(pixels, read_image(name, channels=3, size=(64, 64)))


def test_large_images_of_one_size_are_made_smaller(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        write_images(tmp_path / name, 4, size=(65, 65))
    data = open_data(tmp_path)
    assert data.notes[:2] == (
        "3 channels: every image is in colour",
        "resized to 64 × 64 pixels from 65 × 65: short side first, then cut around the centre",
    )


def test_channels_and_size_as_asked(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        write_images(tmp_path / name, 4)
    data = open_data(tmp_path, channels=1, size=5)
    assert (data.channels, data.size) == (1, (5, 5))
    assert data.notes[0].startswith("resized to 5 × 5 pixels from 6 × 8")
    same = open_data(tmp_path, size=6, channels=3)
    assert same.size == (6, 6)


def test_images_lying_on_their_side_share_the_size_that_is_seen(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in ("cat", "dog"):
        write_images(tmp_path / name, 3)
        Image.new("RGB", (6, 8)).save(tmp_path / name / "side.png", exif=exif)  # 8 high, 6 wide
    assert open_data(tmp_path).size == (6, 8)


def test_splits_that_are_given_stay(tmp_path: Path) -> None:
    for split, count in (("train", 20), ("test", 5)):
        for seed, name in enumerate(("cat", "dog")):
            write_images(tmp_path / split / name, count, seed=seed + count)
    data = open_data(tmp_path)
    assert data.counts == {
        "train": {"cat": 17, "dog": 17},
        "val": {"cat": 3, "dog": 3},
        "test": {"cat": 5, "dog": 5},
    }
    assert all("/test/" in name for name in data.splits["test"].names)
    assert data.duplicates == 0


def test_duplicates_across_splits_are_counted(tmp_path: Path) -> None:
    for split, seed in (("train", 1), ("val", 2), ("test", 3)):
        for name, more in (("cat", 0), ("dog", 10)):
            write_images(tmp_path / split / name, 4, seed=seed + more)
    copy = Image.open(tmp_path / "train" / "cat" / "0.png")
    copy.save(tmp_path / "test" / "cat" / "copy.bmp")  # other bytes, the same pixels
    for limit in (1 << 30, 0):
        data = open_data(tmp_path, memory_limit=limit, workers=0)
        assert data.duplicates == (1 if limit else 0)  # on disk, only copies of files are found
    assert "exact duplicates across splits: 1 of test also in train" in open_data(tmp_path).notes


def test_an_empty_split_is_left_out_and_said(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        write_images(tmp_path / name, 2)
    data = open_data(tmp_path)
    assert list(data.splits) == ["train", "test"]
    assert "val is empty: its classes are too small to share" in data.notes


@pytest.mark.parametrize("workers", [0, 2])
def test_beyond_the_memory_limit_images_stay_on_disk(tmp_path: Path, workers: int) -> None:
    for seed, name in enumerate(("cat", "dog")):
        write_images(tmp_path / name, 10, seed=seed)
    bytes_of_all = 20 * 3 * 6 * 8
    in_memory = open_data(tmp_path, memory_limit=bytes_of_all)
    on_disk = open_data(tmp_path, memory_limit=bytes_of_all - 1, workers=workers)
    assert all(images.in_memory for images in in_memory.splits.values())
    assert not any(images.in_memory for images in on_disk.splits.values())
    assert any(note.startswith("read from disk as needed: 2.68e-06 GiB") for note in on_disk.notes)
    for split, images in on_disk.splits.items():
        assert images.names == in_memory.splits[split].names
        asked = [np.arange(len(images))]
        ours, theirs = (next(one.batches(asked)) for one in (images, in_memory.splits[split]))
        assert (ours[0] == theirs[0]).all()
        assert (ours[1] == theirs[1]).all()


def test_workers_decode_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed, name in enumerate(("cat", "dog")):
        write_images(tmp_path / name, 70, seed=seed)
    (tmp_path / "dog" / "33.png").write_bytes(b"")
    alone = open_data(tmp_path, workers=0)
    monkeypatch.setitem(module._FEW_FILES, "images", 10)
    seen = []
    together = open_data(tmp_path, workers=2, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(64, 139), (128, 139), (139, 139)]
    assert together.to_json() == alone.to_json()
    expected = everything(alone)
    assert all((pixels == expected[name]).all() for name, pixels in everything(together).items())


def test_broken_files_are_skipped_and_named(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        write_images(tmp_path / name, 20, suffix=".jpg")
    head, body = tmp_path / "cat" / "3.jpg", tmp_path / "dog" / "7.jpg"
    head.write_bytes(b"no image")
    body.write_bytes(body.read_bytes()[:-60])
    data = open_data(tmp_path)
    assert [(one.path, one.label) for one in data.skipped] == [(str(head), "cat"), (str(body), "dog")]
    assert data.skipped[0].reason == "not an image that Pillow knows"
    assert data.skipped[1].reason.startswith("image file is truncated")
    assert (
        f"2 unreadable files skipped: {head} (not an image that Pillow knows), {body} (image"
        in data.notes[-1]
    )
    names = everything(data)
    assert len(names) == 38
    assert not {str(head), str(body)} & set(names)
    for name, pixels in names.items():  # the rows after those left out have not moved
        np.testing.assert_array_equal(pixels, read_image(name, channels=3))


@pytest.mark.parametrize("content", [b"no image", None])
def test_more_than_a_tenth_of_a_class(tmp_path: Path, content: bytes | None) -> None:
    for name in ("cat", "dog"):
        write_images(tmp_path / name, 30, suffix=".bmp")
    for number in range(4):
        path = tmp_path / "cat" / f"{number}.bmp"
        path.write_bytes(content or path.read_bytes()[:-50])
    with pytest.raises(UnreadableError) as unreadable:
        read_image(path)
    reason = unreadable.value.reason
    listed = ", ".join(f"DIR/cat/{number}.bmp ({reason})" for number in range(3))
    with pytest.raises(DataError) as caught:
        open_data(tmp_path)
    assert str(caught.value).replace(str(tmp_path), "DIR") == (
        f"4 of 30 images of class 'cat' cannot be read, more than a tenth: {listed}, …; "
        "mend or remove them (striate data check lists them all)"
    )
