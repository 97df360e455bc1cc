"""Augmentation: what each part of a policy does to the pixels; draws come from (seed, step) alone."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from striate.data.augment.augment import Targets, augment
from striate.data.augment.augmentation import Augmentation, Draws, draw, mirrored_first
from striate.errors import ArgumentError

SIZE = (12, 16)
EVERYTHING = Augmentation(
    crop_area=(0.5, 1.3),
    crop_aspect=1.4,
    rotate=20,
    shift=0.1,
    flip=True,
    jitter=0.4,
    erase=0.5,
    mixup=0.5,
    cutmix=1.0,
)
ONE_AT_A_TIME: dict[str, Any] = {
    "crop_area": (0.5, 0.8),
    "crop_aspect": 1.5,
    "rotate": 30.0,
    "shift": 0.2,
    "flip": True,
    "jitter": 0.4,
    "erase": 1.0,
    "mixup": 1.0,
    "cutmix": 1.0,
}


def images(N: int = 8, C: int = 3, H: int = 10, W: int = 14, seed: int = 0) -> Tensor:
    """Smooth pictures (N, C, H, W) uint8, all different."""
    random = torch.Generator().manual_seed(seed)
    coarse = torch.rand(N, C, 3, 3, generator=random) * 255
    return F.interpolate(coarse, (H, W), mode="bicubic").clamp(0, 255).to(torch.uint8)


def vary(policy: Augmentation, pixels: Tensor, seed: int = 0, step: int = 0) -> tuple[Tensor, Targets]:
    labels = torch.arange(len(pixels))
    return augment(
        pixels,
        labels,
        draw(policy, len(pixels), size=(pixels.shape[-2], pixels.shape[-1]), seed=seed, step=step),
    )


def test_a_policy_that_varies_nothing() -> None:
    pixels = images()
    result, targets = vary(Augmentation(), pixels)
    assert torch.equal(result, pixels.float())
    assert (targets.other, targets.share) == (None, None)
    assert targets.label.tolist() == list(range(8))
    assert draw(Augmentation(), 8, size=SIZE, seed=0, step=0) == Draws(None, None, None, None, None)


@pytest.mark.parametrize("name", ONE_AT_A_TIME)
def test_every_part_has_an_effect(name: str) -> None:
    pixels = images()
    before = pixels.clone()
    result, _ = vary(Augmentation(**{name: ONE_AT_A_TIME[name]}), pixels)
    assert not torch.equal(result, pixels.float())
    assert torch.equal(pixels, before)


def test_no_part_is_forgotten_here() -> None:
    assert {field.name for field in fields(Augmentation)} == set(ONE_AT_A_TIME)


def test_a_flip_is_torchs() -> None:
    pixels = images(N=40)
    result, _ = vary(Augmentation(flip=True), pixels)
    flipped = [i for i in range(40) if torch.allclose(result[i], pixels[i].float().flip(-1), atol=1e-2)]
    kept = [i for i in range(40) if torch.allclose(result[i], pixels[i].float(), atol=1e-2)]
    assert len(flipped) + len(kept) == 40
    assert 10 <= len(flipped) <= 30


@given(
    st.integers(1, 12), st.sampled_from([1, 3]), st.integers(1, 17), st.integers(1, 17), st.integers(0, 999)
)
@settings(max_examples=60)
def test_any_shape_stays_in_range(N: int, C: int, H: int, W: int, step: int) -> None:
    pixels = images(N, C, H, W, seed=step)
    result, targets = vary(EVERYTHING, pixels, step=step)
    assert result.shape == pixels.shape
    assert result.dtype == torch.float32
    assert -1e-3 <= result.min() <= result.max() <= 255 + 1e-3
    assert targets.share is not None
    assert ((targets.share >= 0) & (targets.share <= 1)).all()


def test_draws_depend_on_seed_and_step_alone() -> None:
    np.random.seed(3)
    torch.manual_seed(3)
    one = draw(EVERYTHING, 16, size=SIZE, seed=5, step=7)
    np.random.seed(4)
    torch.manual_seed(4)
    assert same(one, draw(EVERYTHING, 16, size=SIZE, seed=5, step=7))
    assert not same(one, draw(EVERYTHING, 16, size=SIZE, seed=5, step=8))
    assert not same(one, draw(EVERYTHING, 16, size=SIZE, seed=6, step=7))


def same(one: Draws, other: Draws) -> bool:
    return all(
        a is b is None or (a is not None and b is not None and np.array_equal(a, b))
        for a, b in zip(one, other, strict=True)
    )


@given(st.integers(2, 20), st.integers(1, 6), st.integers(0, 999))
@settings(max_examples=40)
def test_a_part_of_a_batch_is_varied_as_in_the_whole(N: int, world: int, step: int) -> None:
    from striate.training.process_group import ProcessGroup

    pixels, labels = images(N, seed=step), torch.arange(N)
    draws = draw(EVERYTHING, N, size=SIZE, seed=1, step=step)
    whole, targets = augment(pixels, labels, draws)
    for rank in range(world):
        part = ProcessGroup(rank, world, torch.device("cpu")).part(N)
        result, own = augment(pixels[part], labels[part], draws.of(part))
        assert torch.allclose(result, whole[part], atol=1e-3)
        assert torch.equal(own.label, targets.label[part])
        if not len(result):
            continue
        assert own.other is not None
        assert targets.other is not None
        assert torch.equal(own.other, targets.other[part])
        assert own.share is not None
        assert targets.share is not None
        assert torch.equal(own.share, targets.share[part])


def plain_colours(N: int, H: int = 12, W: int = 16) -> Tensor:
    """Image i is 20 · i everywhere, so that each pixel says whose it is."""
    return (20.0 * torch.arange(N)).view(N, 1, 1, 1).expand(N, 1, H, W).contiguous()


@pytest.mark.parametrize("N", [6, 7])
def test_mixup_shares_are_what_became_of_the_pixels(N: int) -> None:
    pixels = plain_colours(N)
    result, targets = vary(Augmentation(mixup=0.7), pixels)
    check_shares(result, targets, N)


@pytest.mark.parametrize("N", [6, 7])
def test_cutmix_shares_are_what_became_of_the_pixels(N: int) -> None:
    pixels = plain_colours(N)
    shares = set()
    for step in range(20):
        result, targets = vary(Augmentation(cutmix=1.0), pixels, step=step)
        check_shares(result, targets, N)
        assert all(value % 20 == 0 for value in result.unique().tolist())  # pasted, not blended
        assert targets.share is not None
        shares |= set(targets.share.tolist())
    assert min(shares) < 0.2
    assert max(shares) > 0.8


def check_shares(result: Tensor, targets: Targets, N: int) -> None:
    assert targets.other is not None
    assert targets.share is not None
    assert targets.label.tolist() == list(range(N))
    partners = [i ^ 1 for i in range(N)]
    if N % 2:
        partners[-1] = N - 1  # an odd last one has nobody but itself
    assert targets.other.tolist() == partners
    expected = 20.0 * (targets.share * targets.label + (1 - targets.share) * targets.other)
    assert torch.allclose(result.mean(dim=(1, 2, 3)), expected, atol=1e-3)


def test_a_coin_decides_between_mixup_and_cutmix() -> None:
    kinds = {
        draw(Augmentation(mixup=1.0, cutmix=1.0), 4, size=SIZE, seed=0, step=step).pasted is None
        for step in range(20)
    }
    assert kinds == {True, False}


def test_erasing_blanks_a_rectangle_to_the_mean() -> None:
    pixels = images(N=30, C=1)
    result, _ = vary(Augmentation(erase=1.0), pixels)
    for before, after in zip(pixels.float(), result, strict=True):
        changed = (before != after)[0]
        assert torch.allclose(after[0][changed], before.mean())
        assert 0 < changed.float().mean() <= 0.35
    kept, _ = vary(Augmentation(erase=0.5), pixels)
    untouched = [torch.equal(a, b) for a, b in zip(pixels.float(), kept, strict=True)]
    assert 5 <= sum(untouched) <= 25


def ramp(H: int, W: int) -> Tensor:
    """Two images that say where their pixels were: x, then y, in pixels."""
    y, x = torch.meshgrid(torch.arange(H) + 0.5, torch.arange(W) + 0.5, indexing="ij")
    return torch.stack([x, y])[:, None]


def places(policy: Augmentation, H: int, W: int, step: int = 0) -> Tensor:
    """(2, H, W): the x and y, in pixels, from which each pixel of one varied image came."""
    draws = draw(policy, 1, size=(H, W), seed=0, step=step)
    both = Draws(*(None if rows is None else np.repeat(rows, 2, axis=0) for rows in draws))
    return augment(ramp(H, W), torch.zeros(2, dtype=torch.int64), both)[0][:, 0]


@pytest.mark.parametrize(("H", "W"), [(40, 40), (30, 60), (60, 30)])
def test_a_rotation_keeps_shapes(H: int, W: int) -> None:
    """Neighbours stay one pixel apart, at right angles, also where an image is not square."""
    came = places(Augmentation(rotate=10.0), H, W)
    middle = came[:, H // 2 - 3 : H // 2 + 3, W // 2 - 3 : W // 2 + 3]
    right, down = middle[:, :-1, 1:] - middle[:, :-1, :-1], middle[:, 1:, :-1] - middle[:, :-1, :-1]
    assert torch.allclose(right.norm(dim=0), torch.ones(5, 5), atol=1e-3)
    assert torch.allclose(down.norm(dim=0), torch.ones(5, 5), atol=1e-3)
    assert torch.allclose((right * down).sum(dim=0), torch.zeros(5, 5), atol=1e-3)
    assert right[1].abs().max() > 0.01


@pytest.mark.parametrize("step", range(8))
def test_a_crop_lies_inside_and_has_the_area_asked_for(step: int) -> None:
    H, W = 40, 60
    came = places(Augmentation(crop_area=(0.25, 0.36)), H, W, step)
    x_step, y_step = came[0, 0, 1] - came[0, 0, 0], came[1, 1, 0] - came[1, 0, 0]
    assert 0.25 - 1e-3 <= x_step * y_step <= 0.36 + 1e-3
    assert x_step == pytest.approx(y_step.item(), abs=1e-3)
    assert came[0].min() > 0
    assert came[0].max() < W
    assert came[1].min() > 0
    assert came[1].max() < H


def test_a_shift_is_at_most_what_was_asked_for() -> None:
    moved = []
    for step in range(40):
        came = places(Augmentation(shift=0.1), 40, 60, step) - ramp(40, 60)[:, 0]
        x, y = came[0, 20, 30].item(), came[1, 20, 30].item()
        assert abs(x) <= 6.01
        assert abs(y) <= 4.01
        moved.append((abs(x), abs(y)))
    assert max(x for x, _ in moved) > 4
    assert max(y for _, y in moved) > 2.7


@pytest.mark.parametrize(("shift", "most"), [(1 / 16, (2, 3)), (0.01, (1, 1)), (0.1, (3, 5))])
def test_a_shift_alone_is_by_whole_pixels_each_as_likely(shift: float, most: tuple[int, int]) -> None:
    N, (H, W) = 3000, (32, 48)
    policy = Augmentation(shift=shift)
    draws = draw(policy, N, size=(H, W), seed=0, step=0)
    assert draws.affine is not None
    for axis, side, k in ((0, W, most[1]), (1, H, most[0])):
        pixels = draws.affine[:, axis, 2] * side / 2
        np.testing.assert_allclose(pixels, np.round(pixels), atol=1e-4)
        counts = np.bincount(np.round(pixels).astype(int) + k, minlength=2 * k + 1)
        assert len(counts) == 2 * k + 1
        np.testing.assert_allclose(counts / N, 1 / (2 * k + 1), atol=0.04)


def test_a_shifted_image_holds_the_same_numbers() -> None:
    pixels = torch.randint(0, 256, (6, 3, 10, 14), dtype=torch.uint8)
    result, _ = vary(Augmentation(shift=0.2, flip=True), pixels)
    torch.testing.assert_close(result, result.round(), atol=0.02, rtol=0)
    for one, other in zip(result.round().flatten(1), pixels.flatten(1), strict=True):
        assert set(one.tolist()) <= set(other.float().tolist())


def test_half_are_mirrored_first() -> None:
    first = mirrored_first(10_000, seed=3)
    assert 0.48 < first.mean() < 0.52
    assert np.array_equal(first, mirrored_first(10_000, seed=3))
    assert not np.array_equal(first, mirrored_first(10_000, seed=4))


def test_stretching_goes_both_ways() -> None:
    ratios = []
    for step in range(40):
        came = places(Augmentation(crop_aspect=1.5), 40, 40, step)
        ratios.append(((came[0, 20, 21] - came[0, 20, 20]) / (came[1, 21, 20] - came[1, 20, 20])).item())
    assert 1 / 1.5 - 1e-3 <= min(ratios) < 0.75
    assert 1.34 < max(ratios) <= 1.5 + 1e-3


def test_jitter_leaves_grey_images_grey() -> None:
    grey = images(C=1).expand(-1, 3, -1, -1)
    result, _ = vary(Augmentation(jitter=0.5), grey)
    assert torch.allclose(result[:, 0], result[:, 1], atol=1e-3)
    assert torch.allclose(result[:, 0], result[:, 2], atol=1e-3)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("crop_area", (0.0, 1.0), "crop_area must be two numbers 0 < low <= high <= 4; got 0.0 and 1.0"),
        ("crop_area", (1.0, 0.5), "crop_area must be two numbers 0 < low <= high <= 4; got 1.0 and 0.5"),
        ("crop_aspect", 0.5, r"crop_aspect must be at least 1 \(1 keeps the shape\); got 0.5: try 1.33"),
        ("rotate", -1.0, "rotate must be a number from 0 on; got -1.0: 0 turns it off"),
        ("mixup", -0.1, "mixup must be a number from 0 on; got -0.1: 0 turns it off"),
    ],
)
def test_what_a_policy_cannot_be(name: str, value: Any, sentence: str) -> None:
    with pytest.raises(ArgumentError, match=sentence):
        Augmentation(**{name: value})


@pytest.mark.parametrize("name", [name for name in ONE_AT_A_TIME if name not in ("flip", "crop_area")])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_none(name: str, value: float) -> None:
    with pytest.raises(ArgumentError, match=name):
        Augmentation(**{name: value})
