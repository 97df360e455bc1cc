"""Affine maps of pictures: where each pixel comes from, and what becomes of the motion that it stands for."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from striate.data.flow.optical_flow import STILL


def resample(pictures: Tensor, affine: np.ndarray) -> Tensor:
    """Moves each picture by its own map; what lies outside a picture is its nearest edge.

    pictures: (N, C, H, W) or (N, C, T, H, W) float, all frames of a clip alike. affine: (N, 2, 3), from a
    place in the result to its place in the picture, with the sides of a square picture at −1 and 1: angles
    are kept where H and W differ.
    """
    H, W = pictures.shape[-2:]
    planes = pictures.reshape(len(pictures), -1, H, W)
    affine = affine * np.array([[1, H / W, 1], [W / H, 1, 1]], np.float32)  # turns by angles, not by shares
    grid = _grid(torch.from_numpy(affine).to(pictures.device), H, W)
    moved = F.grid_sample(planes, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return moved.view_as(pictures)


def _grid(maps: Tensor, H: int, W: int) -> Tensor:
    """(N, H, W, 2): what `F.affine_grid` gives, in a seventh of its time or less.

    A place in the result is a row and a column, so its image is a row's part plus a column's.
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

    flow: (N, 2, T, H, W), in x and y, as bytes of `flow.to_bytes` but float. A result's place p shows the
    picture's place A p + t, so what moves by v in the picture moves by A⁻¹ v in the result: a flip negates x,
    a zoom in lengthens, a rotation turns.
    """
    inverse = np.linalg.inv(affine[:, :, :2].astype(np.float64)).astype(np.float32)
    x, y = (flow - STILL).unbind(1)  # (N, T, H, W)
    a, b, c, d = torch.from_numpy(inverse.reshape(-1, 4, 1, 1, 1)).to(flow).unbind(1)
    turned = torch.stack([a * x + b * y, c * x + d * y], dim=1)
    return turned.clamp(1 - STILL, STILL - 1) + STILL
