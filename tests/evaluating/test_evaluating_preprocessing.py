"""A picture in every form that a program may have it gives the same input."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from striate import read_image
from striate.data import Sampling
from striate.errors import ArgumentError, DataError
from striate.evaluating.preprocessing import Preprocess
from striate.evaluating.scoring import Normalisation

AS_IT_IS = Normalisation((0.0,) * 3, (1.0,) * 3)
COLOUR = Preprocess(3, (6, 8), AS_IT_IS)
GREY = Preprocess(1, (6, 8), Normalisation((10.0,), (2.0,)))
CLIP = Preprocess(3, (4, 4), AS_IT_IS, Sampling(2))


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("preprocess", [COLOUR, GREY])
def test_every_form_gives_the_same(preprocess: Preprocess, tmp_path: Path) -> None:
    pixels = noise(20, 30, 3)
    picture, file, stream = Image.fromarray(pixels), tmp_path / "a.png", io.BytesIO()
    picture.save(file)
    picture.save(stream, "PNG")
    expected = read_image(file, channels=preprocess.channels, size=(6, 8)).astype(np.float32)
    mean, std = np.array(preprocess.normalise.mean), np.array(preprocess.normalise.std)
    expected = (expected - mean[:, None, None]) / std[:, None, None]
    forms: list[Any] = [file, str(file), stream.getvalue(), picture, pixels]
    forms += [torch.from_numpy(pixels).permute(2, 0, 1), pixels.transpose(2, 0, 1)]
    for form in forms:
        np.testing.assert_allclose(preprocess(form)[0], expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(picture, pixels)  # it is the caller's own
    together = preprocess(forms)
    assert together.shape == (len(forms), preprocess.channels, 6, 8)
    assert together.dtype == torch.float32
    assert (together == together[:1]).all()


@given(H=st.integers(1, 9), W=st.integers(1, 9), C=st.sampled_from([1, 3]), N=st.integers(1, 3))
def test_both_orders_of_the_axes(H: int, W: int, C: int, N: int) -> None:
    pixels = noise(N, C, H, W)
    preprocess = Preprocess(C, (H, W), Normalisation((0.0,) * C, (1.0,) * C))
    np.testing.assert_array_equal(preprocess.pixels(torch.from_numpy(pixels)), pixels)
    np.testing.assert_array_equal(preprocess.pixels(np.moveaxis(pixels, 1, -1)), pixels)
    if C == 1:
        np.testing.assert_array_equal(preprocess.pixels(pixels[0, 0]), pixels[:1])
        np.testing.assert_array_equal(preprocess.pixels(torch.from_numpy(pixels[0, 0])), pixels[:1])


def test_what_is_transparent_lies_on_white() -> None:
    pixels = np.zeros((6, 8, 4), np.uint8)
    assert (COLOUR.pixels(pixels) == 255).all()


def test_clips() -> None:
    frames = noise(2, 4, 4, 3)
    expected = frames.transpose(3, 0, 1, 2)
    np.testing.assert_array_equal(CLIP.pixels(frames), expected[None])
    np.testing.assert_array_equal(CLIP.pixels(torch.from_numpy(expected.copy())), expected[None])
    assert CLIP([frames, frames]).shape == CLIP(noise(2, 2, 4, 4, 3)).shape == (2, 3, 2, 4, 4)
    assert CLIP.pixels(noise(2, 8, 12, 3)).shape == (1, 3, 2, 4, 4)


IMAGE = "pixels of an image are uint8 from 0 to 255, H×W or H×W×C as an array, C×H×W as a tensor"
VIDEO = "pixels of a clip are uint8 from 0 to 255, T×H×W×C as an array, C×T×H×W as a tensor"


@pytest.mark.parametrize(
    ("preprocess", "shown", "sentence"),
    [
        (COLOUR, np.zeros((3, 4, 3)), f"{IMAGE}; got float64 of 3×4×3"),
        (COLOUR, torch.zeros(3, 4, 5), f"{IMAGE}; got float32 of 3×4×5"),
        (COLOUR, np.zeros((0, 4, 3), np.uint8), f"{IMAGE}; got uint8 of 0×4×3"),
        (COLOUR, np.array(3, np.uint8), f"{IMAGE}; got no axes"),
        (COLOUR, noise(5), f"{IMAGE}; got 5"),
        (COLOUR, noise(5, 6, 7), f"{IMAGE}, C being 1, 3 or 4; got 5×6×7"),
        (COLOUR, [], "nothing was given: give a picture or clip, or a list of some"),
        (
            COLOUR,
            3,
            f"an image file, its bytes, a picture of Pillow or pixels can be shown; got int: {IMAGE}",
        ),
        (CLIP, noise(3, 4, 4, 3), "the network was trained on clips of 2 frames; got 3"),
        (CLIP, b"x", f"a video file or pixels can be shown; got bytes: {VIDEO}"),
        (CLIP, noise(4, 4, 3), f"{VIDEO}; got 4×4×3"),
        (
            Preprocess(3, (4, 4), AS_IT_IS, Sampling(2), "dis"),
            noise(2, 4, 4, 3),
            "the network sees optical flow, which is that to the next frame of a video: give video files",
        ),
    ],
)
def test_what_cannot_be_shown(preprocess: Preprocess, shown: Any, sentence: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        preprocess(shown)
    assert str(caught.value) == sentence


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^cannot read the image of these bytes: not an image that Pillow"):
        COLOUR(b"hello")
    with pytest.raises(DataError, match=r"^cannot read the image of these bytes: the file is empty; give"):
        COLOUR(b"")
    with pytest.raises(DataError, match=r"^cannot read the image .*no\.png: No such file or directory; give"):
        COLOUR(tmp_path / "no.png")
