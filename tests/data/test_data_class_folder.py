"""What a folder holds, before any file is opened."""

import os
from pathlib import Path

import pytest

from striate.data.sources.class_folder import list_folder
from striate.errors import DataError


def touch(root: Path, *names: str) -> None:
    """Empty files; folders where the name ends with a slash."""
    for name in names:
        path = root / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.touch()


def test_one_folder_a_class(tmp_path: Path) -> None:
    touch(tmp_path, "dog/b.jpg", "dog/a.PNG", "cat/deep/down/c.webp", "cat/d.gif")
    listing = list_folder(tmp_path)
    assert listing.classes == ("cat", "dog")
    assert listing.keys == ["cat/d.gif", "cat/deep/down/c.webp", "dog/a.PNG", "dog/b.jpg"]
    assert listing.paths[0] == str(tmp_path / "cat" / "d.gif")
    assert listing.labels.tolist() == [0, 0, 1, 1]
    assert listing.rows["train"].tolist() == [0, 1, 2, 3]
    assert (listing.splits, listing.notes) == (("train",), ())
    assert listing.totals() == {"cat": 2, "dog": 2}


@pytest.mark.parametrize("val", ["val", "valid", "Validation"])
def test_splits_above_the_classes(tmp_path: Path, val: str) -> None:
    touch(
        tmp_path, "Train/cat/a.png", "Train/dog/b.png", f"{val}/dog/c.png", "test/cat/d.png", "extra/x/y.png"
    )
    listing = list_folder(tmp_path)
    assert listing.splits == ("train", "val", "test")
    assert {split: [listing.keys[row] for row in rows] for split, rows in listing.rows.items()} == {
        "train": ["Train/cat/a.png", "Train/dog/b.png"],
        "val": [f"{val}/dog/c.png"],
        "test": ["test/cat/d.png"],
    }
    assert listing.notes == ("folders beside train ignored: extra",)


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    touch(tmp_path, "train/a.png", "plane/b.png")
    assert list_folder(tmp_path).classes == ("plane", "train")


def test_hidden_and_other_files(tmp_path: Path) -> None:
    touch(
        tmp_path, "a/1.png", "a/.hidden.png", "a/notes.txt", "a/Thumbs.db", "a/README", "b/2.png", "stray.png"
    )
    touch(tmp_path, ".git/x.png", "__MACOSX/y.png", "b/.cache/z.png", "b/more.TXT")
    listing = list_folder(tmp_path)
    assert listing.keys == ["a/1.png", "b/2.png"]
    assert listing.notes == (
        "5 files ignored, no images or in no class folder: 2 .txt, 1 no suffix, 1 .db, 1 .png",
    )


def test_numbers_are_in_their_own_order(tmp_path: Path) -> None:
    touch(tmp_path, *[f"{number}/a.png" for number in (10, 9, 1, 0)])
    assert list_folder(tmp_path).classes == ("0", "1", "9", "10")
    touch(tmp_path, "x/a.png")
    assert list_folder(tmp_path).classes == ("0", "1", "10", "9", "x")


@pytest.mark.skipif(os.name == "nt", reason="needs links")
def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    touch(tmp_path, "set/cat/a.png", "set/dog/b.png", "elsewhere/c.png")
    (tmp_path / "set" / "cat" / "more").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "set" / "cat" / "again").symlink_to(tmp_path / "set" / "cat")
    (tmp_path / "set" / "bird").symlink_to(tmp_path / "elsewhere")
    assert list_folder(tmp_path / "set").keys == ["bird/c.png", "cat/a.png", "cat/more/c.png", "dog/b.png"]


def test_a_relative_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "cat/a.png", "dog/b.png")
    monkeypatch.chdir(tmp_path)
    assert list_folder(Path()).keys == ["cat/a.png", "dog/b.png"]


def refused(root: Path) -> str:
    with pytest.raises(DataError) as caught:
        list_folder(root).check()
    return str(caught.value).replace(str(root), "DIR")


def test_an_empty_folder(tmp_path: Path) -> None:
    expected = "expected one folder per class, train/ val/ test/ above them, or IDX files"
    assert refused(tmp_path) == f"DIR is empty: {expected}"
    touch(tmp_path, "a.png", "b.png")
    assert refused(tmp_path) == f"DIR has no class folders, only 2 files: {expected}"


def test_one_class_only(tmp_path: Path) -> None:
    touch(tmp_path, "cat/a.png")
    assert refused(tmp_path) == "DIR has one class only, 'cat': expected at least two classes to tell apart"


def test_a_class_without_images(tmp_path: Path) -> None:
    touch(tmp_path, "cat/a.png", "dog/a.txt", "bird/b.png")
    assert refused(tmp_path) == "class 'dog' has no images in DIR: add some, or remove the class"


