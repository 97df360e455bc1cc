"""Pools that see several frames, for clips of any length, and the end of time."""

from typing import Any

import torch
from torch import Tensor, nn

from striate.layers.consensus import running_mean


class CausalPool(nn.Module):
    """Over the last `reach` frames, as many frames out as in; before the clip its first frame stands.

    (N, C, T, H, W) → the same. For a maximum that is the maximum over the frames that are there.
    """

    def __init__(self, pool: nn.MaxPool3d | nn.AvgPool3d, reach: int) -> None:
        super().__init__()
        self.pool, self.reach = pool, reach

    def forward(self, x: Tensor) -> Tensor:
        before = x[:, :, :1].expand(-1, -1, self.reach - 1, -1, -1)
        pooled: Tensor = self.pool(torch.cat([before, x], dim=2))
        return pooled


def pool3d(layer: nn.MaxPool2d | nn.AvgPool2d, over_time: bool, causal: bool) -> nn.Module:
    """A 2D pool on clips: within each frame and, if asked, over frames as it pools space.

    Over frames: ⌈T/stride⌉ of them are left, for any T; frames that are not there do not count. causal: every
    frame is kept and looks back.
    """
    within = _within(layer)
    reach, step = _first(layer.kernel_size), _first(layer.stride)
    if not over_time or reach == 1 == step:
        return within
    if causal:
        return nn.Sequential(within, CausalPool(_along(layer, reach, 1, 0, False), reach))
    padding, ceil = _padding(reach, step)
    return nn.Sequential(within, _along(layer, reach, step, padding, ceil))


def _within(layer: nn.MaxPool2d | nn.AvgPool2d) -> nn.Module:
    """1×k×k."""
    shape: dict[str, Any] = {
        "kernel_size": (1, *_pair(layer.kernel_size)),
        "stride": (1, *_pair(layer.stride)),
        "padding": (0, *_pair(layer.padding)),
        "ceil_mode": layer.ceil_mode,
    }
    if isinstance(layer, nn.MaxPool2d):
        return nn.MaxPool3d(**shape, dilation=(1, *_pair(layer.dilation)))
    return nn.AvgPool3d(
        **shape, count_include_pad=layer.count_include_pad, divisor_override=layer.divisor_override
    )


def _along(
    layer: nn.MaxPool2d | nn.AvgPool2d, reach: int, step: int, padding: int, ceil: bool
) -> nn.MaxPool3d | nn.AvgPool3d:
    """t×1×1."""
    window, steps, pads = (reach, 1, 1), (step, 1, 1), (padding, 0, 0)
    if isinstance(layer, nn.MaxPool2d):
        return nn.MaxPool3d(window, steps, pads, ceil_mode=ceil)
    return nn.AvgPool3d(window, steps, pads, ceil, count_include_pad=False)


def _padding(reach: int, step: int) -> tuple[int, bool]:
    """Frames before and after, and whether a last window may stick out: no frame is lost, one is enough."""
    if step == 1 and reach % 2 == 0:
        return reach // 2, False
    return (reach - 1) // 2, reach % 2 == 0 or step >= reach


def _pair(value: Any) -> tuple[int, int]:
    height, width = value if isinstance(value, tuple | list) else (value, value)
    return int(height), int(width)


def _first(value: Any) -> int:
    return _pair(value)[0]


class EndOfTime(nn.Module):
    """Where a network leaves its maps for scores: frames end here, in their mean.

    (N, C, T, H, W) → (N, C, H, W). so_far: (N·T, C, H, W), for each frame the mean of all up to it.
    """

    so_far = False

    def forward(self, x: Tensor) -> Tensor:
        if self.so_far:
            return running_mean(x, dim=2).transpose(1, 2).flatten(0, 1)
        return x.mean(dim=2)
