"""Each rule of conversion against numbers worked out by hand; broken files by name and reason."""

import contextlib
import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
import pytest
import torch
from data_files import noise
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from striate.data.images.reading import read_header, read_image, refit
from striate.data.sets.file_sets import image_reader
from striate.data.suffixes import IMAGE_SUFFIXES
from striate.data.unreadable_files import UnreadableError
from striate.errors import ArgumentError, DataError


def pixels_of(image: Image.Image, path: Path, channels: int, **options: object) -> list[int]:
    """What becomes of an image saved to `path`, flat."""
    image.save(path, **options)
    return read_image(path, channels=channels).ravel().tolist()


def test_grey_stays_as_it_is(tmp_path: Path) -> None:
    values = noise(3, 5)
    Image.fromarray(values).save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png", channels=1)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert image.flags.writeable
    np.testing.assert_array_equal(image, values[None])


def test_rgb_comes_channels_first(tmp_path: Path) -> None:
    values = noise(3, 5, 3)
    Image.fromarray(values).save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png", channels=3)
    assert image.flags.c_contiguous
    np.testing.assert_array_equal(image, values.transpose(2, 0, 1))


def test_grey_as_rgb_is_three_times_the_same(tmp_path: Path) -> None:
    assert pixels_of(Image.new("L", (1, 1), 77), tmp_path / "a.png", 3) == [77, 77, 77]


@given(colour=st.tuples(*[st.integers(0, 255)] * 3))
@settings(max_examples=50, deadline=None)
def test_rgb_as_grey_is_itu_601_luma(colour: tuple[int, int, int]) -> None:
    grey = refit(np.array(colour, np.uint8).reshape(1, 3, 1, 1), 1, (1, 1)).item()
    red, green, blue = colour
    assert abs(grey - (0.299 * red + 0.587 * green + 0.114 * blue)) < 0.51


def test_one_bit_is_black_and_white(tmp_path: Path) -> None:
    image = Image.new("1", (2, 1))
    image.putpixel((1, 0), 1)
    assert pixels_of(image, tmp_path / "a.png", 1) == [0, 255]


@pytest.mark.parametrize(("mode", "suffix"), [("I;16", ".png"), ("I;16", ".tif"), ("I;16B", ".tif")])
def test_16_bit_is_scaled_and_rounded(tmp_path: Path, mode: str, suffix: str) -> None:
    values = [0, 128, 129, 257, 32768, 65535]  # 128 / 257 = 0.498, 129 / 257 = 0.502, 32768 / 257 = 127.502
    order = ">u2" if mode == "I;16B" else "<u2"
    image = Image.frombytes(mode, (6, 1), np.array(values, order).tobytes())
    assert pixels_of(image, tmp_path / f"a{suffix}", 1) == [0, 0, 1, 1, 128, 255]
    assert read_header(tmp_path / f"a{suffix}").grey


def test_32_bit_whole_numbers_are_read_as_16_bit_and_clipped(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[-5, 0, 25700, 65535, 70000]], np.int32))
    assert pixels_of(image, tmp_path / "a.tif", 1) == [0, 0, 100, 255, 255]


def test_floats_up_to_one_are_stretched(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0.0, 0.25, 1.0, np.nan]], np.float32))
    assert pixels_of(image, tmp_path / "a.tif", 1) == [0, 64, 255, 0]  # 0.25 · 255 = 63.75


def test_other_floats_are_clipped(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[-3.0, 0.25, 100.6, 300.0]], np.float32))
    assert pixels_of(image, tmp_path / "a.tif", 3) == [0, 0, 101, 255] * 3


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    # half-transparent red: 255, and 0 · 128/255 + 255 · 127/255 = 127
    assert pixels_of(Image.new("RGBA", (1, 1), (255, 0, 0, 128)), tmp_path / "a.png", 3) == [255, 127, 127]
    assert pixels_of(Image.new("RGBA", (1, 1), (9, 9, 9, 0)), tmp_path / "b.png", 3) == [255, 255, 255]
    assert pixels_of(Image.new("LA", (1, 1), (0, 0)), tmp_path / "c.png", 1) == [255]
    assert pixels_of(Image.new("LA", (1, 1), (40, 255)), tmp_path / "d.png", 1) == [40]


def test_a_colour_marked_as_transparent_is_white(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8))
    values = pixels_of(image, tmp_path / "a.png", 3, transparency=(1, 2, 3))
    assert values == [255, 4, 255, 5, 255, 6]  # channels first