def test_a_class_that_is_not_in_train(tmp_path: Path) -> None:
    touch(tmp_path, "train/cat/a.png", "train/dog/b.png", "test/bird/c.png", "test/fish/")
    assert refused(tmp_path) == (
        "class 'bird' is in test but not in train: add images of it to train, or remove it"
    )


def test_two_names_for_one_split(tmp_path: Path) -> None:
    touch(tmp_path, "train/cat/a.png", "dev/cat/b.png", "eval/cat/c.png")
    assert refused(tmp_path) == (
        "DIR holds 'dev' and 'eval', which both mean val: keep one, or rename the others to train or test"
    )
    touch(tmp_path, "val/cat/d.png")
    assert refused(tmp_path) == (
        "DIR holds 'dev' and 'eval' and 'val', which all mean val: keep one, or rename the others to train "
        "or test"
    )


def test_a_folder_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "cat/a.png")
    scandir = os.scandir

    def refuse(folder: Path) -> object:
        if folder.name == "cat":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    assert refused(tmp_path) == "cannot list the folder DIR/cat: Permission denied"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes in the file system")
def test_pipes_are_not_waited_for_and_broken_links_are_files(tmp_path: Path) -> None:
    touch(tmp_path, "cat/a.png", "dog/b.png")
    os.mkfifo(tmp_path / "cat" / "pipe.png")
    (tmp_path / "dog" / "link.png").symlink_to(tmp_path / "nowhere.png")
    listing = list_folder(tmp_path)
    assert listing.keys == ["cat/a.png", "dog/b.png", "dog/link.png"]
    assert listing.notes == ("1 file ignored, no images or in no class folder: 1 .png",)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("training", "testing"), "training for train, testing for test"),
        (("train_set", "dev", "test_set"), "train_set for train, dev for val, test_set for test"),
        (("trainval", "test"), "trainval for train"),
        (("TrainImages", "eval"), "TrainImages for train, eval for val"),
        (("seg_train", "seg_test"), "seg_train for train, seg_test for test"),
    ],
)
def test_splits_by_their_usual_names(tmp_path: Path, names: tuple[str, ...], said: str) -> None:
    """Two folders, training and testing, are never two classes."""
    files = [f"{split}/{name}/1.png" for split in names for name in ("cat", "dog")]
    touch(tmp_path, *files)
    listing = list_folder(tmp_path)
    assert listing.classes == ("cat", "dog")
    assert [int(rows.size) for rows in listing.rows.values()] == [2] * len(names)
    assert sorted(listing.notes[0].removeprefix("folders taken for splits: ").split(", ")) == sorted(
        said.split(", ")
    )


def test_a_split_in_a_folder_of_its_own_name(tmp_path: Path) -> None:
    touch(
        tmp_path, *(f"{split}/{split}/{name}/1.png" for split in ("seg_train", "seg_test") for name in "ab")
    )
    listing = list_folder(tmp_path)
    assert listing.classes == ("a", "b")
    assert listing.splits == ("train", "test")


def test_names_that_only_begin_like_a_split(tmp_path: Path) -> None:
    touch(tmp_path, "train station/x/1.png", "test tube/x/1.png", "trainer/1.png")
    assert list_folder(tmp_path).classes == ("test tube", "train station", "trainer")


def test_wrapping_folders_are_stepped_into(tmp_path: Path) -> None:
    touch(tmp_path, "archive/pets/cat/1.png", "archive/pets/dog/1.png", "archive/readme.txt")
    listing = list_folder(tmp_path)
    assert listing.classes == ("cat", "dog")
    assert listing.notes[0] == "the classes are in archive/pets, the only folder there"
    touch(tmp_path, "archive/other/1.png")  # now pets is one of two
    assert list_folder(tmp_path).classes == ("other", "pets")


def test_a_single_class_is_not_stepped_into(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.png", "cat/2.png")
    assert list_folder(tmp_path).classes == ("cat",)


@pytest.mark.parametrize(
    ("inner", "advice"),
    [
        (
            ("cat", "dog"),
            "merge them if cat, dog are the classes, or take the pictures out of them if a, b are",
        ),
        (("test", "train"), "put the splits above the classes, as test/a"),
    ],
)
def test_the_same_folders_in_every_folder_are_asked_about(
    tmp_path: Path, inner: tuple[str, str], advice: str
) -> None:
    touch(tmp_path, *(f"{outer}/{name}/1.png" for outer in "ab" for name in inner))
    with pytest.raises(DataError) as caught:
        list_folder(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: each of the folders a, b holds the same folders, {', '.join(inner)}: {advice}"
    )
