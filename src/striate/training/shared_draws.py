"""Dropouts that draw for the whole global batch, so that what they drop does not depend on the processes.

Each process draws the mask of all rows and takes those of its own part, as it does for augmentation: the same
numbers as one process draws alone.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd

WHOLE_CHANNELS: dict[type[nn.Module], bool] = {
    nn.Dropout: False,
    nn.Dropout1d: True,
    nn.Dropout2d: True,
    nn.Dropout3d: True,
}
"""The dropouts that are shared, and whether they drop channels rather than numbers."""


class SharedDropout(_DropoutNd):
    """Dropout of this process's part of a global batch, as `torch.nn.Dropout` drops in the whole of it."""

    generator: ClassVar[torch.Generator]
    """Of all of them in a process, seeded alike in all processes at every step."""
    channels: bool
    """Whether whole channels are dropped."""
    batch: int
    """Of all processes."""
    part: slice
    """This process's."""

    def forward(self, input: Tensor) -> Tensor:
        """(n·k, …) → the same. k: rows of a sample, as its frames where these stand one after the other."""
        if not self.training or self.p == 0 or not input.numel():
            return input
        samples = len(range(self.batch)[self.part])
        rows = input.shape[0] // samples
        mask = self._mask(input, self.batch * rows)
        return input * mask[self.part.start * rows :][: input.shape[0]]

    def _mask(self, input: Tensor, rows: int) -> Tensor:
        """As `torch.nn.functional.dropout` draws it for so many rows, in the order of memory."""
        shape = (rows, *input.shape[1:])
        if self.channels:
            mask = input.new_empty(shape[:2] + (1,) * (input.ndim - 2))
        else:
            order = sorted(range(input.ndim), key=input.stride, reverse=True)
            mask = torch.empty_permuted(shape, order, dtype=input.dtype, device=input.device)
        if self.p == 1:
            return mask.zero_()
        return mask.bernoulli_(1 - self.p, generator=self.generator).div_(1 - self.p)


def share_dropout(network: nn.Module, batch: int, part: slice) -> None:
    """Makes dropouts draw for all of a global batch, in place. State dicts stay the same.

    Args:
        network: whose dropouts become `SharedDropout`s.
        batch: how many samples the global batch has.
        part: which of them this process has.
    """
    for module in network.modules():
        channels = WHOLE_CHANNELS.get(type(module))
        if channels is not None:
            module.__class__ = SharedDropout
            module.channels, module.batch, module.part = channels, batch, part  # type: ignore[assignment]


def has_dropout(network: nn.Module) -> bool:
    """Whether there are dropouts that are, or could be, shared."""
    return any(type(module) in (*WHOLE_CHANNELS, SharedDropout) for module in network.modules())
