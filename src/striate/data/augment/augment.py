"""Augmentation of whole batches of tensors: images, or clips whose frames are all varied alike.

Every geometric change (random resized crop, zoom, shift, rotation, flip) is one affine map per image, so one
resampling does them all. What is random is drawn for the whole global batch from a counter, `(seed, step)`:
a resumed training and each process of a distributed one draw the same numbers.
"""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from striate.data.augment.augmentation import Draws
from striate.data.exchanges import NEVER, Exchanges
from striate.data.optical_flow import STILL

_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


class Targets(NamedTuple):
    """Labels of a batch: `share` of each sample is `label`, the rest is `other`."""

    label: Tensor  # (N,) int64
    other: Tensor | None = None  # (N,) int64
    share: Tensor | None = None  # (N,) float in [0, 1]


def augment(
    images: Tensor, labels: Tensor, draws: Draws, *, flow: bool = False, exchanges: Exchanges | None = None
) -> tuple[Tensor, Targets]:
    """Varies one batch.

    Sample i is mixed with its neighbour i ^ 1, so that an even slice of a batch holds its own partners.

    Args:
        images: (N, C, H, W), or clips (N, C, T, H, W) whose frames are all varied alike, uint8 or float in
            [0, 255].
        labels: (N,) int64.
        draws: N rows.
        flow: whether the last two planes are optical flow, which moves as the picture does and has no colour.
        exchanges: what labels become in a mirror and backwards; by default a mirror keeps them all.

    Returns:
        float32 images in [0, 255], same shape, and the targets.
    """
    images = images.float()
    if not len(images):  # the part of a process that has nothing to do in this step
        return images, Targets(labels)
    if draws.reversed is not None and exchanges is not None:
        backwards, labels = _exchange(draws.reversed, labels, exchanges.reversed)
        images = _backwards(images, backwards, flow)
    affine = draws.affine
    if affine is not None:
        if draws.mirrored is not None:
            table = None if exchanges is None else exchanges.mirrored
            affine, labels = _mirrored(affine, draws.mirrored, labels, table)
        images = resample(images, affine)
        draws = draws._replace(affine=affine)
    if flow:
        picture, motion = images[:, :-2], images[:, -2:]
        images = torch.cat([_shaded(picture, draws), _moved(motion, draws)], dim=1)
    else:
        images = _shaded(images, draws)
    if draws.share is None:
        return images, Targets(labels)
    return _mix(images, labels, draws)


def _exchange(wanted: np.ndarray, labels: Tensor, becomes: np.ndarray | None) -> tuple[np.ndarray, Tensor]:
    """For which samples that is done, of those for which it was drawn, and the labels then."""
    if becomes is None:
        return wanted, labels
    others = becomes[labels.cpu().numpy()]  # (N,)
    done = wanted & (others != NEVER)
    return done, torch.where(
        torch.from_numpy(done).to(labels.device), torch.from_numpy(others).to(labels), labels
    )


def _mirrored(
    affine: np.ndarray, wanted: np.ndarray, labels: Tensor, becomes: np.ndarray | None
) -> tuple[np.ndarray, Tensor]:
    """The maps, these mirrored, and the labels of what they show."""
    done, labels = _exchange(wanted, labels, becomes)
    affine = affine.copy()
    affine[done, :, 0] *= -1
    return affine, labels


def _backwards(clips: Tensor, done: np.ndarray, flow: bool) -> Tensor:
    """(N, C, T, H, W): these played backwards. What moved one way then moves the other way."""
    turned = clips.flip(2)
    if flow:
        turned = torch.cat([turned[:, :-2], 2 * STILL - turned[:, -2:]], dim=1)
    return torch.where(torch.from_numpy(done).to(clips.device).view(-1, 1, 1, 1, 1), turned, clips)


def _shaded(images: Tensor, draws: Draws) -> Tensor:
    """What is done to light and colour."""
    if draws.jitter is not None:
        images = _jitter(images, draws.jitter)
    if draws.erased is not None:
        blank = images.mean(dim=_after(1, images), keepdim=True)
        images = torch.where(_inside(draws.erased, images), blank, images)
    return images


def _moved(flow: Tensor, draws: Draws) -> Tensor:
    """What the affine map and the erased rectangle, which stands still, do to motion."""
    if draws.affine is not None:
        flow = turn_flow(flow, draws.affine)
    if draws.erased is not None:
        flow = flow.masked_fill(_inside(draws.erased, flow), STILL)
    return flow


def _after(axis: int, images: Tensor) -> tuple[int, ...]:
    """The axes after this one."""
    return tuple(range(axis + 1, images.ndim))


