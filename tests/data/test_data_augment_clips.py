"""Augmentation of clips: all frames alike, as images are, and flow that stays the motion of its picture."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from striate.data.augment.augment import augment, resample, turn_flow
from striate.data.augment.augmentation import Augmentation, Draws, draw
from striate.data.optical_flow import STILL, from_bytes, to_bytes

SIZE = (12, 16)
EVERYTHING = Augmentation(
    crop_area=(0.5, 1.3), crop_aspect=1.4, rotate=20, shift=0.1, flip=True, jitter=0.4, erase=0.5, cutmix=1.0
)
PARTS = [
    Augmentation(crop_area=(0.5, 0.8)),
    Augmentation(crop_aspect=1.5),
    Augmentation(rotate=30.0),
    Augmentation(shift=0.2),
    Augmentation(flip=True),
    Augmentation(jitter=0.4),
    Augmentation(erase=1.0),
    Augmentation(mixup=1.0),
    Augmentation(cutmix=1.0),
]


def pictures(N: int = 6, C: int = 3, H: int = 12, W: int = 14, seed: int = 0) -> Tensor:
    """Smooth pictures (N, C, H, W) uint8, all different."""
    random = torch.Generator().manual_seed(seed)
    coarse = torch.rand(N, C, 3, 3, generator=random) * 255
    return F.interpolate(coarse, (H, W), mode="bicubic").clamp(0, 255).to(torch.uint8)


def still_clips(frames: Tensor, T: int) -> Tensor:
    """Each picture, T times."""
    return frames[:, :, None].expand(-1, -1, T, -1, -1).contiguous()


@pytest.mark.parametrize("policy", [*PARTS, EVERYTHING])
@pytest.mark.parametrize("C", [1, 3])
def test_a_clip_that_stands_still_is_varied_as_its_picture(policy: Augmentation, C: int) -> None:
    frames, labels = pictures(C=C), torch.arange(6)
    draws = draw(policy, 6, size=SIZE, seed=0, step=3)
    alone, targets = augment(frames, labels, draws)
    clips, ours = augment(still_clips(frames, 5), labels, draws)
    assert not torch.equal(alone, frames.float())
    for t in range(5):
        assert torch.allclose(clips[:, :, t], alone, atol=1e-3)
    for one, other in zip(targets, ours, strict=True):
        assert (one is None and other is None) or torch.equal(one, other)  # type: ignore[arg-type]


@given(
    st.integers(1, 7),
    st.sampled_from([1, 3]),
    st.integers(1, 5),
    st.integers(1, 13),
    st.integers(1, 13),
    st.booleans(),
    st.integers(0, 999),
)
@settings(max_examples=60)
def test_any_clip_keeps_its_shape_and_its_order(
    N: int, C: int, T: int, H: int, W: int, flow: bool, step: int
) -> None:
    """Frames varied in another order are the varied frames in that order: no frame is treated apart."""
    planes = C + 2 if flow else C
    clips = pictures(N, planes * T, H, W, seed=step).view(N, planes, T, H, W)
    draws, labels = draw(EVERYTHING, N, size=SIZE, seed=1, step=step), torch.arange(N)
    result, _ = augment(clips, labels, draws, flow=flow)
    backwards, _ = augment(clips.flip(2), labels, draws, flow=flow)
    assert result.shape == clips.shape
    assert result.dtype == torch.float32
    assert -1e-3 <= result.min() <= result.max() <= 255 + 1e-3
    assert torch.allclose(backwards.flip(2), result, atol=2e-3)


def test_a_policy_that_varies_nothing_keeps_clips() -> None:
    clips = still_clips(pictures(C=5), 3)
    result, _ = augment(clips, torch.arange(6), draw(Augmentation(), 6, size=SIZE, seed=0, step=0), flow=True)
    assert torch.equal(result, clips.float())


def test_the_part_of_a_process_without_clips() -> None:
    clips = torch.zeros(0, 3, 4, 8, 8, dtype=torch.uint8)
    result, _ = augment(
        clips,
        torch.zeros(0, dtype=torch.int64),
        draw(EVERYTHING, 4, size=SIZE, seed=0, step=0).of(slice(0, 0)),
    )
    assert result.shape == clips.shape


def affine(matrix: list[list[float]], shift: tuple[float, float] = (0, 0)) -> np.ndarray:
    """(1, 2, 3) from its linear part."""
    return np.array([[[*matrix[0], shift[0]], [*matrix[1], shift[1]]]], np.float32)


@pytest.mark.parametrize(
    ("matrix", "moved"),
    [
        ([[1, 0], [0, 1]], (4, 2)),
        ([[-1, 0], [0, 1]], (-4, 2)),  # a flip negates x
        ([[0.5, 0], [0, 0.5]], (8, 4)),  # zoomed in by two, all moves twice as far
        ([[2, 0], [0, 1]], (2, 2)),
        ([[0, -1], [1, 0]], (2, -4)),  # what pointed right is now up
        ([[0.1, 0], [0, 0.1]], (20, 20)),  # further than bytes go
    ],
)
def test_flow_turns_with_its_picture(matrix: list[list[float]], moved: tuple[float, float]) -> None:
    flow = torch.from_numpy(to_bytes(np.broadcast_to([4.0, 2.0], (1, 3, 5, 5, 2)))).movedim(-1, 1).float()
    turned = from_bytes(turn_flow(flow, affine(matrix)).numpy())
    assert turned[0, 0] == pytest.approx(moved[0], abs=0.35)
    assert turned[0, 1] == pytest.approx(moved[1], abs=0.35)


@pytest.mark.parametrize("angle", [-25.0, 10.0, 40.0])
@pytest.mark.parametrize("size", [(48, 48), (40, 64)])
def test_flow_of_a_turned_picture_is_where_its_pixels_went(angle: float, size: tuple[int, int]) -> None:
    """A witness that follows a blob: it moves in the result as the turned flow says, also where H ≠ W."""
    H, W = size
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    maps = affine([[0.8 * c, -0.9 * s], [0.8 * s, 0.9 * c]], (0.05, -0.1))
    y, x = np.mgrid[:H, :W]
    one, two = (np.exp(-((x - W / 2 - dx) ** 2 + (y - H / 2 - dy) ** 2) / 8) for dx, dy in ((0, 0), (5, -3)))
    before, after = resample(torch.from_numpy(np.stack([one, two])[:, None]).float(), maps.repeat(2, axis=0))
    went = np.subtract(centre(after[0].numpy()), centre(before[0].numpy()))
    flow = torch.from_numpy(to_bytes(np.broadcast_to([5.0, -3.0], (1, 1, 1, 1, 2)))).movedim(-1, 1).float()
    told = from_bytes(turn_flow(flow, maps).numpy()).reshape(2)
    assert told == pytest.approx(went, abs=0.15)


def centre(blob: np.ndarray) -> tuple[float, float]:
    """Its x and y."""
    y, x = np.mgrid[: blob.shape[0], : blob.shape[1]]
    return float((blob * x).sum() / blob.sum()), float((blob * y).sum() / blob.sum())


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 999))
@settings(max_examples=40)
def test_resampling_is_torchs(H: int, W: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    maps = random.normal(size=(3, 2, 3)).astype(np.float32)
    pixels = torch.from_numpy(random.random((3, 2, H, W), np.float32))
    turned = maps * np.array([[1, H / W, 1], [W / H, 1, 1]], np.float32)
    grid = F.affine_grid(torch.from_numpy(turned), [3, 2, H, W], align_corners=False)
    expected = F.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
    assert torch.allclose(resample(pixels, maps), expected, atol=1e-3)


def test_flow_has_no_colour() -> None:
    clips = still_clips(pictures(C=5), 4)
    result, _ = augment(
        clips, torch.arange(6), draw(Augmentation(jitter=0.5), 6, size=SIZE, seed=0, step=0), flow=True
    )
    assert torch.equal(result[:, -2:], clips[:, -2:].float())
    alone, _ = augment(
        clips[:, :3], torch.arange(6), draw(Augmentation(jitter=0.5), 6, size=SIZE, seed=0, step=0)
    )
    assert torch.equal(result[:, :3], alone)
    assert not torch.equal(alone, clips[:, :3].float())


def test_an_erased_rectangle_does_not_move() -> None:
    clips = torch.full((4, 3, 2, 16, 16), 200, dtype=torch.uint8)
    clips[:, 0] = torch.arange(256, dtype=torch.uint8).view(16, 16)
    draws = draw(Augmentation(erase=1.0), 4, size=SIZE, seed=0, step=0)
    result, _ = augment(clips, torch.arange(4), draws, flow=True)
    erased = result[:, 0] != clips[:, 0]
    assert erased.any()
    assert (result[:, 1:].movedim(1, -1)[erased] == STILL).all()
    assert (result[:, 1:] == 200).any()


def test_flow_under_a_flip_is_the_flow_of_flipped_frames() -> None:
    """Flow in x to bytes and back: mirrored frames move the other way by exactly as much."""
    flow = np.random.default_rng(0).uniform(-25, 25, (1, 2, 3, 6, 8)).astype(np.float32)
    mirrored = flow[..., ::-1] * np.array([-1, 1], np.float32).reshape(1, 2, 1, 1, 1)
    flip = affine([[-1, 0], [0, 1]])
    draws = Draws(flip, None, None, None, None)
    clips = torch.from_numpy(np.concatenate([to_bytes(flow)[:, :1], to_bytes(flow)], axis=1))
    result, _ = augment(clips, torch.zeros(1, dtype=torch.int64), draws, flow=True)
    assert torch.allclose(result[:, 1:], torch.from_numpy(to_bytes(mirrored)).float(), atol=1e-3)