@pytest.mark.parametrize("suffix", [".png", ".gif"])
def test_palette(tmp_path: Path, suffix: str) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)
    assert pixels_of(image, tmp_path / f"a{suffix}", 3) == [10, 200, 20, 100, 30, 50]
    assert pixels_of(image, tmp_path / f"b{suffix}", 3, transparency=1) == [10, 255, 20, 255, 30, 255]
    assert not read_header(tmp_path / f"a{suffix}").grey


def test_cmyk(tmp_path: Path) -> None:
    image = Image.new("CMYK", (3, 1))  # no ink
    image.putpixel((1, 0), (255, 0, 0, 0))  # cyan
    image.putpixel((2, 0), (0, 0, 0, 255))  # black
    assert pixels_of(image, tmp_path / "a.tif", 3) == [255, 0, 0, 255, 255, 0, 255, 255, 0]


def test_first_frame_of_several(tmp_path: Path) -> None:
    frames = [Image.new("L", (2, 2), value) for value in (10, 20)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    assert (read_image(tmp_path / "a.tif", channels=1) == 10).all()


UPRIGHT = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T,
    8: np.rot90,
}
"""What a viewer does to stored pixels for each EXIF orientation."""


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_exif_orientation(tmp_path: Path, orientation: int, suffix: str) -> None:
    values = noise(3, 5)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a{suffix}"
    Image.fromarray(values).save(path, exif=exif, **({"lossless": True} if suffix == ".webp" else {}))
    upright = UPRIGHT[orientation](values)
    np.testing.assert_array_equal(read_image(path, channels=1)[0], upright)
    assert read_header(path)[:2] == upright.shape


def test_size_cuts_evenly_around_the_centre(tmp_path: Path) -> None:
    values = np.zeros((4, 10), np.uint8)
    values[:, 3:7] = 200
    Image.fromarray(values).save(tmp_path / "a.png")
    np.testing.assert_array_equal(
        read_image(tmp_path / "a.png", channels=1, size=(4, 4)), values[None, :, 3:7]
    )


@given(
    source=st.tuples(st.integers(4, 40), st.integers(4, 40)),
    target=st.tuples(st.integers(1, 20), st.integers(1, 20)),
)
@settings(max_examples=30, deadline=None)
def test_size_is_reached_from_any_other(source: tuple[int, int], target: tuple[int, int]) -> None:
    image = refit(noise(1, 1, *source), 3, target)
    assert image.shape == (1, 3, *target)


def test_resizing_is_antialiased_bilinear(tmp_path: Path) -> None:
    values = noise(48, 60, 3)
    Image.fromarray(values).save(tmp_path / "a.png")
    ours = read_image(tmp_path / "a.png", channels=3, size=(16, 20))
    batch = torch.from_numpy(values.transpose(2, 0, 1).copy())[None].float()
    theirs = torch.nn.functional.interpolate(batch, (16, 20), mode="bilinear", antialias=True)[0]
    assert np.abs(ours - theirs.numpy()).max() <= 1


def test_a_large_jpeg_is_decoded_small_and_looks_the_same(tmp_path: Path) -> None:
    waves = 128 + 100 * np.sin(np.linspace(0, 9, 640))[:, None] * np.cos(np.linspace(0, 7, 800))[None]
    picture = Image.fromarray(waves.astype(np.uint8)).convert("RGB")
    picture.save(tmp_path / "a.jpg")
    small = read_image(tmp_path / "a.jpg", channels=3, size=(32, 32))
    picture.save(tmp_path / "a.png")
    exact = read_image(tmp_path / "a.png", channels=3, size=(32, 32))
    assert np.abs(small.astype(int) - exact).max() <= 4


def test_arrays_follow_the_same_rules_as_files(tmp_path: Path) -> None:
    values = noise(2, 3, 20, 30)
    paths = [tmp_path / f"{row}.png" for row in range(2)]
    for path, image in zip(paths, values, strict=True):
        Image.fromarray(image.transpose(1, 2, 0).copy()).save(path)
    pixels, broken = image_reader(1, (8, 8))([str(path) for path in paths])
    assert not broken
    np.testing.assert_array_equal(refit(values, 1, (8, 8)), pixels)
    assert refit(values, 3, (20, 30)) is values


