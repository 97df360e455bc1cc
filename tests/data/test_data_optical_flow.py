"""Optical flow: known motions, the bytes that stand for it, its colours, and what cannot be."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from striate.data.flow_picture import colour_flow, draw_flow, draw_wheel
from striate.data.optical_flow import (
    LIMIT,
    METHODS,
    STILL,
    flow_fields,
    flow_of_clips,
    flow_planes,
    from_bytes,
    require_flow,
    to_bytes,
    with_flow,
)
from striate.errors import ArgumentError, DataError, MissingExtraError

MARGIN = 12  # pixels at the edges, where nobody can know what came in from outside


def texture(side: int = 96, seed: int = 0) -> np.ndarray:
    """(side, side) uint8 with detail at several sizes."""
    random = np.random.default_rng(seed)
    layers = [
        np.asarray(
            Image.fromarray(random.random((n, n), np.float32)).resize((side, side), Image.Resampling.BICUBIC)
        )
        for n in (6, 12, 24)
    ]
    mean = np.mean(layers, axis=0)
    return np.rint(255 * (mean - mean.min()) / np.ptp(mean)).astype(np.uint8)


def moving(dx: int, dy: int, frames: int = 3, channels: int = 1) -> np.ndarray:
    """(T, C, 64, 64) of a texture that moves by (dx, dy) pixels a frame."""
    whole, start = texture(), 16
    views = [
        whole[start - t * dy : start - t * dy + 64, start - t * dx : start - t * dx + 64]
        for t in range(frames)
    ]
    return np.repeat(np.stack(views)[:, None], channels, axis=1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shift", [(0, 0), (2, 0), (-3, 0), (0, 2), (1, -3), (5, 4)])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_shifted_texture_gives_that_shift(method: str, shift: tuple[int, int], channels: int) -> None:
    fields = flow_fields(moving(*shift, channels=channels), method)
    assert fields.shape == (3, 2, 64, 64)
    assert fields.dtype == np.float32
    middle = fields[:, :, MARGIN:-MARGIN, MARGIN:-MARGIN]
    for axis in (0, 1):
        assert np.median(middle[:, axis]) == pytest.approx(shift[axis], abs=0.1)
        assert np.abs(middle[:, axis] - shift[axis]).mean() < 0.35


@pytest.mark.parametrize("method", METHODS)
def test_a_turn_gives_flow_across_the_radius(method: str) -> None:
    picture = Image.fromarray(texture())
    frames = np.stack([np.asarray(picture.rotate(-angle, Image.Resampling.BICUBIC)) for angle in (0, 4)])
    x, y = flow_fields(frames[:, None], method)[0]
    row, column = np.mgrid[:96, :96] - 47.5
    near = np.hypot(row, column) < 32
    turn = np.deg2rad(4)  # clockwise: what is right of the centre moves down
    assert np.abs(x + turn * row)[near].mean() < 0.3
    assert np.abs(y - turn * column)[near].mean() < 0.3


@pytest.mark.parametrize("method", METHODS)
def test_the_last_frame_repeats_the_one_before_and_one_frame_stands_still(method: str) -> None:
    fields = flow_fields(moving(2, 1), method)
    assert np.array_equal(fields[2], fields[1])
    assert not np.array_equal(fields[1], np.zeros_like(fields[1]))
    assert (flow_planes(moving(2, 1)[:1], method) == STILL).all()


def test_colours_count_by_their_luma() -> None:
    grey = moving(3, 0)
    only_blue = np.concatenate([0 * grey, 0 * grey, grey], axis=1)
    faint = np.rint(0.114 * grey.astype(np.float32)).astype(np.uint8)
    assert np.array_equal(flow_planes(only_blue, "dis"), flow_planes(faint, "dis"))


@pytest.mark.parametrize("C", [1, 3])
def test_a_clip_with_its_flow(C: int) -> None:
    clip = np.ascontiguousarray(np.moveaxis(moving(2, -1, channels=C), 1, 0))
    both = with_flow(clip, "dis")
    assert both.shape == (C + 2, 3, 64, 64)
    assert both.dtype == np.uint8
    assert np.array_equal(both[:C], clip)
    middle = from_bytes(both[C:])[:, :, MARGIN:-MARGIN, MARGIN:-MARGIN]
    assert np.median(middle[0]) == pytest.approx(2, abs=0.15)
    assert np.median(middle[1]) == pytest.approx(-1, abs=0.15)


def test_many_clips_on_threads_are_as_one_by_one() -> None:
    motions = [(2, 0), (0, 1), (-2, 3), (1, 1), (0, 0)]
    clips = np.stack([np.moveaxis(moving(*motion), 1, 0) for motion in motions])
    planes = flow_of_clips(clips, "dis")
    for clip, flow in zip(clips, planes, strict=True):
        assert np.array_equal(with_flow(clip, "dis")[1:], flow)


@given(st.lists(st.floats(-19.9, 19.9), min_size=1, max_size=20))
def test_bytes_and_back(pixels: list[float]) -> None:
    fields = np.array(pixels, np.float32)
    assert np.abs(from_bytes(to_bytes(fields)) - fields).max() <= LIMIT / 127 / 2 + 1e-4
    assert np.array_equal(to_bytes(-fields).astype(int), 256 - to_bytes(fields).astype(int))


def test_bytes_at_their_ends() -> None:
    fields = np.array([0, 20, -20, 300, -300, np.inf, -np.inf, np.nan], np.float32)
    assert to_bytes(fields).tolist() == [128, 255, 1, 255, 1, 255, 1, 128]


@pytest.mark.parametrize(
    ("vector", "colour"),
    [
        ((0, 0), (255, 255, 255)),
        ((1, 0), (255, 0, 0)),  # right: red
        ((0, 1), (255, 234, 0)),  # down: nearly yellow
        ((-1, 0), (0, 197, 255)),  # left: nearly cyan
        ((0, -1), (103, 0, 255)),  # up: blue to magenta
        ((0.5, 0), (255, 128, 128)),  # half as far: half as strong
        ((3, 0), (255, 0, 0)),  # more than the longest
    ],
)
def test_colours_of_the_wheel(vector: tuple[float, float], colour: tuple[int, int, int]) -> None:
    field = np.array(vector, float).reshape(2, 1, 1)
    assert np.abs(colour_flow(field, longest=1.0)[0, 0].astype(int) - colour).max() <= 1


@given(st.integers(0, 20), st.integers(0, 20))
@settings(max_examples=20)
def test_any_field_can_be_drawn(H: int, W: int) -> None:
    assert colour_flow(np.full((2, H, W), 0.3)).shape == (H, W, 3)
    assert (colour_flow(np.full((2, H, W), 0.3)) > 140).all()  # below a pixel stays pale


def test_the_key_is_round() -> None:
    wheel = draw_wheel(40)
    assert (wheel[0, 0] == 255).all()
    assert wheel[20, 39].tolist() != [255, 255, 255]


def test_flow_of_a_folder_of_frames_is_drawn(tmp_path: Path) -> None:
    folder = tmp_path / "clip"
    folder.mkdir()
    for t, frame in enumerate(moving(4, 0, frames=4)):
        Image.fromarray(frame[0]).save(folder / f"{t}.png")
    out = tmp_path / "new" / "flow.png"
    picture = draw_flow(folder, out, frames=3)
    assert picture.to_json()["path"] == str(out)
    assert 3.5 < picture.longest < 20
    drawn = np.asarray(Image.open(out))
    assert drawn.shape == (2 * 64 + 4, 4 * 64 + 3 * 4, 3)
    middle = drawn[68 + MARGIN : -MARGIN, MARGIN : 64 - MARGIN].reshape(-1, 3)
    assert (middle[:, 0] > 240).mean() > 0.9  # red: it moves right
    assert middle[:, 1].mean() < 220


def test_a_picture_of_an_unknown_kind(tmp_path: Path) -> None:
    with pytest.raises(
        ArgumentError, match=r"the picture must be one of .png, .jpg, .webp; got 'a.txt': try a.png"
    ):
        draw_flow("clip.mp4", "a.txt")


def test_flow_of_moving_digits_is_drawn(tmp_path: Path) -> None:
    picture = draw_flow("motion-digits/test/1", tmp_path / "flow.png", frames=4, size=48)
    assert 1 < picture.longest <= 20
    assert np.asarray(Image.open(picture.path)).shape == (2 * 48 + 4, 5 * 52 - 4, 3)


@pytest.mark.parametrize(
    "clip", ["motion-digits", "motion-digits/tset/1", "motion-digits/test/1200", "motion-digits/test/x"]
)
def test_no_such_clip_of_moving_digits(clip: str) -> None:
    with pytest.raises(
        DataError, match=f"no clip '{clip}': expected NAME/SPLIT/NUMBER, as motion-digits/test/3"
    ):
        draw_flow(clip, "flow.png")


def test_an_unknown_method() -> None:
    with pytest.raises(
        ArgumentError, match=r"unknown flow 'diss': did you mean 'dis'\? Known: dis, farneback"
    ):
        with_flow(np.zeros((1, 2, 32, 32), np.uint8), "diss")


@pytest.mark.parametrize("method", METHODS)
def test_frames_too_small(method: str) -> None:
    with pytest.raises(
        DataError, match=r"frames of 8×11 pixels are too small for optical flow: expected at least 12×12"
    ):
        with_flow(np.zeros((1, 2, 11, 8), np.uint8), method)
    assert with_flow(np.zeros((1, 2, 12, 12), np.uint8), method).shape == (3, 2, 12, 12)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    sentence = r"^optical flow needs the extra 'flow': pip install 'striate\[flow\]'$"
    for ask in (require_flow, lambda: with_flow(np.zeros((1, 2, 32, 32), np.uint8), "dis")):
        with pytest.raises(MissingExtraError, match=sentence):
            ask()
