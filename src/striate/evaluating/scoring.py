"""A network's scores of a set: what it takes of an image, batches in a number format, tables of scores."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn

from striate.algorithms import Table, using_algorithms
from striate.data import ClipData, ImageData, ImageSet
from striate.data.optical_flow import STILL
from striate.errors import NetworkError
from striate.machine import is_out_of_memory
from striate.models.layouts import Pixels

# From a uint8 batch to what a network takes: normalised, on its device, channels last.

_LAYOUTS = {4: torch.channels_last, 5: torch.channels_last_3d}


def channels_last(values: Tensor) -> Tensor:
    """The same values, (N, C, H, W) or (N, C, T, H, W), with the channels of a place side by side in memory.

    Folding the frames of such a clip into the batch moves nothing.
    """
    layout = _LAYOUTS.get(values.ndim)
    return values if layout is None else values.contiguous(memory_format=layout)


def to_device(network: nn.Module, device: torch.device) -> nn.Module:
    """The network on that device, in place, its kernels laid out for such inputs."""
    return laid_out(network.to(device))


def laid_out(network: nn.Module) -> nn.Module:
    """The network, in place, its kernels of two and three axes in the order of such inputs."""
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


# A network's logits for every image of a set, on one process or shared between many.

BATCH = 256
"""Images or clips that are scored at once; fewer of large ones."""
VALUES = BATCH * 3 * 64 * 64
"""Colour values that are scored at once, at most: a layer holds some dozen times as many."""
_KINDS = (
    ("images", "N×C×H×W", "--size and --channels"),
    ("clips", "N×C×T×H×W", "--size, --channels, --frames and --flow"),
)
NO_ALGORITHMS: Table = {}
"""Every convolution by PyTorch's own call."""
Progress = Callable[[int, int], None]
"""Called with (images or clips done, all of them)."""


@contextmanager
def in_evaluation(network: nn.Module) -> Iterator[None]:
    """Evaluation mode inside the block; afterwards each module is in the mode that it was in."""
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


def device_of(network: nn.Module) -> torch.device:
    """Where its inputs are to be: that of its weights; of a network without any, the processor."""
    return next(network.parameters(), torch.empty(0)).device


def autocast(device: torch.device, number_format: str) -> AbstractContextManager[object]:
    """Computes convolutions and products in that number format inside the block."""
    if number_format == "bf16":
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()


def logits_of(
    network: nn.Module,
    images: ImageSet,
    normalise: Normalisation,
    *,
    number_format: str = "fp32",
    algorithms: Table = NO_ALGORITHMS,
    progress: Progress | None = None,
) -> np.ndarray:
    """What a network says of a set: (N, K) float32, one row an image or clip, in the set's order.

    In a distributed run each process computes every world-size-th image, so that each image counts once; all
    processes get all rows.

    Args:
        network: on its device; its mode is left as it is.
        images: a split.
        normalise: of its pixels.
        number_format: "fp32" or "bf16".
        algorithms: of the convolutions.
        progress: called with (images or clips done, all of them).

    Raises:
        NetworkError: the network does not take these images.
    """
    world, rank = (dist.get_world_size(), dist.get_rank()) if dist.is_initialized() else (1, 0)
    mine = np.arange(rank, len(images), world)
    with autocast(device_of(network), number_format), using_algorithms(network, algorithms):
        rows = _compute(network, images, mine, normalise, progress)
    return rows if world == 1 else _gather(rows, len(images), world)


def _compute(
    network: nn.Module,
    images: ImageSet,
    indices: np.ndarray,
    normalise: Normalisation,
    progress: Progress | None,
) -> np.ndarray:
    if not len(indices):
        return np.zeros((0, 0), np.float32)
    device = device_of(network)
    batch = batch_of(images.take(indices[:1]).numel())
    parts = [indices[start : start + batch] for start in range(0, len(indices), batch)]
    rows: list[np.ndarray] = []
    with in_evaluation(network), torch.inference_mode():
        for pixels, _, _ in images.batches(parts):
            rows.append(classify(network, normalise(pixels.to(device))).float().cpu().numpy())
            if progress is not None:
                progress(sum(map(len, rows)), len(indices))
    return np.concatenate(rows)


def readable(images: ImageSet) -> np.ndarray:
    """(N,) bool: which images were scored themselves, after `logits_of`.

    A file that cannot be read when its turn comes has another of its class in its place.
    """
    broken = {one.path for one in images.skipped}
    return np.array([name not in broken for name in images.names], bool)


def batch_of(values: int) -> int:
    """How many images or clips of so many values are scored at once.

    >>> batch_of(1 * 28 * 28), batch_of(3 * 224 * 224)
    (256, 20)
    """
    return max(1, min(BATCH, VALUES // values))


def classify(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """(N, K) logits of images or clips. Raises NetworkError in one sentence if the network refuses them."""
    shape = "×".join(map(str, images.shape))
    what, axes, flags = _KINDS[images.ndim == 5]
    try:
        logits = network(images)
    except (MemoryError, RuntimeError, ValueError) as problem:
        if is_out_of_memory(problem):
            raise NetworkError(
                f"out of memory on {what} of shape {shape} ({axes}): try --device cpu, or a smaller network"
            ) from problem
        first = str(problem).splitlines()[0]
        raise NetworkError(
            f"{type(network).__name__} does not take {what} of shape {shape} ({axes}): {first}; "
            f"check {flags} against the network"
        ) from problem
    assert isinstance(logits, torch.Tensor)
    return logits


def _gather(rows: np.ndarray, count: int, world: int) -> np.ndarray:
    parts: list[np.ndarray] = [np.empty(0)] * world
    dist.all_gather_object(parts, rows)
    whole = np.empty((count, max(part.shape[1] for part in parts)), np.float32)
    for rank, part in enumerate(parts):
        whole[rank::world] = part.reshape(-1, whole.shape[1])
    return whole
