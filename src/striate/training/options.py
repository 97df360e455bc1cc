"""What can be asked of a training besides its recipe: declared once, with help, for functions and commands.

Each group is one value, which a request holds. None means: as the data are, or as the preset says.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from striate.errors import ArgumentError

Flow = Literal["dis", "farneback"]
"""Methods of optical flow."""


@dataclass(frozen=True)
class NetworkOptions:
    """Which network, and the weights that it starts from."""

    backbone: str = "plain"
    """The network: plain, resnet18, 34, 50 or 101, mobilenet_v2, squeezenet1_1, vgg16 or alexnet."""
    weights: Path | None = None
    """Start from these weights: a .pth or .safetensors file, or a run folder."""
    weights_mean: tuple[float, ...] = ()
    """What their training took off each channel, of pixels in [0, 255]. By default what their publisher or
    their run says."""
    weights_std: tuple[float, ...] = ()
    """What it then divided each channel by, of pixels in [0, 255]; goes with --weights-mean."""

    def __post_init__(self) -> None:
        mean, std = self.weights_mean, self.weights_std
        if (mean or std) and self.weights is None:
            raise ArgumentError("weights_mean and weights_std say how weights were trained: give weights too")
        if len(mean) != len(std):
            raise ArgumentError(
                f"weights_mean and weights_std hold one number a channel each; got {len(mean)} and {len(std)}"
            )
        if not all(math.isfinite(value) for value in mean) or not all(0 < value < math.inf for value in std):
            raise ArgumentError(f"weights_std must be above 0, all finite; got {mean} and {std}")


def network_options(
    backbone: str, weights: str | Path | None, mean: Sequence[float], std: Sequence[float]
) -> NetworkOptions:
    """The options from what a function was called with."""
    path = None if weights is None else Path(weights)
    return NetworkOptions(backbone, path, tuple(map(float, mean)), tuple(map(float, std)))


@dataclass(frozen=True)
class PictureOptions:
    """What the network sees of a picture."""

    size: int | None = None
    """Height and width of what the network sees. By default the data's own; of large images 64, of large
    videos 112."""
    channels: int | None = None
    """1 for grey, 3 for RGB. By default the data's own."""


@dataclass(frozen=True)
class ClipOptions:
    """What the network sees of a video."""

    frames: int | None = None
    """Frames of each clip. By default 8; needed where the clips are folders of frames."""
    causal: bool = False
    """No frame sees a later one, so that the network can run on a live stream."""
    stride: int | None = None
    """Distance of the frames in the video. By default they are spread over all of it."""
    flow: Flow | None = None
    """How the optical flow of --time two-stream is computed (needs the extra `flow`). By default dis."""
    group_by: str | None = None
    """Clips cut from one recording stay on one side of a split: a pattern whose first group names it."""


@dataclass(frozen=True)
class MachineOptions:
    """What computes."""

    device: str = "auto"
    """auto, cpu, cuda or cuda:1."""
    threads: int | None = None
    """Processor threads. By default one per core."""