def reason(read: Callable[[Path], object], path: Path) -> str:
    """Why a file cannot be read."""
    with pytest.raises(UnreadableError) as raised:
        read(path)
    assert raised.value.path == path
    return raised.value.reason


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"channels": 2}, "channels must be 1 (grey) or 3 (RGB); got 2"),
        ({"size": (0, 4)}, "size must be (height, width) in pixels, each at least 1; got (0, 4)"),
        ({"crop": 1.5}, "crop must be from 0 to 1 along the long side; got 1.5"),
    ],
)
def test_what_cannot_be_asked_for(tmp_path: Path, options: dict[str, Any], sentence: str) -> None:
    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    with pytest.raises(ArgumentError) as raised:
        read_image(tmp_path / "a.png", **options)
    assert str(raised.value).startswith(sentence)


def broken_file(kind: str, path: Path) -> None:
    stream = io.BytesIO()
    Image.fromarray(noise(40, 40)).save(stream, "PNG")
    contents = {
        "text": b"once upon a time",
        "empty": b"",
        "cut": stream.getvalue()[:900],
        "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n",
    }
    path.write_bytes(contents[kind])


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("text", "not an image that Pillow knows"),
        ("empty", "the file is empty"),
        ("cut", "image file is truncated"),
        ("postscript", "EPS files are not read"),
    ],
)
def test_broken_files_say_why(tmp_path: Path, kind: str, reason: str) -> None:
    path = tmp_path / "a.jpg"
    broken_file(kind, path)
    sentence = f"cannot read the image {path}: {reason}; give a whole image file"
    with pytest.raises(DataError, match=f"^{re.escape(sentence)}$"):
        read_image(path, channels=3)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    for read in (read_image, read_header):
        assert reason(read, tmp_path / "a.png") == "No such file or directory"


def test_pictures_of_telephones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HEIC, where the extra is installed; else the sentence that installs it."""
    heif = pytest.importorskip("pillow_heif")
    picture = Image.new("RGB", (64, 48), (200, 30, 30))
    heif.from_pillow(picture).save(tmp_path / "a.heic")
    found = read_image(tmp_path / "a.heic", size=(8, 8))
    np.testing.assert_allclose(found[:, 4, 4], (200, 30, 30), atol=6)
    assert read_header(tmp_path / "a.heic")[:3] == (48, 64, False)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    expected = "reading HEIC pictures needs the extra 'heif': pip install 'striate[heif]'"
    assert reason(read_image, tmp_path / "a.heic") == expected


def test_large_photographs_are_no_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of cameras may have three times as many pixels as others."""
    for name, format in (("a.jpg", "JPEG"), ("a.png", "PNG")):
        Image.new("L", (40, 40)).save(tmp_path / name, format)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 600)
    assert read_image(tmp_path / "a.jpg", channels=1).shape == (1, 40, 40)
    assert reason(read_image, tmp_path / "a.png") == "a decompression bomb, above 0.0006 million pixels"
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    assert reason(read_image, tmp_path / "a.jpg") == "a decompression bomb, above 0.0015 million pixels"
    assert Image.MAX_IMAGE_PIXELS == 500


@pytest.mark.parametrize("limit", [100, 1000])
def test_decompression_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    """Pillow warns above its limit and raises above twice its limit: both are refusals here."""
    Image.new("L", (40, 40)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    expected = f"a decompression bomb, above {limit / 1e6:.3g} million pixels"
    for read in (read_image, read_header):
        assert reason(read, tmp_path / "a.png") == expected


@given(
    kind=st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"]),
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8),
    length=st.integers(0, 10_000),
)
@settings(max_examples=150, deadline=None)
def test_no_damage_gets_through(kind: str, changes: list[tuple[int, int]], length: int) -> None:
    stream = io.BytesIO()
    Image.fromarray(noise(20, 20, 3)).save(stream, kind)
    content = bytearray(stream.getvalue())
    for place, value in changes:
        content[place % len(content)] = value
    damaged = bytes(content[: length % len(content) + 1])
    with NamedTemporaryFile() as file:
        file.write(damaged)
        file.flush()
        with contextlib.suppress(UnreadableError):
            assert read_image(file.name, size=(8, 8)).shape == (3, 8, 8)
        with contextlib.suppress(UnreadableError):
            assert min(read_header(file.name)[:2]) > 0


def test_suffixes_are_those_that_pillow_reads() -> None:
    readable = {suffix for suffix, kind in Image.registered_extensions().items() if kind in Image.OPEN}
    programs_stubs_and_films = {
        ".ps",
        ".eps",
        ".emf",
        ".wmf",
        ".bufr",
        ".grib",
        ".h5",
        ".hdf",
        ".mpg",
        ".mpeg",
    }
    assert readable - programs_stubs_and_films <= IMAGE_SUFFIXES
    assert not IMAGE_SUFFIXES & programs_stubs_and_films
