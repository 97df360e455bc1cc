"""Pictures of other shapes: what is kept of them, and which way is chosen unasked."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from striate import open_data
from striate.data.images.framing import FITS, Fit, Framing, framed
from striate.data.images.reading import decode_image
from striate.errors import ArgumentError, DataError


def wide(left: int, right: int) -> Image.Image:
    """64×256: what it is stands at its ends."""
    pixels = np.full((64, 256), 128, np.uint8)
    pixels[:, :32], pixels[:, -32:] = left, right
    return Image.fromarray(pixels)


def test_what_is_seen_of_a_wide_picture() -> None:
    picture = wide(0, 255)
    cropped, padded, squashed = (
        np.asarray(framed(picture, (64, 64), Framing(fit))).astype(int) for fit in FITS
    )
    assert (cropped == 128).all()  # its ends are gone
    assert padded[:24].max() == padded[40:].max() == 0  # 16 rows of picture, black around
    assert (padded[24:40, :7] == 0).all()
    assert (padded[24:40, 57:] == 255).all()
    assert (squashed[:, :7] == 0).all()
    assert (squashed[:, 57:] == 255).all()


@given(
    H=st.integers(1, 40),
    W=st.integers(1, 40),
    fit=st.sampled_from(FITS),
    share=st.sampled_from([1.0, 0.875, 0.5]),
    size=st.tuples(st.integers(1, 20), st.integers(1, 20)),
)
def test_any_shape_becomes_any_size(H: int, W: int, fit: Fit, share: float, size: tuple[int, int]) -> None:
    picture = Image.fromarray(np.full((H, W), 77, np.uint8))
    result = np.asarray(framed(picture, size, Framing(fit, share)))
    assert result.shape == size
    if fit == "pad":
        assert set(np.unique(result)) <= {0, 77}
        assert 77 in result
        rows, columns = (result == 77).any(axis=1).sum(), (result == 77).any(axis=0).sum()
        assert rows == size[0] or columns == size[1]
    else:
        assert (result == 77).all()


def test_the_share_is_the_middle(tmp_path: Path) -> None:
    """As the usual test of a published network: resized to 8, the middle 4."""
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[4:12, 4:12] = 200
    Image.fromarray(pixels).save(tmp_path / "a.png")
    for fit in FITS:
        middle = decode_image(tmp_path / "a.png", channels=3, size=(4, 4), framing=Framing(fit, 0.5))
        assert (middle[:, 1:3, 1:3] == 200).all()
        assert middle.min() > 100  # antialiasing looks a little over the edge


def write(folder: Path, width: int, height: int) -> Path:
    """Two classes of four pictures."""
    for number, name in enumerate(("a", "b")):
        (folder / name).mkdir(parents=True)
        for row in range(4):
            picture = wide(255 * number, row).resize((width, height))
            picture.save(folder / name / f"{row}.png")
    return folder


SAID = (
    ": each side by itself, as a cut to its shape would lose 75% of the typical image (--fit says otherwise)"
)


@pytest.mark.parametrize(
    ("width", "height", "fit", "chosen", "note"),
    [
        (256, 64, None, "squash", SAID),
        (64, 256, None, "squash", SAID),
        (256, 64, "crop", "crop", ": short side first, then cut around the centre"),
        (256, 64, "pad", "pad", ": all of it, with black around"),
        (160, 90, None, "crop", ": short side first, then cut around the centre"),
        (160, 90, "squash", "squash", ": each side by itself"),
    ],
)  # fmt: skip
def test_the_way_is_chosen_from_the_shapes(
    width: int, height: int, fit: Fit | None, chosen: Fit, note: str, tmp_path: Path
) -> None:
    data = open_data(write(tmp_path / "set", width, height), fit=fit)
    assert data.fit == chosen
    assert f"resized to 64 × 64 pixels from {height} × {width}{note}" in data.notes
    first = data.splits["train"]
    expected = decode_image(first.names[0], channels=1, size=(64, 64), framing=Framing(chosen))
    np.testing.assert_array_equal(first.take([0])[0], expected)
    on_disk = open_data(tmp_path / "set", fit=fit, memory_limit=0, workers=0).splits["train"]
    np.testing.assert_array_equal(on_disk.take([0])[0], expected)


def test_what_cannot_be_asked_for(small_clips: Path) -> None:
    with pytest.raises(ArgumentError, match=r"^fit must be 'crop', 'pad', 'squash' or None; got 'stretch'"):
        open_data("digits", fit="stretch")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"^share must be above 0 and at most 1, of each side; got 0$"):
        open_data("digits", share=0)
    with pytest.raises(DataError) as caught:
        open_data(small_clips, fit="pad")
    assert str(caught.value) == (
        f"{small_clips} holds clips, which are cropped to their size: leave fit, share and transform out"
    )
