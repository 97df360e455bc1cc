"""From a uint8 batch to what a network takes: normalised, on its device, channels last."""

from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

from striate.data import ImageSet

IMAGENET_MEAN = (123.675, 116.28, 103.53)
IMAGENET_STD = (58.395, 57.12, 57.375)
"""Per channel in [0, 255]; what published RGB weights were trained with."""


@dataclass(frozen=True)
class Normalisation:
    """Per-channel mean and standard deviation of pixels in [0, 255]."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __call__(self, images: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 255], any type → float32 with mean 0 and deviation 1, channels last."""
        mean = torch.tensor(self.mean, device=images.device).view(1, -1, 1, 1)
        inverse = (1 / torch.tensor(self.std, device=images.device)).view(1, -1, 1, 1)
        return ((images - mean) * inverse).contiguous(memory_format=torch.channels_last)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for run.json."""
        return {"mean": list(self.mean), "std": list(self.std)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The normalisation of a record."""
        return cls(tuple(values["mean"]), tuple(values["std"]))

    def for_channels(self, channels: int) -> Self:
        """The same for images of so many channels: grey as its average over colours, colours as the grey."""
        if channels == len(self.mean):
            return self
        mean, std = sum(self.mean) / len(self.mean), sum(self.std) / len(self.std)
        return type(self)((mean,) * channels, (std,) * channels)

    @classmethod
    def of_imagenet(cls, channels: int) -> Self:
        """What published weights expect."""
        return cls(IMAGENET_MEAN, IMAGENET_STD).for_channels(channels)

    @classmethod
    def measured(cls, images: ImageSet, values: int = 20_000_000) -> Self:
        """From images spread evenly over the set, up to about so many values in all."""
        each = images.take([0]).numel()
        step = max(1, len(images) * each // values)
        pixels = images.take(range(0, len(images), step)).float()
        mean, std = pixels.mean(dim=(0, 2, 3)), pixels.std(dim=(0, 2, 3))
        return cls(tuple(mean.tolist()), tuple(std.clamp(min=1).tolist()))
