"""Data given in Python: what is taken, under which name, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch.utils.data import Dataset, Subset, TensorDataset

from striate.data import open_data
from striate.data.sources.given import name_of
from striate.errors import ArgumentError, DataError

DRAWN = np.random.default_rng(3)
PIXELS = DRAWN.integers(0, 256, (40, 6, 5), np.uint8)
LABELS = [number % 2 for number in range(40)]


class Own(Dataset[tuple[Any, int]]):
    """As torchvision's data sets are: pictures of Pillow's, numbers, and names for these."""

    classes = ("ant", "bee")

    def __init__(self, made: Any = Image.fromarray) -> None:
        self.made = made

    def __len__(self) -> int:
        return len(LABELS)

    def __getitem__(self, number: int) -> tuple[Any, int]:
        return self.made(PIXELS[number]), LABELS[number]


def as_fractions(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels)[None].float() / 255


def broken(pixels: np.ndarray) -> None:
    raise OSError("no disk")


MEMBERS: dict[str, Any] = {
    "pictures of Pillow's": Own(),
    "tensors of fractions": Own(as_fractions),
    "part of a data set": Subset(Own(), list(range(40))),
    "tensor set": TensorDataset(torch.from_numpy(PIXELS), torch.tensor(LABELS)),
    "arrays": (PIXELS, np.array(LABELS)),
    "tensors": (torch.from_numpy(PIXELS), torch.tensor(LABELS)[:, None]),
    "list": [(pixels, label) for pixels, label in zip(PIXELS, LABELS, strict=True)],
    "dicts": [{"image": pixels, "label": label} for pixels, label in zip(PIXELS, LABELS, strict=True)],
    "named arrays": {"x_train": PIXELS, "y_train": torch.tensor(LABELS)},
    "names": (PIXELS, ["bee" if label else "ant" for label in LABELS]),
}


@pytest.mark.parametrize("form", MEMBERS)
def test_every_form_holds_the_same_pixels_and_labels(form: str) -> None:
    data = open_data(MEMBERS[form])
    assert data.classes in (("ant", "bee"), ("0", "1"))
    assert data.size == (6, 5)
    assert data.channels == 1
    found = {
        (bytes(picture.numpy().tobytes()), int(label))
        for part in data.splits.values()
        for picture, label in zip(part.take(range(len(part))), part.labels, strict=True)
    }
    assert found == {(pixels.tobytes(), label) for pixels, label in zip(PIXELS, LABELS, strict=True)}


def test_a_name_says_what_the_data_are() -> None:
    name = name_of(Own())
    assert name == name_of(Own()) == open_data(Own()).source == open_data(name).source
    others = [
        (PIXELS, LABELS[::-1]),
        (PIXELS[::-1], LABELS),
        {"train": Own(), "test": Own()},
        (PIXELS, LABELS),
    ]
    assert len({name, *map(name_of, others)}) == 5
    assert name_of("digits") == "digits"
    assert name_of(Path("photos")) == "photos"


def test_what_another_process_was_given_is_asked_for_again() -> None:
    with pytest.raises(DataError) as refused:
        open_data("python:0123456789abcdef")
    assert str(refused.value) == (
        "python:0123456789abcdef are data that were given in Python, which nothing else can find: give the "
        "same again"
    )


def test_splits_are_kept() -> None:
    data = open_data({"training": Own(), "valid": Subset(Own(), [0, 1, 2]), "test": Subset(Own(), [4, 5])})
    assert {split: len(part) for split, part in data.splits.items()} == {"train": 40, "val": 3, "test": 2}


@settings(max_examples=10, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(4, 90), st.integers(4, 90), st.sampled_from([1, 3])), min_size=8, max_size=8
    )
)
def test_pictures_of_many_shapes_are_brought_to_one(shapes: list[tuple[int, int, int]]) -> None:
    pictures = [np.full((C, H, W), 7, np.uint8) for H, W, C in shapes]
    data = open_data((pictures, [0, 1] * 4), size=16)
    colours = 3 if len({C for _, _, C in shapes}) == 2 or shapes[0][2] == 3 else 1
    assert data.size == (16, 16)
    assert data.channels == colours
    assert all((part.take(range(len(part))) == 7).all() for part in data.splits.values())


def test_a_list_of_paths_is_read_as_a_list_file_is(tmp_path: Path) -> None:
    rows = []
    for number, pixels in enumerate(PIXELS):
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        rows.append((tmp_path / f"{number}.png", "bee" if LABELS[number] else "ant"))
    listed = tmp_path / "all.csv"
    listed.write_text("image,label\n" + "".join(f"{path.name},{label}\n" for path, label in rows))
    ours, theirs = open_data(rows), open_data(listed)
    assert ours.counts == theirs.counts
    assert ours.classes == theirs.classes
    assert ours.size == theirs.size
    assert ours.notes[:2] == theirs.notes[:2]


EXPECTED = (
    "data must be a name or a path; or a data set, or list, of (picture, label) or (path, label), a pair "
    '(pictures, labels), or a dict of these as {"train": …, "test": …}; got '
)
REFUSED: list[tuple[Any, type[Exception], str]] = [
    (5, ArgumentError, EXPECTED + "5"),
    (("a.jpg", "cat"), ArgumentError, EXPECTED + "('a.jpg', 'cat')"),
    (np.zeros(()), ArgumentError, EXPECTED + "a ndarray"),
    (Own(broken), DataError, "sample 0 of the data cannot be had: OSError: no disk"),
    ([], DataError, "the data hold no samples: expected pictures or paths, each with a label"),
    ([("a.png", 0), (PIXELS[0], 1)], DataError, "the data hold both paths and pictures: give one of the two"),
    (
        {"a": (PIXELS, LABELS)},
        DataError,
        "the data hold 'a', which is no split: call their parts train, val and test",
    ),
    ((PIXELS, LABELS[1:]), DataError, "40 pictures came with 39 labels: give one label a picture"),
    (
        [(PIXELS[0], [0, 1])],
        DataError,
        "the label of sample 0 is [0, 1]: expected a whole number or a name, one class a picture",
    ),
    (
        [(PIXELS[0] - 2.0, 0)],
        DataError,
        f"the picture of sample 0 holds numbers from {PIXELS[0].min() - 2.0:.3g} to "
        f"{PIXELS[0].max() - 2.0:.3g}: give fractions from 0 to 1, or uint8; it is the training that takes "
        "mean and deviation off",
    ),
    (
        [(PIXELS[0].astype(np.int64), 0)],
        DataError,
        "the picture of sample 0 holds int64: expected uint8 from 0 to 255, or fractions from 0 to 1",
    ),
    (
        [(PIXELS[:4, :4, :4], 0)],
        DataError,
        "the picture of sample 0 is 4×4×4: expected H×W, or 1 or 3 channels before or behind that",
    ),
    ([PIXELS[0]], DataError, "sample 0 of the data is an array of shape (6, 5): expected (picture, label)"),
]


@pytest.mark.parametrize(("source", "kind", "sentence"), REFUSED)
def test_what_is_none_is_refused(source: Any, kind: type[Exception], sentence: str) -> None:
    with pytest.raises(kind) as refused:
        open_data(source)
    assert str(refused.value) == sentence


def test_a_label_beyond_the_names_is_refused() -> None:
    part = Own()
    part.classes = ("ant",)  # type: ignore[assignment]
    with pytest.raises(DataError) as refused:
        open_data(part)
    assert str(refused.value) == "the data name 1 classes, and have a label 1"
