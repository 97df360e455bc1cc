"""Lists of images: as competitions and the hub publish them, files wherever they lie."""

import json
from pathlib import Path

import numpy as np
import pytest
from data_files import write_images
from PIL import Image

from striate import open_data
from striate.data.sources.list_files import is_list, list_clips
from striate.errors import DataError

LABELS = {"one": "cat", "two": "dog", "three": "cat", "four": "dog", "five": "cat", "six": "dog"}


def images(folder: Path, *, suffix: str = ".jpg") -> None:
    """Six pictures, each of another grey."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(LABELS):
        Image.fromarray(np.full((10, 12, 3), 20 * number, np.uint8)).save(folder / f"{name}{suffix}")


def write(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def told(source: Path) -> dict[str, str]:
    """File name without suffix → class."""
    listing = list_clips(source)
    assert listing.kind == "images"
    return {
        Path(path).stem: listing.classes[label]
        for path, label in zip(listing.paths, listing.labels, strict=True)
    }


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".JPG"])
@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize(
    "header",
    ["image,label", "image_id,diagnosis", "id,breed", "Image,Id", "id_code,diagnosis", "filename,class"],
)
def test_tables_of_competitions(tmp_path: Path, suffix: str, written: bool, header: str) -> None:
    """The extension stands in the table or not; the files lie in a folder beside it."""
    images(tmp_path / "train_images", suffix=suffix)
    rows = (f"{name}{suffix if written else ''},{label}" for name, label in LABELS.items())
    source = write(tmp_path / "train.csv", header, *rows)
    assert told(source) == LABELS


@pytest.mark.parametrize("written", ["one.jpg", "ONE.jpg", "One", "train_images/one.JPG", "TRAIN_IMAGES/one"])
def test_a_name_that_differs_in_case_alone_is_found_where_it_means_one_file(
    tmp_path: Path, written: str
) -> None:
    images(tmp_path / "train_images", suffix=".JPG")
    others = [f"{name}.JPG,{label}" for name, label in LABELS.items() if name != "one"]
    source = write(tmp_path / "train.csv", "image,label", f"{written},cat", *others)
    assert told(source) == LABELS


def test_a_name_that_could_mean_two_files_but_for_case_means_none(tmp_path: Path) -> None:
    images(tmp_path)
    Image.new("RGB", (8, 8)).save(tmp_path / "One.jpg")
    others = [f"{name},{label}" for name, label in LABELS.items() if name != "one"]
    with pytest.raises(
        DataError, match=r"^1 of the 6 files that .* names are not there: ONE\.jpg; looked in "
    ):
        list_clips(write(tmp_path / "train.csv", "image,label", "ONE.jpg,cat", *others))
    assert told(write(tmp_path / "train.csv", "image,label", "one.jpg,cat", *others)) == LABELS


def test_a_field_may_be_long_and_hold_lines(tmp_path: Path) -> None:
    images(tmp_path)
    long = '"' + "a, b\n" * 100_000 + '"'
    rows = [f"{name}.jpg,{label},{long}" for name, label in LABELS.items()]
    assert told(write(tmp_path / "train.csv", "image,label,said", *rows)) == LABELS


@pytest.mark.parametrize("words", [("tr", "dev", "te"), ("Training", "valid", "test_set")])
def test_words_of_splits_in_a_column_and_in_names_of_lists(tmp_path: Path, words: tuple[str, ...]) -> None:
    images(tmp_path)
    asked = [words[number % 3] for number in range(6)]
    rows = [f"{name},{label},{word}" for (name, label), word in zip(LABELS.items(), asked, strict=True)]
    expected = ["train", "val", "test"] * 2
    for header in (["image,label,split"], []):
        listing = list_clips(write(tmp_path / "all.csv", *header, *rows))
        assert [
            listing.split[listing.paths.index(str(tmp_path / f"{name}.jpg"))] for name in LABELS
        ] == expected


def test_a_word_in_a_column_of_splits_that_means_none_is_refused(tmp_path: Path) -> None:
    """It would else be trained on."""
    images(tmp_path)
    rows = [f"{name},{label},holdout" for name, label in LABELS.items()]
    with pytest.raises(DataError) as refused:
        list_clips(write(tmp_path / "all.csv", "image,label,split", *rows))
    assert str(refused.value) == (
        f"{tmp_path / 'all.csv'} is no table of images or clips: line 2: the split 'holdout' is none of "
        "train, val, test: write one of these"
    )


def test_a_column_that_holds_splits_is_read_whatever_its_name(tmp_path: Path) -> None:
    images(tmp_path)
    words = ["Training", "PublicTest", "Training", "Training", "PrivateTest", "Training"]
    rows = [f"{name},{label},{word}" for (name, label), word in zip(LABELS.items(), words, strict=True)]
    listing = list_clips(write(tmp_path / "all.csv", "image,emotion,Usage", *rows))
    assert "column Usage read as that of splits" in listing.notes
    assert sorted(listing.split) == ["test"] * 2 + ["train"] * 4


def test_rows_that_say_the_same_again_are_left_out(tmp_path: Path) -> None:
    images(tmp_path)
    rows = [f"{name},{label}" for name, label in LABELS.items()]
    listing = list_clips(write(tmp_path / "all.csv", "image,label", *rows, *rows[:2]))
    assert len(listing.paths) == 6
    assert "2 rows left out that name a file again" in listing.notes


def competition(folder: Path, *lists: str) -> Path:
    """A folder as competitions give it: pictures of both splits, lists, and an example of an answer."""
    images(folder / "train_images")
    images(folder / "test_images")
    rows = [f"{name},{label}" for name, label in LABELS.items()]
    for name in lists:
        write(folder / name, "image_id,label", *rows)
    write(folder / "test.csv", "image_id", *LABELS)
    write(folder / "sample_submission.csv", "image_id,label", *(f"{name},cat" for name in LABELS))
    return folder


def test_a_folder_of_a_competition_is_read_by_its_list(tmp_path: Path) -> None:
    assert told(competition(tmp_path / "a", "train.csv")) == LABELS
    wrapped = competition(tmp_path / "b" / "inner", "labels.csv").parent
    assert told(wrapped) == LABELS
    with pytest.raises(DataError) as several:
        open_data(competition(tmp_path / "c", "train.csv", "labels.csv"))
    assert (
        str(several.value) == f"{tmp_path / 'c'} holds the lists labels.csv and train.csv: name one of them"
    )
    with pytest.raises(DataError) as bare:
        open_data(competition(tmp_path / "d"))
    assert str(bare.value) == (
        f"{tmp_path / 'd'}: test_images and train_images are called as splits are, and hold no class "
        "folders: make a folder for each class in them, or give a list with columns image and label"
    )


def test_a_list_beside_class_folders_is_not_taken(tmp_path: Path) -> None:
    images(tmp_path / "cat")
    images(tmp_path / "dog")
    write(tmp_path / "all.csv", "image,label", "one,a", "two,b")
    assert not is_list(tmp_path)
    images(tmp_path / "set" / "train" / "cat")
    write(tmp_path / "set" / "train.csv", "image,label", "one,a", "two,b")
    assert not is_list(tmp_path / "set")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "l.csv",
            "image,label\none.jpg,cat\ntwo.jpg\n",
            "{} has rows of fewer columns than the 2 of its header: expected as many in each",
        ),
        (
            "l.csv",
            "emotion,pixels,Usage\n0,1 2 3,Training\n",
            "{} is no table of images or clips: its column 'pixels' holds pixels, and a list names files: "
            "keep the pixels in a .npz, as images and labels",
        ),
        (
            "l.csv",
            ",".join(["label", *(f"pixel{n}" for n in range(9))]) + "\n" + "0," * 9 + "0\n",
            "{} is no table of images or clips: its column 'pixel0' holds pixels, and a list names files: "
            "keep the pixels in a .npz, as images and labels",
        ),
        (
            "l.jsonl",
            "[1, 2]\n",
            "{} is no list with an object a line: a row is an object with names, such as image and label",
        ),
        (
            "l.jsonl",
            '{"file_name": "one.jpg", "objects": {"bbox": [1, 2, 3, 4]}}\n',
            "{} is no list with an object a line: its 'objects' holds several things a row, which is "
            "multi-label, and an image or clip has one class here: write path,label with the class that you "
            "mean",
        ),
        ("l.jsonl", "{}\n", "{} is no list with an object a line: expected a list of images or clips, `path "
         "label` on each line"),
        (
            "l.json",
            '{"images": [], "annotations": []}',
            "{} is no list of images or clips that can be read: it is of COCO's form, whose labels are of "
            "objects in a picture, and a picture has one class here: write image,label",
        ),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused_by_its_name(
    tmp_path: Path, name: str, content: str, sentence: str
) -> None:
    images(tmp_path)
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError) as refused:
        list_clips(tmp_path / name)
    assert str(refused.value) == sentence.format(tmp_path / name)


def test_names_and_classes_as_one_object(tmp_path: Path) -> None:
    images(tmp_path)
    (tmp_path / "l.json").write_text(json.dumps({f"{name}.jpg": label for name, label in LABELS.items()}))
    assert told(tmp_path / "l.json") == LABELS


def test_two_lists_of_one_split_are_refused(tmp_path: Path) -> None:
    images(tmp_path)
    for word in ("train", "dev", "eval"):
        write(tmp_path / f"{word}.csv", "image,label", "one,cat", "two,dog")
    with pytest.raises(DataError) as refused:
        list_clips(tmp_path / "train.csv")
    assert str(refused.value) == (
        f"{tmp_path} holds 'dev.csv' and 'eval.csv', which both mean val: keep one, or rename the others to "
        "train or test"
    )


def test_other_columns_are_said_and_a_test_list_without_classes_is_left_out(tmp_path: Path) -> None:
    images(tmp_path / "train_images")
    rows = (f"{name}.jpg,3,{label},{number}" for number, (name, label) in enumerate(LABELS.items()))
    source = write(tmp_path / "train.csv", "image_id,age,label,fold", *rows)
    write(tmp_path / "test.csv", "image_id", "seven.jpg", "eight.jpg")
    listing = list_clips(source)
    assert listing.notes == (
        "read from train.csv, test.csv",
        "columns not read: age, fold",
        "test.csv left out: it names no classes",
    )
    assert listing.splits == ("train",)


def test_a_list_opens_like_any_set(tmp_path: Path) -> None:
    images(tmp_path)
    source = write(tmp_path / "all.csv", "image,label", *(f"{a},{b}" for a, b in LABELS.items()))
    data = open_data(source, size=8)
    assert (data.unit, data.name, data.classes, data.size) == ("images", "all", ("cat", "dog"), (8, 8))
    assert data.source == str(source)
    with pytest.raises(DataError, match=r"all\.csv holds images, which have no frames: leave it out"):
        open_data(source, frames=4)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (
            ["image,healthy,rust,scab", "one.jpg,0,1,0", "two.jpg,1,0,1"],
            "it has a column for each class (healthy, rust, scab), which is multi-label, and an image or "
            "clip has one class here: write path,label with the class that you mean",
        ),
        (
            ["image,labels", "one.jpg,rust scab", "two.jpg,healthy"],
            "its column labels holds several in one cell, as 'rust scab', which is multi-label, and an image "
            "or clip has one class here: write path,label with the class that you mean",
        ),
    ],
)
def test_several_classes_of_one_image(tmp_path: Path, lines: list[str], sentence: str) -> None:
    images(tmp_path)
    source = write(tmp_path / "train.csv", *lines)
    with pytest.raises(DataError) as caught:
        open_data(source)
    assert str(caught.value) == f"{source} is no table of images or clips: {sentence}"


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("split", [True, False])
def test_folders_of_the_hub(tmp_path: Path, kind: str, split: bool) -> None:
    """metadata.csv or .jsonl inside of the folder of images, or inside of that of each split."""
    folders = [tmp_path / "train", tmp_path / "test"] if split else [tmp_path]
    for folder in folders:
        images(folder)
        if kind == "csv":
            write(folder / "metadata.csv", "file_name,label", *(f"{a}.jpg,{b}" for a, b in LABELS.items()))
        else:
            objects = ({"file_name": f"{a}.jpg", "label": b} for a, b in LABELS.items())
            write(folder / "metadata.jsonl", *map(json.dumps, objects))
    assert is_list(tmp_path)
    listing = list_clips(tmp_path)
    assert {name: len(rows) for name, rows in listing.rows.items()} == (
        {"train": 6, "test": 6} if split else {"train": 6}
    )
    for name, rows in listing.rows.items() if split else ():
        assert {Path(listing.paths[row]).parent.name for row in rows} == {name}
    assert open_data(tmp_path, size=8).classes == ("cat", "dog")


def test_a_person_stays_on_one_side(tmp_path: Path) -> None:
    for label in ("happy", "sad"):
        for person in range(12):
            (tmp_path / label).mkdir(exist_ok=True)
            for take in range(3):
                pixels = np.full((8, 8), 10 * person + take, np.uint8)
                Image.fromarray(pixels).save(tmp_path / label / f"p{person:02}_{take}.png")
    data = open_data(tmp_path, group_by=r"(p\d+)_")
    people = {name: {Path(file).name[:3] for file in part.names} for name, part in data.splits.items()}
    assert set(people) == {"train", "val", "test"}
    assert not people["train"] & people["val"]
    assert not people["train"] & people["test"]
    assert not people["val"] & people["test"]


def test_a_header_is_one_whatever_lies_in_folders_nearby(tmp_path: Path) -> None:
    """A file called image in a folder beside the list's is none that the word image in its header names."""
    write_images(tmp_path / "set" / "pictures", 6)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "image.mp4").write_bytes(b"no video")
    names = sorted(path.name for path in (tmp_path / "set" / "pictures").iterdir())
    rows = [f"{name},{'ab'[number % 2]}" for number, name in enumerate(names)]
    (tmp_path / "set" / "train.csv").write_text("\n".join(["image,label", *rows]))
    assert open_data(tmp_path / "set" / "train.csv").classes == ("a", "b")


