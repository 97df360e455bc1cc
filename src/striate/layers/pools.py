"""Pools that see several frames, for clips of any length, and the end of time."""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# What a folded batch of clips has lost: how many frames each clip has.


@dataclass(eq=False)
class Frames:
    """How many frames the clip now passing has. One for each network, shared by all its temporal layers.

    Clips (N, C, T, H, W) pass through a network of single frames as (N·T, C, H, W), frame after frame.
    Whoever folds them says here how many frames they have, and temporal layers read it: nothing of a clip's
    length is kept in a layer. The count stays until the next clip, so that a layer can be run on its own.

    State between frames, when a network sees one frame at a time, is to pass through here as well, and to be
    a value in the caller's hands (`logits, state = step(frame, state)`): a mapping from the name of a
    temporal layer to what it would have seen before the first frame (the first C/8 channels of the frame
    before, for a shift; the last t − 1 frames, for a convolution). `step` puts the mapping here; each layer
    takes its own entry where it now puts zeros, and leaves what it will need next in a new mapping, which
    `step` hands out. Nothing stays here between two calls.
    """

    count: int = 1

    def fold(self, clips: Tensor) -> Tensor:
        """(N, C, T, H, W) → (N·T, C, H, W): a view where channels are innermost in memory."""
        self.count = clips.shape[2]
        return clips.transpose(1, 2).flatten(0, 1)

    def unfold(self, x: Tensor) -> Tensor:
        """(N·T, …) → (N, T, …), a view."""
        return x.reshape(x.shape[0] // self.count, self.count, *x.shape[1:])

    def __getstate__(self) -> dict[str, Any]:
        """For copies and pickles: a count that an export left symbolic means nothing elsewhere."""
        return {"count": self.count if type(self.count) is int else 1}


# What the frames of a clip say together.


class Consensus(nn.Module):
    """The mean over the frames of each clip: (N·T, …) → (N, …)."""

    def __init__(self, frames: Frames) -> None:
        super().__init__()
        self.frames = frames

    def forward(self, x: Tensor) -> Tensor:
        return self.frames.unfold(x).mean(dim=1)

    def so_far(self, x: Tensor) -> Tensor:
        """The mean over all frames up to each: (N·T, …) → (N, T, …)."""
        return running_mean(self.frames.unfold(x), dim=1)


def running_mean(x: Tensor, dim: int) -> Tensor:
    """At every place along `dim` the mean of all up to it.

    Args:
        x: a tensor with as many entries along `dim` as there are steps.
        dim: the axis of time.
    """
    counts = torch.arange(1, x.shape[dim] + 1, device=x.device, dtype=x.dtype)
    return x.cumsum(dim) / counts.view(-1, *[1] * (x.ndim - 1 - dim % x.ndim))


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


class MeanOverFrames(nn.Module):
    """The mean over `reach` frames, `step` apart: (N, C, T, H, W) → (N, C, ⌈T/step⌉, H, W).

    Frames beyond the clip do not count. `nn.AvgPool3d` refuses clips shorter than its window.
    """

    def __init__(self, reach: int, step: int) -> None:
        super().__init__()
        self.reach, self.step = reach, step

    def forward(self, x: Tensor) -> Tensor:
        frames = x.shape[2]
        before = (self.reach - 1) // 2 if self.step < self.reach else 0
        last = (frames - 1) // self.step * self.step - before  # where the last window begins
        beyond = (0, 0, 0, 0, before, max(0, last + self.reach - frames))
        there = F.pad(x.new_ones(1, 1, frames, 1, 1), beyond)
        window, steps = (self.reach, 1, 1), (self.step, 1, 1)
        return F.avg_pool3d(F.pad(x, beyond), window, steps) / F.avg_pool3d(there, window, steps)

    def extra_repr(self) -> str:
        return f"reach={self.reach}, step={self.step}"


def pool3d(layer: nn.MaxPool2d | nn.AvgPool2d, over_time: bool, causal: bool) -> nn.Module:
    """A 2D pool on clips: within each frame and, if asked, over frames as it pools space.

    Over frames: ⌈T/stride⌉ of them are left, for any T (at times one more where an even kernel overlaps
    itself); frames that are not there do not count. causal: every frame is kept and looks back.

    Args:
        layer: a 2D pool.
        over_time: whether frames are pooled as places are.
        causal: whether every frame is kept and looks back alone.
    """
    within = _within(layer)
    reach, step = _first(layer.kernel_size), _first(layer.stride)
    if not over_time or reach == 1 == step:
        return within
    if causal:
        over = nn.MaxPool3d if isinstance(layer, nn.MaxPool2d) else nn.AvgPool3d
        return nn.Sequential(within, CausalPool(over((reach, 1, 1), stride=1), reach))
    if isinstance(layer, nn.AvgPool2d):
        return nn.Sequential(within, MeanOverFrames(reach, step))
    padding, ceil = _padding(reach, step)
    return nn.Sequential(within, nn.MaxPool3d((reach, 1, 1), (step, 1, 1), (padding, 0, 0), ceil_mode=ceil))


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


def _padding(reach: int, step: int) -> tuple[int, bool]:
    """Frames before and after, and whether a last window may stick out: no frame is lost, one is enough."""
    if step >= reach:
        return 0, True
    if step == 1:
        return reach // 2, False
    return (reach - 1) // 2, reach % 2 == 0


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
