"""Moving digits: what is blind to order cannot tell partners apart; labels are what is seen."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from striate.data import ClipData, ClipSet, open_data
from striate.data.builtin.digits import digits
from striate.data.builtin.motion_digits import CLASSES, CLIPS, motion_digits
from striate.data.builtin.moving import (
    DIFFICULTIES,
    MOTIONS,
    Difficulty,
    Path,
    draw_ink,
    draw_paths,
    photos,
    smooth,
)
from striate.data.builtin.scenes import BothWays, draw_scenes
from striate.data.options import Options
from striate.errors import DataError


@cache
def opened(name: str = "motion-digits", **options: Any) -> ClipData:
    data = open_data(name, **options)
    assert isinstance(data, ClipData)
    return data


def clips_of(data: ClipData, split: str, most: int = 10_000) -> tuple[np.ndarray, np.ndarray]:
    """(N, C, T, H, W) float32 and labels."""
    clips = data.splits[split]
    rows = np.arange(min(most, len(clips)))
    return clips.take(rows).numpy().astype(np.float32), clips.labels[rows]


def test_what_is_in_the_default_set() -> None:
    data = opened()
    assert {split: len(clips) for split, clips in data.splits.items()} == CLIPS
    assert (data.frames, data.channels, data.size) == (8, 1, (24, 24))
    assert data.classes == CLASSES
    assert not data.mirror_safe
    assert all(clips.in_memory for clips in data.splits.values())
    for counts in data.counts.values():
        assert len(set(counts.values())) == 1  # every class as often as the others
    assert data.splits["test"].names[7] == "motion-digits/test/7"
    assert "cannot pass 50 %" in data.notes[0]
    values = data.to_json()
    assert (values["name"], values["frames"], values["flow"]) == ("motion-digits", 8, None)


@pytest.mark.parametrize("name", DIFFICULTIES)
@pytest.mark.parametrize("channels", [1, 3])
def test_backwards_a_clip_is_a_clip_of_its_partner(name: str, channels: int) -> None:
    """So both hold the same frames, and whatever is blind to their order answers both alike."""
    data = opened(name, channels=channels)
    for split, clips in data.splits.items():
        pixels = clips.take(np.arange(len(clips))).numpy()
        assert pixels.shape == (CLIPS[split], channels, 8, 24, 24)
        assert np.array_equal(pixels[0::2], pixels[1::2, :, ::-1])
        assert np.array_equal(clips.labels[0::2], clips.labels[1::2] ^ 1)


def without_order(clips: np.ndarray) -> np.ndarray:
    """(N, F): mean, deviation, least and greatest of each pixel over the frames, whatever their order."""
    ordered = np.sort(clips[:, 0], axis=1)  # so that equal sets of frames give equal sums
    parts = (ordered.mean(axis=1), ordered.std(axis=1), ordered[:, 0], ordered[:, -1])
    return np.concatenate([part.reshape(len(clips), -1) for part in parts], axis=1)


def least_squares(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(F, K): a linear classifier, slightly held back."""
    targets = np.eye(len(CLASSES))[labels]
    return np.linalg.solve(features.T @ features + 1e4 * np.eye(features.shape[1]), features.T @ targets)


