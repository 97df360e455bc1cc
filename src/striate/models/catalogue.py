"""Every network by name, and the one function that builds them."""

import inspect
from bisect import bisect_left
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import nn

from striate.checked import checked
from striate.data.options import DEFAULT_FRAMES
from striate.errors import NetworkError, unknown
from striate.models.alexnet import alexnet
from striate.models.building import Size, image_size, is_own, positive, too_small
from striate.models.clip_networks import CLIP_NETWORKS, check_clip_size, check_clips
from striate.models.fast import fast
from striate.models.mobilenet import mobilenet_v2
from striate.models.own import builder
from striate.models.own_scores import check_scores, refuse_script
from striate.models.plain import plain
from striate.models.resnet import resnet18, resnet34, resnet50, resnet101
from striate.models.squeezenet import squeezenet1_1
from striate.models.vgg import vgg16
from striate.models.ways import OWN, WAYS, AsItIs, Plan, check_way, options_of_way
from striate.watching import without_numbers

Builder = Callable[..., nn.Module]

CATALOGUE: dict[str, Builder] = {
    "plain": plain,
    "fast": fast,
    "resnet18": resnet18,
    "resnet34": resnet34,
    "resnet50": resnet50,
    "resnet101": resnet101,
    "mobilenet_v2": mobilenet_v2,
    "squeezenet1_1": squeezenet1_1,
    "vgg16": vgg16,
    "alexnet": alexnet,
}
"""Networks for images, each of which takes a way through time."""

NETWORKS: dict[str, Builder] = {**CATALOGUE, **CLIP_NETWORKS}
"""These and the published networks that take clips by themselves."""

LARGEST_LEAST_SIDE = 1024  # no image this large is too small for a network that anyone would build


@checked
def build(
    backbone: str,
    *,
    classes: int,
    channels: int = 3,
    size: Size | int | None = None,
    time: str | None = None,
    frames: int | None = None,
    causal: bool = False,
    **options: Any,
) -> nn.Module:
    """A network of the catalogue with fresh weights: images or clips → scores (N, classes).

    Without a way through time it takes images (N, channels, H, W), with one clips (N, channels, T, H, W) of
    any length; those of `two-stream` have two more planes, of optical flow. The networks of `CLIP_NETWORKS`
    take clips as they are.

    Args:
        backbone: a name of `CATALOGUE` or `CLIP_NETWORKS`; or a function of one's own that makes a network
            for images, `my.py:make` or `package.module:make`, or `timm:resnet26`.
        classes: scores per image or clip.
        channels: 1 for grey, 3 for RGB.
        size: (height, width) of the images or one side of a square, in pixels. `plain` needs it; for the
            others it only asks for a check that the images are large enough.
        time: a way through time, a name of `WAYS`; of a network of one's own also "own": it takes clips as
            it is.
        frames: how long clips will be; only checked, as no network holds it.
        causal: no frame of a clip sees a later one.
        options: what `options(backbone, time)` lists.

    Raises:
        NetworkError: an unknown name or option, a value that cannot be, images too small, too few frames.

    >>> build("plain", classes=10, channels=1, size=28)(torch.zeros(4, 1, 28, 28)).shape
    torch.Size([4, 10])
    >>> build("plain", classes=8, channels=1, size=32, time="tsm")(torch.zeros(4, 1, 8, 32, 32)).shape
    torch.Size([4, 8])
    """
    check_time(backbone, time, frames, causal)
    arguments = checked_arguments(backbone, classes, channels, size, options, time)
    if backbone in CLIP_NETWORKS:
        return _clip_network(backbone, arguments, frames, causal)
    own = _options_of_network(backbone)
    of_way = {name: arguments.pop(name) for name in options if name not in own}
    make = _builder(backbone)
    if "size" not in _parameters(backbone) and (given := arguments.pop("size")):
        _check_size(backbone, given, **arguments)
    network = make(**arguments)
    if is_own(backbone):
        refuse_script(backbone, network)
    if time == OWN:
        network = AsItIs(network, arguments["channels"])
    if is_own(backbone) and size is not None:
        clip = (frames or DEFAULT_FRAMES,) if time == OWN else ()
        shape = (arguments["channels"], *clip, *image_size(size))
        check_scores(backbone, network, shape, arguments["classes"])
    if time in (None, OWN):
        return network
    plan = Plan(
        network,
        arguments["classes"],
        arguments["channels"],
        causal,
        untrained=True,
        again=lambda planes: make(**{**arguments, "channels": planes}),
    )
    return WAYS[time](plan, **of_way)


