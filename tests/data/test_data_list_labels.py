"""Labels in lists that can be no classes, and what only looks like that."""

from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

from striate import open_data
from striate.errors import DataError


def listed(folder: Path, labels: list[str], files: list[int] | None = None) -> Path:
    for number in range(len(labels)):
        Image.fromarray(np.full((4, 4), 9 * number, np.uint8)).save(folder / f"{number}.png")
    rows = zip(files or range(len(labels)), labels, strict=True)
    text = "\n".join(["image,label", *(f"{file}.png,{label}" for file, label in rows)])
    (folder / "pictures.csv").write_text(text, encoding="utf-8")
    return folder / "pictures.csv"


REFUSED = {
    "quantities": (
        [str(0.5 + number % 4) for number in range(12)],
        "has numbers with decimals for labels (0.5, 1.5, 2.5, …), which are quantities, and classes are "
        "needed: give each row the name of its class, as low or high",
    ),
    "names": (
        [f"n{number}" for number in range(12)],
        "has another label in each of its 12 rows (n0, n1, n2, …), from which no class can be learnt: call "
        "the column of the classes label",
    ),
    "empty": (
        ["cat", "dog", "NaN", "cat", "<NA>", "dog"],
        "2 of the 6 rows of",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_can_be_no_classes(tmp_path: Path, kind: str) -> None:
    labels, said = REFUSED[kind]
    with pytest.raises(DataError) as raised:
        open_data(listed(tmp_path, labels))
    assert said in str(raised.value)


def test_a_file_in_two_classes(tmp_path: Path) -> None:
    path = listed(tmp_path, ["cat", "dog", "cat", "dog"], files=[0, 1, 2, 0])
    with pytest.raises(DataError) as raised:
        open_data(path)
    assert str(raised.value) == (
        f"{path} names 1 of its files with two classes, as 0.png with cat and dog: give each file one"
    )


@pytest.mark.parametrize("labels", [["0.0", "1.0"] * 6, ["1", "2"] * 6, ["3e0", "v1.5"] * 6])
def test_what_may_be(tmp_path: Path, labels: list[str]) -> None:
    assert open_data(listed(tmp_path, labels)).classes == tuple(sorted(set(labels)))


def test_classes_that_differ_in_case_are_named(tmp_path: Path) -> None:
    data = open_data(listed(tmp_path, ["Cat", "cat", "dog"] * 4))
    assert "classes that differ in case alone: Cat, cat" in data.notes


def test_an_archive_of_archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("train.zip", b"PK")
        archive.writestr("labels.csv", "image,label")
    with pytest.raises(DataError) as raised:
        open_data(tmp_path / "all.zip")
    assert str(raised.value) == (
        f"{tmp_path / 'all.zip'} holds other archives, as train.zip: unpack it by hand, and give what is in "
        "there, or the folder once those are unpacked too"
    )


def test_whole_numbers_written_as_others_are_labels(tmp_path: Path) -> None:
    images = np.zeros((12, 4, 4), np.uint8)
    images[:] = np.arange(12)[:, None, None]
    np.savez(tmp_path / "a.npz", images=images, labels=(np.arange(12) % 2).astype(np.float32))
    assert open_data(tmp_path / "a.npz").classes == ("0", "1")
    np.savez(tmp_path / "b.npz", images=images, labels=np.arange(12) % 2 + 0.5)
    with pytest.raises(DataError, match="expected a number or name for each of the 12 images"):
        open_data(tmp_path / "b.npz")
