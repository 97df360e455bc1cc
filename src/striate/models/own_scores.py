"""What a network of somebody's own gives is tried before it is built upon: one score for each class."""

from typing import Any

import torch
from torch import Tensor, nn

from striate.data.options import DEFAULT_FRAMES
from striate.errors import NetworkError
from striate.own_source import reason

LENGTHS = (DEFAULT_FRAMES, 16, 32)
"""Frames of clips that networks are made for."""


def refuse_script(backbone: str, network: nn.Module) -> None:
    """Raises NetworkError for TorchScript, which cannot be copied, changed or trained on."""
    if any(isinstance(module, torch.jit.ScriptModule) for module in network.modules()):
        raise NetworkError(
            f"{backbone} holds TorchScript, which is for looking at (`striate inspect`): give the module "
            "that it was made of"
        )


def check_scores(backbone: str, network: nn.Module, shape: tuple[int, ...], classes: int) -> None:
    """Runs the network on a black picture, (channels, height, width), or clip, (channels, frames, height,
    width): it must give a score for each class.

    Raises:
        NetworkError: it fails, or gives something else.
    """
    said = f"a {'clip' if len(shape) == 4 else 'picture'} of {'×'.join(map(str, (1, *shape)))}"
    try:
        scores = _tried(network, shape)
    except Exception as error:
        raise NetworkError(f"{backbone} fails on {said}: {reason(error)}{_hint(network, shape)}") from error
    given = "×".join(map(str, scores.shape)) if isinstance(scores, Tensor) else type(scores).__name__
    if given != f"1×{classes}":
        raise NetworkError(
            f"{backbone} gives {given} for {said}, where a score for each of {classes} classes is needed, "
            f"1×{classes}: let it take their number, as in def {backbone.rpartition(':')[2]}(classes)"
        )
    if len(shape) == 4 and shape[0] == shape[1] and _mistakes_frames(network, shape):
        raise NetworkError(f"{backbone} takes frames for channels{_FRAMES_FIRST}")


def _tried(network: nn.Module, shape: tuple[int, ...]) -> Any:
    """What it gives for nothing but black; whoever draws in evaluation too changes nothing drawn later."""
    training, random = network.training, torch.get_rng_state()
    try:
        with torch.no_grad():
            return network.eval()(torch.zeros(1, *shape))
    finally:
        network.train(training)
        torch.set_rng_state(random)


_FRAMES_FIRST = (
    '; it takes clips as (N, T, C, H, W): say so where it is made, with network.clip_order = "NTCHW"'
)


def _hint(network: nn.Module, shape: tuple[int, ...]) -> str:
    """What to say where a network takes clips in place of pictures, frames first, or other lengths."""
    channels, *picture = shape[0], *shape[-2:]
    if len(shape) == 3:
        taken = any(
            _takes(network, (*axes, *picture))
            for frames in LENGTHS
            for axes in ((channels, frames), (frames, channels))
        )
        return "; it takes clips by itself: say so with --time own" if taken else ""
    if _takes(network.get_submodule("backbone"), (shape[1], channels, *picture)):
        return _FRAMES_FIRST
    frames = next((frames for frames in LENGTHS if _takes(network, (channels, frames, *picture))), None)
    return "" if frames is None else f"; it takes clips of {frames} frames: give --frames {frames}"


def _mistakes_frames(network: nn.Module, shape: tuple[int, ...]) -> bool:
    """Whether it fits a clip of as many frames as channels only because it reads one as the other."""
    channels, longer, picture = shape[0], shape[1] + 1, shape[2:]
    turned = _takes(network.get_submodule("backbone"), (longer, channels, *picture))
    return turned and not _takes(network, (channels, longer, *picture))


def _takes(network: nn.Module, shape: tuple[int, ...]) -> bool:
    try:
        return isinstance(_tried(network, shape), Tensor)
    except Exception:  # of whatever kind: it is somebody's own code
        return False
