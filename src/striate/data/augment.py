"""Augmentation of whole batches of tensors.

Every geometric change (random resized crop, zoom, shift, rotation, flip) is one affine map per image, so one
resampling does them all. What is random is drawn for the whole global batch from a counter, `(seed, step)`:
a resumed training and each process of a distributed one draw the same numbers.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from striate.data.augmentation import Augmentation


class Targets(NamedTuple):
    """Labels of a batch: `share` of each sample is `label`, the rest is `other`."""

    label: Tensor  # (N,) int64
    other: Tensor | None = None  # (N,) int64
    share: Tensor | None = None  # (N,) float in [0, 1]


class Draws(NamedTuple):
    """The random numbers of one batch, one row an image."""

    affine: np.ndarray | None  # (N, 2, 3) output to input, in [-1, 1] coordinates
    jitter: np.ndarray | None  # (N, 3) factors of brightness, contrast, saturation
    erased: np.ndarray | None  # (N, 4) rectangle as shares: top, left, bottom, right
    share: np.ndarray | None  # (N,) of the sample's own label
    pasted: np.ndarray | None  # (N, 4) rectangle that the partner fills; None where images are blended

    def of(self, part: slice) -> "Draws":
        """The rows of one process."""
        return Draws(*(None if rows is None else rows[part] for rows in self))


def draw(policy: Augmentation, batch: int, *, seed: int, step: int) -> Draws:
    """The random numbers of step `step` for a global batch of `batch` images."""
    random = np.random.Generator(np.random.Philox(key=[seed, step]))
    affine = _draw_affine(policy, batch, random) if policy.moves else None
    spread = min(policy.jitter, 0.9)
    jitter = random.uniform(1 - spread, 1 + spread, (batch, 3)) if policy.jitter else None
    erased = _draw_erased(policy.erase, batch, random) if policy.erase else None
    share, pasted = _draw_mix(policy, batch, random) if policy.mixes else (None, None)
    return Draws(affine, jitter, erased, share, pasted)


def _draw_affine(policy: Augmentation, batch: int, random: np.random.Generator) -> np.ndarray:
    side = np.sqrt(random.uniform(*policy.crop_area, batch))
    stretch = np.exp(random.uniform(-0.5, 0.5, batch) * math.log(policy.crop_aspect))
    width, height = side * stretch, side / stretch
    angle = np.deg2rad(random.uniform(-policy.rotate, policy.rotate, batch))
    # A crop may lie anywhere inside the image; one that zooms out may place the image anywhere inside itself.
    slack = 2 * policy.shift
    centre_x = random.uniform(-1, 1, batch) * (np.abs(1 - width) + slack)
    centre_y = random.uniform(-1, 1, batch) * (np.abs(1 - height) + slack)
    mirror = np.where(random.random(batch) < 0.5, -1.0, 1.0) if policy.flip else np.ones(batch)
    cosine, sine = np.cos(angle), np.sin(angle)
    rows = [
        [mirror * width * cosine, -height * sine, centre_x],
        [mirror * width * sine, height * cosine, centre_y],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=1).astype(np.float32)


def _rectangles(area: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Squares of the given share of the image, anywhere that they fit: (N, 4) top, left, bottom, right."""
    side = np.sqrt(area)
    top, left = random.random((2, len(area))) * (1 - side)
    return np.stack([top, left, top + side, left + side], axis=1)


def _draw_erased(probability: float, batch: int, random: np.random.Generator) -> np.ndarray:
    area = random.uniform(0.02, 0.25, batch) * (random.random(batch) < probability)
    return _rectangles(area, random)


def _draw_mix(
    policy: Augmentation, batch: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray | None]:
    """One kind for the whole batch; where both are on, a coin decides."""
    paste = policy.cutmix > 0 and (policy.mixup == 0 or random.random() < 0.5)
    strength = policy.cutmix if paste else policy.mixup
    share = random.beta(strength, strength, batch)
    return share, _rectangles(1 - share, random) if paste else None


def augment(images: Tensor, labels: Tensor, draws: Draws) -> tuple[Tensor, Targets]:
    """Varies one batch.

    images: (N, C, H, W) uint8 or float in [0, 255]; labels: (N,) int64; draws: N rows.
    Returns float32 images in [0, 255], same shape, and the targets. Sample i is mixed with its neighbour
    i ^ 1, so that an even slice of a batch holds its own partners.
    """
    images = images.float()
    if not len(images):  # the part of a process that has nothing to do in this step
        return images, Targets(labels)
    if draws.affine is not None:
        images = _resample(images, draws.affine)
    if draws.jitter is not None:
        images = _jitter(images, draws.jitter)
    if draws.erased is not None:
        images = torch.where(_inside(draws.erased, images), images.mean(dim=(2, 3), keepdim=True), images)
    if draws.share is None:
        return images, Targets(labels)
    return _mix(images, labels, draws)


def _resample(images: Tensor, affine: np.ndarray) -> Tensor:
    H, W = images.shape[2:]
    affine = affine * np.array([[1, H / W, 1], [W / H, 1, 1]], np.float32)  # turns by angles, not by shares
    maps = torch.from_numpy(affine).to(images.device)
    grid = F.affine_grid(maps, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _jitter(images: Tensor, factors: np.ndarray) -> Tensor:
    brightness, contrast, saturation = (
        torch.from_numpy(factors).to(images).view(-1, 3, 1, 1, 1).unbind(1)  # each (N, 1, 1, 1)
    )
    images = images * brightness
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    images = mean + (images - mean) * contrast
    if images.shape[1] == 3:
        weights = images.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)  # ITU-R BT.601 luma
        grey = (images * weights).sum(dim=1, keepdim=True)
        images = grey + (images - grey) * saturation
    return images.clamp(0, 255)


def _inside(rectangles: np.ndarray, images: Tensor) -> Tensor:
    """(N, 1, H, W) bool: which pixels lie in each image's rectangle."""
    top, left, bottom, right = torch.from_numpy(rectangles).to(images).view(-1, 4, 1, 1, 1).unbind(1)
    H, W = images.shape[2:]
    y = ((torch.arange(H, device=images.device) + 0.5) / H).view(1, 1, H, 1)
    x = ((torch.arange(W, device=images.device) + 0.5) / W).view(1, 1, 1, W)
    return (y >= top) & (y < bottom) & (x >= left) & (x < right)


def _mix(images: Tensor, labels: Tensor, draws: Draws) -> tuple[Tensor, Targets]:
    N = len(images)
    partner = torch.arange(N, device=images.device) ^ 1
    partner[partner >= N] = N - 1  # an odd last one is its own partner
    if draws.pasted is None:
        share = torch.from_numpy(draws.share).to(images)
        images = torch.lerp(images[partner], images, share.view(-1, 1, 1, 1))
    else:
        inside = _inside(draws.pasted, images)
        images = torch.where(inside, images[partner], images)
        share = 1 - inside.float().mean(dim=(1, 2, 3))  # by the pixels that really changed
    return images, Targets(labels, labels[partner], share)
