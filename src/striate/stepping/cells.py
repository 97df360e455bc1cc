"""What a step computes with: layers that take frames (N·k, …) and what was kept, and give what is to be kept.

Kept tensors have the axis of the streams first, (N, …), so that streams can be put together and taken apart.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from striate.stepping.laid_out import Bounds, laid_out


class Valid(nn.Module):
    """Which of the k frames of a value that comes late are frames of the clip: (N, k)."""

    def __init__(self, late: int, longer: int) -> None:
        super().__init__()
        self.late, self.longer = late, longer

    def forward(self, frames: Tensor, seen: Tensor, ends: Tensor) -> Tensor:
        at = positions(seen, frames.shape[2]) - self.late
        return (at >= 0) & (at < ends.unsqueeze(1) + self.longer)


def positions(seen: Tensor, k: int) -> Tensor:
    """(N,) frames seen → (N, k), the numbers of the next k."""
    return seen.unsqueeze(1) + torch.arange(k, device=seen.device)


def there(x: Tensor, valid: Tensor | None, nothing: float = 0.0) -> Tensor:
    """x (N·k, …), with `nothing` where there is no frame."""
    if valid is None:
        return x
    return torch.where(valid.reshape(-1, *[1] * (x.ndim - 1)), x, nothing)


def behind(kept: Tensor, x: Tensor) -> Tensor:
    """Kept frames (N, b, …) and new ones (N·k, …) in a row: (N, b+k, …)."""
    return torch.cat([kept, x.reshape(kept.shape[0], -1, *x.shape[1:])], dim=1)


def newest(row: Tensor, count: int) -> Tensor:
    """The last frames of a row (N, b+k, …)."""
    return row[:, row.shape[1] - count :]


class DelayLine(nn.Module):
    """A value as it was so many frames ago."""

    def forward(self, x: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
        row = behind(kept, x)
        return row[:, : row.shape[1] - kept.shape[1]].flatten(0, 1), newest(row, kept.shape[1])


class Convolution(nn.Module):
    """A 2D convolution, what norms it, and what is done to each of its outputs.

    With `packs` its weights are laid out for the processor when the first frame comes, whose size it takes.
    """

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor | None,
        stride: tuple[int, ...],
        padding: tuple[int, ...],
        dilation: tuple[int, ...],
        groups: int,
    ) -> None:
        super().__init__()
        self.weight: Tensor
        self.bias: Tensor | None
        self.register_buffer("weight", weight.detach().clone())
        self.register_buffer("bias", None if bias is None else bias.detach().clone())
        self.geometry = (list(stride), list(padding), list(dilation), groups)
        self.bounds: Bounds | None = None
        self.packs = False
        self._laid_out: Callable[[Tensor], Tensor] | None = None

    def forward(self, x: Tensor) -> Tensor:
        if self.packs:
            return self._fast(x)
        stride, padding, dilation, groups = self.geometry
        y: Tensor = F.conv2d(x, self.weight, self.bias, stride, padding, dilation, groups)
        return y if self.bounds is None else bounded(y, self.bounds)

    def scale(self, factor: Tensor, shift: Tensor | None) -> None:
        """Takes in what a norm does to each channel: y·factor + shift."""
        self.weight = self.weight * factor.view(-1, 1, 1, 1)
        if shift is not None:
            self.bias = shift if self.bias is None else self.bias * factor + shift

    def bound(self, bounds: Bounds) -> None:
        """Takes in what cuts its outputs off."""
        self.bounds = bounds

    def _fast(self, x: Tensor) -> Tensor:
        if self._laid_out is None:
            self._laid_out = laid_out(self.weight, self.bias, self.geometry, self.bounds, x.shape)
            del self.weight
        return self._laid_out(x)


def bounded(y: Tensor, bounds: Bounds) -> Tensor:
    """y, cut off below and above."""
    return F.relu(y) if bounds == (0.0, None) else y.clamp(*bounds)
