"""What the frames of a clip say together."""

import torch
from torch import Tensor, nn

from striate.layers.frames import Frames


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
