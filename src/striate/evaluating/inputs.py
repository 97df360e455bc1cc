"""From a uint8 batch to what a network takes: normalised, on its device, channels last."""

from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor, nn

from striate.data import ClipData, ImageData, ImageSet
from striate.data.optical_flow import STILL
from striate.models.layouts import Pixels

_LAYOUTS = {4: torch.channels_last, 5: torch.channels_last_3d}


def channels_last(values: Tensor) -> Tensor:
    """The same values, (N, C, H, W) or (N, C, T, H, W), with the channels of a place side by side in memory.

    Folding the frames of such a clip into the batch moves nothing.
    """
    layout = _LAYOUTS.get(values.ndim)
    return values if layout is None else values.contiguous(memory_format=layout)


def to_device(network: nn.Module, device: torch.device) -> nn.Module:
    """The network on that device, in place, its kernels of two and three axes laid out for such inputs."""
    network.to(device)
    for parameter in network.parameters():
        if parameter.ndim in _LAYOUTS:
            parameter.data = parameter.data.to(memory_format=_LAYOUTS[parameter.ndim])
    return network


@dataclass(frozen=True)
class Normalisation:
    """Per-channel mean and standard deviation of pixels in [0, 255]."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __call__(self, inputs: Tensor) -> Tensor:
        """(N, C, H, W) or (N, C, T, H, W) in [0, 255], any type → float32, normalised, channels last."""
        shape = (1, -1, *[1] * (inputs.ndim - 2))
        mean = torch.tensor(self.mean, device=inputs.device).view(shape)
        inverse = (1 / torch.tensor(self.std, device=inputs.device)).view(shape)
        return channels_last((inputs - mean) * inverse)

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
    def published(cls, pixels: Pixels, channels: int) -> Self:
        """What published weights expect, for images of so many channels."""
        return cls(pixels.mean, pixels.std).for_channels(channels)

    def with_flow(self, measured: Self) -> Self:
        """The same for clips with two more planes of optical flow, which are taken from there."""
        return type(self)((*self.mean, *measured.mean[-2:]), (*self.std, *measured.std[-2:]))

    @property
    def picture(self) -> Self:
        """Of planes that end in optical flow, those that do not."""
        return type(self)(self.mean[:-2], self.std[:-2])

    @classmethod
    def of_data(cls, data: ImageData) -> Self:
        """Measured on the training split: each plane gets mean 0 and deviation 1; of flow, no motion is 0."""
        measured = cls.measured(data.splits["train"])
        if isinstance(data, ClipData) and data.flow:
            return cls((*measured.mean[:-2], STILL, STILL), measured.std)
        return measured

    @classmethod
    def measured(cls, images: ImageSet, values: int = 20_000_000) -> Self:
        """From images or clips spread evenly over the set, up to about so many values in all."""
        each = images.take([0]).numel()
        step = max(1, len(images) * each // values)
        pixels = images.take(range(0, len(images), step)).float()
        axes = [axis for axis in range(pixels.ndim) if axis != 1]
        mean, std = pixels.mean(dim=axes), pixels.std(dim=axes)
        return cls(tuple(mean.tolist()), tuple(std.clamp(min=1).tolist()))