@checked
def options(backbone: str, time: str | None = None) -> dict[str, Any]:
    """The options that a network of the catalogue takes, with their defaults; those of its way included.

    Args:
        backbone: a name of `CATALOGUE` or `CLIP_NETWORKS`.
        time: a name of `WAYS`, by default none.

    Raises:
        NetworkError: an unknown name.

    >>> options("alexnet")
    {'dropout': 0.5}
    """
    return _options_of_network(backbone) | ({} if time in (None, OWN) else options_of_way(time))


def _options_of_network(backbone: str) -> dict[str, Any]:
    return {
        name: parameter.default
        for name, parameter in _parameters(backbone).items()
        if name not in ("classes", "channels", "size", "causal")
    }


def check_time(backbone: str, time: str | None, frames: object, causal: object) -> None:
    """Refuse a way through time that cannot be, or that this network does not take."""
    if backbone in CLIP_NETWORKS:
        check_clips(backbone, time, frames, causal)
    elif time == OWN:
        _check_own(backbone, causal)
    elif time is not None:
        check_way(time, frames, causal)
    elif frames is not None or causal:
        given = "--causal" if frames is None else f"--frames {frames}"
        raise NetworkError(f"{given} is for networks with a way through time: give one, such as --time tsm")


def _check_own(backbone: str, causal: object) -> None:
    if not is_own(backbone):
        raise NetworkError(
            f"--time {OWN} is for a network of your own that takes clips by itself, as my.py:make; "
            f"{backbone} takes pictures: name a way through time, such as --time tsm"
        )
    if causal:
        raise NetworkError(
            f"which frames a network with --time {OWN} sees is its own affair: leave --causal out"
        )


def checked_arguments(
    backbone: str,
    classes: object,
    channels: object,
    size: object,
    chosen: dict[str, Any],
    time: str | None = None,
) -> dict[str, Any]:
    """The arguments of a builder in plain form. The values of options are left for the builder to check."""
    _check_options(backbone, chosen, time)
    if size is None and "size" in _parameters(backbone) and not is_own(backbone):
        raise NetworkError(f"{backbone} needs the size of the images, such as size=28 or size=(48, 64)")
    return {
        "classes": positive("classes", classes),
        "channels": positive("channels", channels),
        "size": None if size is None else image_size(size),
        **chosen,
    }


def _check_options(backbone: str, chosen: dict[str, Any], time: str | None) -> None:
    known = options(backbone, time)
    whose = backbone if time is None else f"{backbone} with {time}"
    for name in chosen.keys() - known:
        if not known:
            raise NetworkError(f"{whose} takes no options; got {name!r}")
        raise NetworkError(unknown(f"option of {whose}", name, known))


def _parameters(backbone: str) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(_builder(backbone)).parameters)


def _builder(backbone: str) -> Builder:
    """Of a network of the catalogue, or of somebody's own. Raises NetworkError for anything else."""
    if is_own(backbone):
        return builder(backbone)
    if backbone not in NETWORKS:
        raise NetworkError(f"{unknown('backbone', backbone, NETWORKS)}; or name your own, as in my.py:make")
    return NETWORKS[backbone]


def _clip_network(backbone: str, arguments: dict[str, Any], frames: int | None, causal: bool) -> nn.Module:
    size = arguments.pop("size")
    if causal:
        arguments["causal"] = True
    if frames is not None or size is not None:
        check_clip_size(backbone, arguments, frames, size)
    return CLIP_NETWORKS[backbone](**arguments)


@cache  # a network is built several times by one who trains
def _check_size(backbone: str, size: Size, channels: int, **arguments: Any) -> None:
    """Run the network without numbers, on the meta device; if it fails, find the smallest square it takes."""
    with without_numbers():
        network = CATALOGUE[backbone](channels=channels, **arguments).eval()
    try:
        _run_without_numbers(network, channels, size)
    except RuntimeError:
        sides = range(1, LARGEST_LEAST_SIDE)
        least = sides[bisect_left(sides, True, key=lambda side: _takes(network, channels, (side, side)))]
        raise too_small(backbone, least, size) from None


def _takes(network: nn.Module, channels: int, size: Size) -> bool:
    try:
        _run_without_numbers(network, channels, size)
    except RuntimeError:
        return False
    return True


def _run_without_numbers(network: nn.Module, channels: int, size: Size) -> None:
    with torch.no_grad(), without_numbers():
        network(torch.empty(1, channels, *size))