SHEETS = {
    "byte order mark, semicolons, CRLF": ("image;label", "{path};{label}", "\r\n", "utf-8-sig"),
    "UTF-16 with tabs": ("image\tlabel", "{path}\t{label}", "\r\n", "utf-16"),
    "rows without anything": ("image,label\n,\n , ", "{path},{label}\n,", "\n", "utf-8"),
    "an index without a name": ("\timage\tlabel", "7\t{path}\t{label}", "\n", "utf-8"),
    "words of its own": ("Bild;Sorte", "{path};{label}", "\r\n", "utf-8-sig"),
    "Windows": ("image,label", "{windows},{label}", "\r\n", "utf-8"),
    "quotes": ('"image","label"', '"{path}","{label}"', "\n", "utf-8"),
}


@pytest.mark.parametrize("sheet", SHEETS)
def test_lists_as_spreadsheets_and_scripts_write_them(tmp_path: Path, sheet: str) -> None:
    header, row, end, encoding = SHEETS[sheet]
    images(tmp_path / "große Bilder")
    rows = (
        row.format(path=f"große Bilder/{name}.jpg", windows=f"große Bilder\\{name}.jpg", label=label)
        for name, label in LABELS.items()
    )
    source = tmp_path / "list.csv"
    source.write_bytes((end.join([header, *rows]) + end).encode(encoding))
    assert told(source) == LABELS
    notes = {"words of its own": ("its first row, Bild and Sorte, is taken for names of columns",)}
    assert list_clips(source).notes == ("read from list.csv", *notes.get(sheet, ()))