def _each(values: np.ndarray, images: Tensor) -> tuple[Tensor, ...]:
    """The columns of (N, K) values, each shaped to go with images (N, …)."""
    shape = (*values.shape, *[1] * (images.ndim - 1))
    return torch.from_numpy(values).to(images).view(shape).unbind(1)


def _jitter(images: Tensor, factors: np.ndarray) -> Tensor:
    brightness, contrast, saturation = _each(factors, images)  # each (N, 1, …)
    images = images * brightness
    mean = images.mean(dim=_after(0, images), keepdim=True)
    images = mean + (images - mean) * contrast
    if images.shape[1] == 3:
        weights = images.new_tensor(_LUMA).view(3, *[1] * (images.ndim - 2))
        grey = (images * weights).sum(dim=1, keepdim=True)
        images = grey + (images - grey) * saturation
    return images.clamp(0, 255)


def _inside(rectangles: np.ndarray, images: Tensor) -> Tensor:
    """(N, 1, H, W) bool, or (N, 1, 1, H, W) for clips: which pixels lie in each one's rectangle."""
    top, left, bottom, right = _each(rectangles, images)
    H, W = images.shape[-2:]
    y = ((torch.arange(H, device=images.device) + 0.5) / H).view(H, 1)
    x = ((torch.arange(W, device=images.device) + 0.5) / W).view(1, W)
    return (y >= top) & (y < bottom) & (x >= left) & (x < right)


def _mix(images: Tensor, labels: Tensor, draws: Draws) -> tuple[Tensor, Targets]:
    N = len(images)
    partner = torch.arange(N, device=images.device) ^ 1
    partner[partner >= N] = N - 1  # an odd last one is its own partner
    if draws.pasted is None:
        share = torch.from_numpy(draws.share).to(images)
        images = torch.lerp(images[partner], images, share.view(-1, *[1] * (images.ndim - 1)))
    else:
        inside = _inside(draws.pasted, images)
        images = torch.where(inside, images[partner], images)
        share = 1 - inside.float().mean(dim=_after(0, images))  # by the pixels that really changed
    return images, Targets(labels, labels[partner], share)


def resample(pictures: Tensor, affine: np.ndarray) -> Tensor:
    """Moves each picture by its own map; what lies outside a picture is its nearest edge.

    Args:
        pictures: (N, C, H, W) or (N, C, T, H, W) float, all frames of a clip alike.
        affine: (N, 2, 3), from a position in the result to that in the picture, with the sides of a square
            picture at −1 and 1: angles are kept where H and W differ.
    """
    H, W = pictures.shape[-2:]
    planes = pictures.reshape(len(pictures), -1, H, W)
    affine = affine * np.array([[1, H / W, 1], [W / H, 1, 1]], np.float32)  # turns by angles, not by shares
    grid = _grid(torch.from_numpy(affine).to(pictures.device), H, W)
    moved = F.grid_sample(planes, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return moved.view_as(pictures)


def _grid(maps: Tensor, H: int, W: int) -> Tensor:
    """(N, H, W, 2): what `F.affine_grid` gives, in a seventh of its time or less.

    A position in the result is a row and a column, so its image is a row's part plus a column's.
    """
    x, y = (_centres(pixels, maps.device) for pixels in (W, H))
    columns = maps[:, :, 0, None] * x  # (N, 2, W)
    rows = maps[:, :, 1, None] * y + maps[:, :, 2, None]  # (N, 2, H)
    return (rows[:, :, :, None] + columns[:, :, None, :]).permute(0, 2, 3, 1)


def _centres(pixels: int, device: torch.device) -> Tensor:
    """Of a line of pixels whose ends are at −1 and 1."""
    return (2 * torch.arange(pixels, device=device) + 1) / pixels - 1


def turn_flow(flow: Tensor, affine: np.ndarray) -> Tensor:
    """The flow that a clip's flow becomes where `resample` moves the clip.

    The result shows at p what the picture shows at A p + t, so what moves by v in the picture moves by A⁻¹ v
    in the result: a flip negates x, a zoom in lengthens, a rotation turns.

    Args:
        flow: (N, 2, T, H, W), in x and y, as bytes of `optical_flow.to_bytes` but float.
        affine: (N, 2, 3), as of `resample`.
    """
    inverse = np.linalg.inv(affine[:, :, :2].astype(np.float64)).astype(np.float32)
    x, y = (flow - STILL).unbind(1)  # (N, T, H, W)
    a, b, c, d = torch.from_numpy(inverse.reshape(-1, 4, 1, 1, 1)).to(flow).unbind(1)
    turned = torch.stack([a * x + b * y, c * x + d * y], dim=1)
    return turned.clamp(1 - STILL, STILL - 1) + STILL
