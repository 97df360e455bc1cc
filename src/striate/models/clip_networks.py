"""Published networks that take clips by themselves, by name, and the clips they were published for.

They need no way through time, and take none: `build("r3d_18", classes=400)`. The two that take a temporal
shift are image networks with `tsm` (Lin, Gan, Han, 2018, https://arxiv.org/abs/1811.08383), whose weights
are published.
"""

import inspect
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from striate.checked import checked
from striate.errors import NetworkError
from striate.models.building import positive
from striate.models.c3d import c3d
from striate.models.csn import ip_csn_50, ir_csn_50
from striate.models.i3d import i3d_resnet50
from striate.models.mobilenet import mobilenet_v2
from striate.models.resnet import resnet50
from striate.models.slowfast import slowfast_r50_4x16, slowfast_r50_8x8
from striate.models.video_resnet import VIDEO_RESNETS
from striate.models.ways import through_time
from striate.models.x3d import x3d_l, x3d_m, x3d_s, x3d_xs
from striate.watching import without_numbers


def tsm_resnet50(*, classes: int, channels: int = 3, causal: bool = False) -> nn.Module:
    """ResNet-50, shifted before each of its sixteen residual branches.

    Args:
        causal: an eighth from the frame before only, as in the paper's online form.
    """
    return through_time(resnet50(classes=classes, channels=channels), "tsm", classes=classes, causal=causal)


def tsm_mobilenet_v2(
    *, classes: int, channels: int = 3, causal: bool = False, dropout: float = 0.2
) -> nn.Module:
    """MobileNetV2, shifted before each of its ten residual branches.

    Args:
        causal: an eighth from the frame before only, as in the paper's online form.
        dropout: the share of features silenced before the linear layer.

    Raises:
        NetworkError: a dropout outside [0, 1).
    """
    image_network = mobilenet_v2(classes=classes, channels=channels, dropout=dropout)
    return through_time(image_network, "tsm", classes=classes, causal=causal)


CLIP_NETWORKS: dict[str, Callable[..., nn.Module]] = {
    **VIDEO_RESNETS,
    "c3d": c3d,
    "i3d_resnet50": i3d_resnet50,
    "ir_csn_50": ir_csn_50,
    "ip_csn_50": ip_csn_50,
    "slowfast_r50_4x16": slowfast_r50_4x16,
    "slowfast_r50_8x8": slowfast_r50_8x8,
    "tsm_resnet50": tsm_resnet50,
    "tsm_mobilenet_v2": tsm_mobilenet_v2,
    "x3d_xs": x3d_xs,
    "x3d_s": x3d_s,
    "x3d_m": x3d_m,
    "x3d_l": x3d_l,
}

# (frames, side in pixels) of the clips that a network's published figures are of, where not those of r3d_18
OTHER_CLIPS = {
    "i3d_resnet50": (8, 224),
    "ir_csn_50": (32, 224),
    "ip_csn_50": (32, 224),
    "slowfast_r50_4x16": (32, 224),
    "slowfast_r50_8x8": (32, 224),
    "tsm_resnet50": (8, 224),
    "tsm_mobilenet_v2": (8, 224),
    "x3d_xs": (4, 160),
    "x3d_s": (13, 160),
    "x3d_m": (16, 224),
    "x3d_l": (16, 312),
}
CLIP_OF_R3D = (16, 112)


@checked
def published_clip(name: str) -> tuple[int, int, int]:
    """(frames, height, width) of the clips that a network was published for.

    Args:
        name: of `CLIP_NETWORKS`.

    >>> published_clip("x3d_s")
    (13, 160, 160)
    """
    frames, side = OTHER_CLIPS.get(name, CLIP_OF_R3D)
    return frames, side, side


def check_clips(name: str, time: object, frames: object, causal: object) -> None:
    """Refuse a way through time, which these networks are themselves, and what is no number of frames."""
    if time is not None:
        raise NetworkError(
            f"{name} takes clips by itself: leave --time {time} out, or give it to a network for images, "
            "such as resnet18"
        )
    if causal not in (False, None) and "causal" not in inspect.signature(CLIP_NETWORKS[name]).parameters:
        raise NetworkError(
            f"the frames of {name} see later ones: for --causal take tsm_resnet50 or tsm_mobilenet_v2, or "
            "a network for images with a way through time"
        )
    if frames is not None:
        positive("frames", frames)


def check_clip_size(
    name: str, arguments: dict[str, Any], frames: int | None, size: tuple[int, int] | None
) -> None:
    """Run the network without numbers on such a clip; if it has too few frames, find how many it needs.

    Frames or a size that are not given are those of the clips that it was published for.
    """
    usual = published_clip(name)
    asked, given = frames or usual[0], size or usual[1:]
    with without_numbers():
        network = CLIP_NETWORKS[name](**arguments).eval()

    def takes(frames: int) -> bool:
        return _takes(network, (1, arguments["channels"], frames, *given))

    if not takes(asked):
        least = bisect_left(range(asked + usual[0]), True, key=takes)
        raise NetworkError(f"{name} needs clips of at least {least} frames; got {asked}: give longer clips")


def _takes(network: nn.Module, shape: tuple[int, ...]) -> bool:
    try:
        with torch.no_grad(), without_numbers():
            network(torch.empty(shape))
    except RuntimeError:
        return False
    return True