WRONG_LISTS = {
    "another encoding": (
        "image,label\none.jpg,Äpfel\n".encode("latin-1"),
        "{path} is not in UTF-8, so that its letters beyond ASCII could be any: save it as UTF-8 "
        "(spreadsheets call it CSV UTF-8)",
    ),
    "no text": (
        b"\xff\0\1\2",
        "{path} is not text: expected a list of images or clips, `path label` on each line",
    ),
    "three words of its own": (
        b"Bild,Ort,Sorte\none.jpg,here,cat\n",
        "{path} is no table of images or clips: none of its columns Bild, Ort, Sorte is "
        "known: call that of the files path, and that of the classes label",
    ),
    "rows without a class": (
        b"image,label\none.jpg,cat\ntwo.jpg,\nthree.jpg,dog\nfour.jpg, \n",
        "2 of the 4 rows of {path} name no class: two.jpg, four.jpg; give each of them one, or remove them",
    ),
    "one class": (
        b"image,label\none.jpg,cat\ntwo.jpg,cat\n",
        "{path} has one class only, 'cat': expected at least two classes to tell apart",
    ),
}


@pytest.mark.parametrize("case", WRONG_LISTS)
def test_lists_that_cannot_be_understood(tmp_path: Path, case: str) -> None:
    content, sentence = WRONG_LISTS[case]
    images(tmp_path)
    source = tmp_path / "list.csv"
    source.write_bytes(content)
    with pytest.raises(DataError) as raised:
        open_data(source)
    assert str(raised.value) == sentence.format(path=source)


def test_a_list_holds_what_most_of_its_files_are(tmp_path: Path) -> None:
    images(tmp_path)
    rows = [f"{name}.jpg,{label}" for name, label in LABELS.items()]
    source = write(tmp_path / "list.csv", "image,label", "notes,cat", *rows, *rows)
    (tmp_path / "notes").mkdir()
    assert list_clips(source).kind == "images"
