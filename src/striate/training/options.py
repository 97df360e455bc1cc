"""What can be asked of a training besides its recipe: declared once, with help, for functions and commands.

Each group is one value, which a request holds. None means: as the data are, or as the preset says.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Flow = Literal["dis", "farneback"]
"""Methods of optical flow."""


@dataclass(frozen=True)
class NetworkOptions:
    """Which network, and the weights that it starts from."""

    backbone: str = "plain"
    """The network: plain, resnet18, 34, 50 or 101, mobilenet_v2, squeezenet1_1, vgg16 or alexnet."""
    weights: Path | None = None
    """Start from these weights: a .pth or .safetensors file, or a run folder."""


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
