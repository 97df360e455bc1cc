"""The ways by name, and the one function that gives a network one of them."""

import inspect
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from torch import Tensor, nn

from striate.checked import checked
from striate.errors import NetworkError, unknown
from striate.layers import Frames
from striate.models.building import positive
from striate.models.head_stem import stem_of
from striate.models.ways.clip_network import ClipNetwork, FrameByFrame, Plan, with_classes
from striate.models.ways.lifting import LiftedNetwork, factorised, inflated
from striate.models.ways.recurrent import RecurrentNetwork
from striate.models.ways.shifting import shifted
from striate.models.ways.two_stream import two_stream

Way = Callable[..., ClipNetwork]


def frame_by_frame(plan: Plan) -> ClipNetwork:
    """`2d`: each frame alone, which is causal by nature."""
    return FrameByFrame("2d", plan.network, Frames(), planes=plan.planes, causal=True)


def temporal_shift(plan: Plan, folds: int = 8, where: Sequence[str] | None = None) -> ClipNetwork:
    """`tsm`. folds: one channel in so many comes from either neighbour; where: see `shifted`."""
    frames = Frames()
    backbone = shifted(plan.network, frames, causal=plan.causal, folds=folds, where=where)
    return FrameByFrame("tsm", backbone, frames, planes=plan.planes, causal=plan.causal)


def full_3d(plan: Plan, time_kernel: int = 3) -> ClipNetwork:
    """`3d`. time_kernel: frames that a convolution sees."""
    return LiftedNetwork("3d", plan, time_kernel, inflated)


def split_3d(plan: Plan, time_kernel: int = 3) -> ClipNetwork:
    """`2plus1d`. time_kernel: frames that a convolution sees."""
    return LiftedNetwork("2plus1d", plan, time_kernel, factorised)


def recurrent(cell: str) -> Way:
    """`rnn`, `lstm` or `gru`."""

    def way(plan: Plan, recurrent_units: int | None = None, recurrent_layers: int = 1) -> ClipNetwork:
        return RecurrentNetwork(cell, plan, recurrent_units, recurrent_layers)

    return way


WAYS: dict[str, Way] = {
    "2d": frame_by_frame,
    "tsm": temporal_shift,
    "3d": full_3d,
    "2plus1d": split_3d,
    "rnn": recurrent("rnn"),
    "lstm": recurrent("lstm"),
    "gru": recurrent("gru"),
    "two-stream": two_stream,
}
"""Each makes a `ClipNetwork` of a `Plan`; what else it takes are the options of the way."""

SEES_ONE_FRAME = ("2d",)


@checked
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
        network: images (N, C, H, W) → scores; left as it was. Its weights are taken over, those of its head
            if that gives so many scores; else the head is a fresh one.
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
    copy = with_classes(deepcopy(network), positive("classes", classes))
    planes = int(getattr(stem_of(copy)[1], "in_channels"))  # noqa: B009 - a convolution, as stem_of says
    plan = Plan(copy, classes, planes, causal, untrained=False)
    return WAYS[time](plan, **options)


def check_way(time: str, frames: object = None, causal: object = False) -> None:
    """Refuse a way through time that cannot be."""
    if time not in WAYS:
        raise NetworkError(unknown("way through time", str(time), WAYS))
    if not isinstance(causal, bool):
        raise NetworkError(f"causal must be True or False; got {causal!r}")
    if frames is not None and positive("frames", frames) == 1 and time not in SEES_ONE_FRAME:
        raise NetworkError(
            f"{time} compares frames, and frames=1 leaves nothing to compare: give 2 or more, or 2d"
        )


@checked
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


OWN = "own"
"""In place of a way: the network's own."""
ORDERS = ("NCTHW", "NTCHW")
"""What `clip_order` of a network may be: the axes as it takes them. Without it, the first is meant."""


class AsItIs(ClipNetwork):
    """A network of somebody's own that takes clips, as it is: (N, planes, T, H, W) → (N, classes).

    One whose attribute `clip_order` is "NTCHW" is given them as (N, T, planes, H, W).
    """

    def __init__(self, network: nn.Module, planes: int) -> None:
        super().__init__(OWN, network, Frames(), planes=planes, causal=False)
        order = getattr(network, "clip_order", ORDERS[0])
        if order not in ORDERS:
            known = " or ".join(map(repr, ORDERS))
            raise NetworkError(f"clip_order of {type(network).__name__} must be {known}; got {order!r}")
        self.frames_first = order == ORDERS[1]

    def forward(self, clips: Tensor) -> Tensor:
        taken = self.take(clips)
        scores: Tensor = self.backbone(taken.transpose(1, 2) if self.frames_first else taken)
        return scores

    def scores_so_far(self, clips: Tensor) -> Tensor:
        """Unknown: which frames it sees is its own affair."""
        raise NetworkError(f"what a network says after each frame is not known of --time {OWN}")