def score_by(see: Any, most: int) -> tuple[float, float]:
    """Share of test clips named rightly, and of those given the right pair, from what `see` leaves."""
    clips, labels = clips_of(opened(), "train", most)
    weights = least_squares(see(clips), labels)
    clips, labels = clips_of(opened(), "test")
    answers = (see(clips) @ weights).argmax(axis=1)
    return float((answers == labels).mean()), float((answers // 2 == labels // 2).mean())


def test_a_classifier_blind_to_order_cannot_pass_one_half() -> None:
    top1, pair = score_by(without_order, 2000)
    assert pair > 0.6  # it does see something
    assert top1 <= 0.5
    assert top1 == pytest.approx(pair / 2)  # in each pair found, one of the two


def centres(clips: np.ndarray) -> np.ndarray:
    """(N, T, 3): the ink's centre in x and y, and its spread."""
    ink = np.clip(clips[:, 0] - np.median(clips[:, 0], axis=(1, 2, 3), keepdims=True) - 40, 0, None)
    mass = ink.sum(axis=(2, 3))
    y, x = np.mgrid[:24, :24]
    cx, cy = (ink * x).sum(axis=(2, 3)) / mass, (ink * y).sum(axis=(2, 3)) / mass
    away = (x - cx[..., None, None]) ** 2 + (y - cy[..., None, None]) ** 2
    return np.stack([cx, cy, np.sqrt((ink * away).sum(axis=(2, 3)) / mass)], axis=-1)


def test_labels_are_what_is_seen() -> None:
    clips, labels = clips_of(opened("motion-digits-easy"), "test")
    seen = centres(clips)
    first, last = seen[:, 0], seen[:, -1]
    x, y, spread = (last - first).T
    steps = np.diff(seen[..., :2], axis=1)
    turning = (steps[:, :-1, 0] * steps[:, 1:, 1] - steps[:, :-1, 1] * steps[:, 1:, 0]).sum(axis=1)
    tells = {"right": x, "left": -x, "down": y, "up": -y, "growing": spread, "shrinking": -spread}
    tells |= {"clockwise": turning, "counterclockwise": -turning}  # y points down: to the right is clockwise
    for label, name in enumerate(CLASSES):
        assert (tells[name][labels == label] > 0).mean() > 0.97, name


def test_no_digit_is_in_two_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    monkeypatch.setattr(
        "striate.data.builtin.motion_digits.draw_scenes",
        lambda digits, *rest, **options: shown.append(digits) or draw_scenes(digits, *rest, **options),
    )
    motion_digits("motion-digits", Options())
    everything = digits(Options()).images
    splits = [{one.tobytes() for one in each} for each in shown]
    assert [len(each) for each in shown] == [1258, 180, 359]
    assert sum(map(len, shown)) == len(everything.keys())
    twins = sum(map(len, splits)) - len(set().union(*splits))
    assert twins == 0


def test_the_same_options_give_the_same_clips() -> None:
    one, again, other = (
        motion_digits("motion-digits-hard", Options(seed=seed, size=16)) for seed in (3, 3, 4)
    )
    rows = np.arange(64)
    first = one.splits["train"].take(rows)
    assert first.equal(again.splits["train"].take(rows))
    assert not first.equal(other.splits["train"].take(rows))


@given(
    st.sampled_from(sorted(DIFFICULTIES)),
    st.sampled_from([1, 3]),
    st.integers(1, 9),
    st.integers(1, 40),
)
@settings(max_examples=25)
def test_any_frames_and_any_size(name: str, channels: int, frames: int, side: int) -> None:
    """Drawn all at once or each when it is asked for: the same."""
    scenes = draw_scenes(
        np.full((4, 8, 8), 255, np.uint8),
        np.arange(5) % 4,
        DIFFICULTIES[name],
        (0, side),
        frames=frames,
        channels=channels,
        size=(side, side),
    )
    clips = BothWays(scenes, None)
    values = clips.all()
    assert values.shape == clips.shape == (10, channels, frames, side, side)
    assert clips.nbytes == values.nbytes
    for row in (0, 1, 9):
        assert np.array_equal(clips[row], values[row])


@pytest.mark.parametrize("flow", [None, "dis"])
def test_what_does_not_fit_is_drawn_when_asked_for(flow: str | None) -> None:
    kept, drawn = (
        motion_digits("motion-digits", Options(size=16, frames=3, flow=flow, memory_limit=limit))
        for limit in (1 << 30, 1000)
    )
    assert (kept.splits["val"].in_memory, drawn.splits["val"].in_memory) == (True, False)
    planes = 1 if flow is None else 3
    for clips in (kept.splits["val"], drawn.splits["val"]):
        assert clips.take([5, 0]).shape == (2, planes, 3, 16, 16)
    assert kept.splits["val"].take([0, 1, 7]).equal(drawn.splits["val"].take([0, 1, 7]))
    views = drawn.splits["val"].views(2, 1)
    assert isinstance(views, ClipSet)
    assert views.take([2, 3])[1].equal(drawn.splits["val"].take([1])[0])


def test_training_sees_all_frames_in_order() -> None:
    """There are just as many as are asked for, so drawn places change nothing."""
    clips = opened().splits["val"]
    [(pixels, labels, _)] = clips.batches([[4, 9]], draws=(0, 3))
    assert pixels.equal(clips.take([4, 9]))
    assert labels.tolist() == clips.labels[[4, 9]].tolist()


def test_photographs_stand_still_behind_the_digit() -> None:
    clips, _ = clips_of(opened("motion-digits-easy", channels=3), "val", 64)
    assert (np.ptp(clips, axis=2) == 0).mean() > 0.4
    assert np.ptp(clips[:, :, 0], axis=(2, 3)).min() > 20
    assert np.abs(clips[:, 0] - clips[:, 2]).mean() > 10  # it has colours


@pytest.mark.parametrize("side", [16, 33, 64])
def test_enlarged_digits_are_pillows(side: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8)).astype(np.uint8)
    for image, large in zip(images, smooth(images, side), strict=True):
        framed = Image.fromarray(np.pad(image, 1).astype(np.float32))
        expected = np.asarray(framed.resize((side, side), Image.Resampling.BICUBIC)) / 255
        inside = slice(side * 3 // 20 + 1, -(side * 3 // 20) - 1)  # Pillow weighs anew at the very edge
        assert np.abs(large - expected.clip(0, 1))[inside, inside].max() < 2e-3


def still(angle: float = 0.0, x: float = 0.0, y: float = 0.0, side: float = 0.8) -> Path:
    return Path(*(np.array([[value]]) for value in (x, y, angle, side)))


@pytest.mark.parametrize("turns", range(4))
def test_ink_turns_clockwise(turns: int) -> None:
    picture = np.random.default_rng(0).random((2, 40, 40), np.float32)
    ink = draw_ink(picture, np.array([1]), still(turns * np.pi / 2 + 1e-6), (40, 40))
    assert ink.shape == (1, 1, 40, 40)
    assert (ink[0, 0] == np.rot90(picture[1], -turns)).mean() > 0.99


@pytest.mark.parametrize(("x", "y"), [(0.25, 0.0), (0.0, -0.5), (-0.25, 0.5)])
def test_ink_moves_right_and_down(x: float, y: float) -> None:
    picture = np.zeros((1, 40, 40), np.float32)
    picture[0, 18:22, 18:22] = 1
    ink = draw_ink(picture, np.array([0]), still(x=x, y=y), (40, 40))[0, 0]
    row, column = (places.mean() for places in np.nonzero(ink)) if ink.any() else (0, 0)
    assert (column - 19.5, row - 19.5) == pytest.approx((40 * x, 40 * y), abs=1.1)


def test_a_digit_as_large_as_it_is_asked_for() -> None:
    pictures = smooth(np.full((1, 8, 8), 255, np.uint8), 64)
    for side in (0.2, 0.5):
        ink = draw_ink(pictures, np.array([0]), still(side=side), (100, 100))[0, 0]
        assert np.sqrt(ink.sum()) == pytest.approx(100 * side, rel=0.06)


@given(st.integers(1, 12), st.integers(0, 999))
@settings(max_examples=30)
def test_paths_are_as_long_as_said(frames: int, seed: int) -> None:
    difficulty = Difficulty(wobble=0.0)
    random = np.random.default_rng(seed)
    path = draw_paths(np.arange(40) % 4, frames, difficulty, random)
    assert all(value.shape == (40, frames) for value in path)
    if frames == 1:
        return
    right, down, clockwise, growing = (slice(motion, None, 4) for motion in range(len(MOTIONS)))
    x, y, angle, side = ((value[:, -1] - value[:, 0]) for value in path)
    lowest, highest = difficulty.travel
    for rows, along, across in ((right, x, y), (down, y, x)):
        way = np.hypot(along, across)[rows]
        assert ((way > lowest - 1e-9) & (way < highest + 1e-9)).all()
        assert (np.abs(across) < along * np.tan(np.deg2rad(difficulty.tilt + 1e-6)))[rows].all()
    assert (angle[clockwise] > np.deg2rad(difficulty.turn[0] - 1e-6)).all()
    assert (side[growing] > 0.3).any()
    ratio = (path.side[:, -1] / path.side[:, 0])[growing]
    assert ((ratio > difficulty.growth[0] - 1e-9) & (ratio < difficulty.growth[1] + 1e-9)).all()


def test_photographs_are_as_large_as_needed() -> None:
    assert [min(photo.shape[:2]) for photo in photos(20)] == [60, 60]
    assert all(photo.dtype == np.uint8 for photo in photos(20))


def test_an_unknown_difficulty() -> None:
    with pytest.raises(
        DataError, match=r"unknown data set 'motion-digits-hrd': did you mean 'motion-digits-hard'\?"
    ):
        open_data("motion-digits-hrd")


@pytest.mark.parametrize(("option", "value"), [("stride", 2), ("group_by", "g(.)")])
def test_options_that_mean_nothing_here(option: str, value: Any) -> None:
    sentence = (
        f"motion-digits makes clips of just the frames asked for, so {option} means nothing: leave it out"
    )
    with pytest.raises(DataError, match=sentence):
        open_data("motion-digits", **{option: value})
