"""Weights laid out once as the processor wants them, which eager torch does anew for every call.

That costs more than a convolution itself where frames come one by one. Maps go through with their channels
last, so that none is turned round on its way from layer to layer.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Bounds = tuple[float | None, float | None]
Geometry = tuple[list[int], list[int], list[int], int]
"""Stride, padding, dilation, groups."""


def laid_out(
    weight: Tensor, bias: Tensor | None, geometry: Geometry, bounds: Bounds | None, shape: torch.Size
) -> Callable[[Tensor], Tensor]:
    """A 2D convolution that is cut off, on maps (N, C, H, W).

    Args:
        weight: (O, C/groups, kh, kw).
        bias: (O,).
        geometry: of the convolution.
        bounds: what cuts its outputs off, below and above.
        shape: of its inputs.
    """
    stride, padding, _, groups = geometry
    if weight.shape[2:] == (1, 1) and (stride, padding, groups) == ([1, 1], [0, 0], 1):
        return _product(weight, bias, bounds)
    return _of_library(weight, bias, geometry, bounds, shape)


def _product(weight: Tensor, bias: Tensor | None, bounds: Bounds | None) -> Callable[[Tensor], Tensor]:
    """Of single places: a product of matrices, in two thirds of the time."""
    columns = weight.flatten(1).t().contiguous()  # (C, O)

    def run(x: Tensor) -> Tensor:
        N, C, H, W = x.shape
        rows = x.permute(0, 2, 3, 1).reshape(-1, C)
        y = rows @ columns if bias is None else torch.addmm(bias, rows, columns)
        if bounds is not None:
            y.clamp_(*bounds)
        return y.view(N, H, W, -1).permute(0, 3, 1, 2)

    return run


def _of_library(
    weight: Tensor, bias: Tensor | None, geometry: Geometry, bounds: Bounds | None, shape: torch.Size
) -> Callable[[Tensor], Tensor]:
    stride, padding, dilation, groups = geometry
    kind, scalars = _kind(bounds)
    reorder: Any = torch._C._nn.mkldnn_reorder_conv2d_weight
    wanted = [1, *shape[1:]]
    packed = reorder(weight.to_mkldnn(), padding, stride, dilation, groups, wanted)

    def run(x: Tensor) -> Tensor:
        y: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, packed, bias, padding, stride, dilation, groups, kind, scalars, ""
        )
        return y

    return run


def _kind(bounds: Bounds | None) -> tuple[str, list[float]]:
    if bounds is None:
        return "none", []
    low, high = bounds
    return ("relu", []) if high is None else ("hardtanh", [float(low or 0.0), high])
