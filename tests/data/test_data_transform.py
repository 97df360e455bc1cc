"""A function of one's own that pictures go through: what it may give, and that every door uses it once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from striate import open_data
from striate.data.images.framing import Framing, framed
from striate.data.images.transform import TransformError, transform_of
from striate.errors import ArgumentError, DataError

CODE = '''
"""Transforms."""
import numpy as np
import torch
from PIL import Image, ImageOps

def brighter(picture):
    return picture.point(lambda value: value // 2 + 10)

def middle(picture):
    return picture.crop((8, 0, 16, 8))

def rgba(picture):
    return picture.convert("RGBA")

def array(picture):
    return np.asarray(picture)

def tensor(picture):
    values = torch.from_numpy(np.array(picture)).float() / 255
    return values.movedim(-1, 0) if values.ndim == 3 else values[None]

def noise(picture):
    return Image.effect_noise(picture.size, 50)

def fails(picture):
    return picture.nothing

def leaves(picture):
    raise SystemExit(3)

def normalised(picture):
    return np.asarray(picture) / 127.5 - 1

def text(picture):
    return "a picture"

def four(picture):
    return np.zeros((4, 4, 4), np.uint8)

def empty(picture):
    return np.zeros((0, 4), np.uint8)

class Raised:
    def __call__(self, picture):
        return brighter(picture)

composed = Raised()
'''


@pytest.fixture
def code(tmp_path: Path) -> Path:
    file = tmp_path / "prepared.py"
    file.write_text(CODE, encoding="utf-8")
    return file


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes of pictures of different sizes."""
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(12):
            pixels = rng.integers(0, 255, (8, 24, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    return tmp_path / "photos"


def picture(mode: str) -> Image.Image:
    rng = np.random.default_rng(1)
    return Image.fromarray(rng.integers(0, 255, (6, 9, 3) if mode == "RGB" else (6, 9), np.uint8))


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("name", ["rgba", "array", "tensor"])
def test_what_a_function_may_give_is_the_same_picture(code: Path, name: str, mode: str) -> None:
    transform = transform_of(f"{code}:{name}")
    assert transform is not None
    made = transform(picture(mode))
    assert made.mode == mode
    assert np.array_equal(np.asarray(made), np.asarray(picture(mode)))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "noise",
            "makes another picture of the same one each time, and a network is to see in use what it saw",
        ),
        ("fails", "fails on a picture of 9×6: AttributeError: 'Image' object has no attribute 'nothing'"),
        ("leaves", "fails on a picture of 9×6: SystemExit: 3"),
        ("normalised", ": give uint8, or numbers from 0 to 1; normalising them is the training's part"),
        ("text", "should give a picture of Pillow, an array or a tensor of one; it gave str"),
        ("four", "should give 1 or 3 channels; it gave 4"),
        ("empty", "leaves nothing of a picture of 9×6"),
    ],
)
def test_anything_else_is_refused(code: Path, name: str, said: str) -> None:
    transform = transform_of(f"{code}:{name}")
    assert transform is not None
    with pytest.raises(TransformError) as raised:
        transform(picture("L"))
    assert str(raised.value).startswith(f"{code}:{name} ")
    assert said in str(raised.value)


def test_a_name_that_is_none(code: Path) -> None:
    with pytest.raises(ArgumentError) as raised:
        transform_of("brighter")
    assert str(raised.value) == (
        "transform must name a function in a file, as my.py:function; got 'brighter'"
    )
    with pytest.raises(TransformError, match=r"unknown name in .* 'brihter': did you mean 'brighter'"):
        transform_of(f"{code}:brihter")
    with pytest.raises(TransformError, match=r"there is no file gone.py to take gone.py:f from"):
        transform_of("gone.py:f")


def test_what_no_other_process_can_have(code: Path) -> None:
    def inner(picture: Any) -> Any:
        return picture

    with pytest.raises(ArgumentError) as raised:
        transform_of(inner)
    assert str(raised.value) == (
        "the transform inner cannot be given to other processes: put it at the top of a file, and give it or "
        "its name, as in my.py:function"
    )


def splits_of(data: Any) -> np.ndarray:
    return np.concatenate([split.take(range(len(split))).numpy() for split in data.splits.values()])


def _arrays(photos: Path) -> tuple[np.ndarray, list[str]]:
    files = sorted(photos.rglob("*.png"))
    return np.stack([np.asarray(Image.open(file)) for file in files]), [file.parent.name for file in files]


def _mixed(photos: Path) -> list[tuple[Image.Image, str]]:
    """One of another shape, so that all are brought to a size beforehand."""
    found = [(Image.open(file).copy(), file.parent.name) for file in sorted(photos.rglob("*.png"))]
    return [*found, (Image.new("RGB", (30, 8), "red"), "a"), (Image.new("RGB", (30, 8), "blue"), "b")]


DOORS: dict[str, Callable[[Path], Any]] = {"files": lambda photos: photos, "arrays": _arrays, "mixed": _mixed}


@pytest.mark.parametrize("door", DOORS)
def test_pictures_go_through_it_once_whatever_they_come_as(code: Path, photos: Path, door: str) -> None:
    """Once: half of each value, and 10; twice would be another."""
    kept: dict[str, Any] = {"size": 8, "fit": "squash"}
    plain = splits_of(open_data(DOORS[door](photos), **kept)).astype(int)
    made = splits_of(open_data(DOORS[door](photos), **kept, transform=f"{code}:brighter")).astype(int)
    assert np.abs(made - (plain / 2 + 10)).max() <= 1.5  # rounded before resizing


def test_it_comes_before_the_size(code: Path, photos: Path) -> None:
    """What it leaves has the network's size already: it is the picture itself."""
    data = open_data(photos, size=8, fit="squash", transform=f"{code}:middle")
    rows = {row.tobytes() for row in splits_of(data)}
    files = (np.asarray(Image.open(file))[:, 8:16] for file in photos.rglob("*.png"))
    assert {np.moveaxis(pixels, -1, 0).tobytes() for pixels in files} == rows


def test_workers_read_as_the_main_process_does(code: Path, photos: Path) -> None:
    kept: dict[str, Any] = {"size": 8, "transform": f"{code}:composed"}
    here = open_data(photos, **kept).splits["train"].take(range(8))
    disk = open_data(photos, **kept, memory_limit=0, workers=1).splits["train"]
    assert torch.equal(next(iter(disk.batches([range(8)])))[0], here)


def test_clips_have_none(code: Path) -> None:
    with pytest.raises(DataError) as raised:
        open_data("motion-digits", transform=f"{code}:brighter")
    assert str(raised.value) == (
        "motion-digits holds clips, which are cropped to their size: leave fit, share and transform out"
    )


def test_a_function_given_in_python_is_known_by_its_file() -> None:
    """Pillow's own, which stands in a module."""
    transform = transform_of(ImageOps.invert)
    assert transform is not None
    assert transform.name == "PIL.ImageOps:invert"
    assert transform_of(transform.to_json()) == transform
    half = Image.new("L", (4, 4), 55)
    assert np.asarray(framed(half, (2, 2), Framing(transform=transform))).tolist() == [[200, 200]] * 2
