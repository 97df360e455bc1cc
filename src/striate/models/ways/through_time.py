"""The ways by name, and the one function that gives a network one of them."""

import inspect
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from torch import nn

from striate.errors import NetworkError, unknown
from striate.layers import Frames
from striate.models.arguments import positive
from striate.models.ends import stem_of
from striate.models.ways.clip_network import ClipNetwork, FrameByFrame
from striate.models.ways.shifting import shifted

Way = Callable[..., ClipNetwork]


def _2d(network: nn.Module, *, planes: int, classes: int, causal: bool, fresh: bool) -> ClipNetwork:
    """Each frame alone: causal by nature."""
    return FrameByFrame("2d", network, Frames(), planes=planes, causal=True)


def _tsm(
    network: nn.Module,
    *,
    planes: int,
    classes: int,
    causal: bool,
    fresh: bool,
    folds: int = 8,
    where: tuple[str, ...] | None = None,
) -> ClipNetwork:
    frames = Frames()
    backbone = shifted(network, frames, causal=causal, folds=folds, where=where)
    return FrameByFrame("tsm", backbone, frames, planes=planes, causal=causal)


WAYS: dict[str, Way] = {
    "2d": _2d,
    "tsm": _tsm,
}
"""`through_time` calls them with a 2D network of its own; their options are those with a default."""

SEES_ONE_FRAME = ("2d",)


def through_time(
    network: nn.Module,
    time: str,
    *,
    classes: int,
    frames: int | None = None,
    causal: bool = False,
    **options: Any,
) -> ClipNetwork:
    """A way through time for any 2D network: clips (N, C, T, H, W) → scores (N, classes).

    Args:
        network: images (N, C, H, W) → scores (N, classes); left as it was. Its weights are taken over.
        time: a name of `WAYS`.
        classes: scores per clip.
        frames: how long clips will be, only to be checked: the network takes clips of any length.
        causal: no frame sees a later one.
        options: what `options_of_way(time)` lists.

    Raises:
        NetworkError: an unknown way or option, too few frames, a network that the way does not fit.
    """
    check_way(time, frames, causal)
    check_options(time, options)
    return give_way(
        deepcopy(network), time, classes=positive("classes", classes), causal=causal, fresh=False, **options
    )


def give_way(network: nn.Module, time: str, **arguments: Any) -> ClipNetwork:
    """The same for a network that may be changed. fresh: its weights are random, and may be drawn anew."""
    _, stem = stem_of(network)
    return WAYS[time](network, planes=stem.in_channels, **arguments)


def check_way(time: str | None, frames: object = None, causal: object = False) -> None:
    """Refuse a way through time that cannot be. None is none: a network for images."""
    if time is None:
        if frames is not None or causal:
            given = f"frames={frames!r}" if frames is not None else f"causal={causal!r}"
            raise NetworkError(
                f"{given} is for networks with a way through time: give time too, such as 'tsm'"
            )
        return
    if time not in WAYS:
        raise NetworkError(unknown("way through time", str(time), WAYS))
    if not isinstance(causal, bool):
        raise NetworkError(f"causal must be True or False; got {causal!r}")
    if frames is not None and positive("frames", frames) == 1 and time not in SEES_ONE_FRAME:
        raise NetworkError(
            f"{time} compares frames, and frames=1 leaves nothing to compare: give 2 or more, or 2d"
        )


def options_of_way(time: str) -> dict[str, Any]:
    """The options that a way through time takes, with their defaults."""
    if time not in WAYS:
        raise NetworkError(unknown("way through time", time, WAYS))
    parameters = inspect.signature(WAYS[time]).parameters.values()
    return {one.name: one.default for one in parameters if one.default is not inspect.Parameter.empty}


def check_options(time: str, chosen: dict[str, Any]) -> None:
    """Refuse options that the way does not have."""
    known = options_of_way(time)
    for name in chosen.keys() - known:
        if not known:
            raise NetworkError(f"{time} takes no options; got {name!r}")
        raise NetworkError(unknown(f"option of {time}", name, known))
