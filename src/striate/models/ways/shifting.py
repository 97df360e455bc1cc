"""`tsm`: channels move between neighbouring frames before some of the 2D network's convolutions.

Lin, Gan, Han, "TSM: Temporal Shift Module for Efficient Video Understanding", 2019,
https://arxiv.org/abs/1811.08383: before the first convolution of each residual branch, so that what a frame
itself shows goes on unshifted beside it; in very deep networks (a stage of 23 blocks or more) of every second
block. Networks without residual branches shift before each convolution but the first.
"""

from collections.abc import Sequence

from torch import nn

from striate.errors import NetworkError, unknown
from striate.layers import Frames, ShiftedConv2d
from striate.models.building import positive
from striate.models.ways.clip_network import convolutions, exchange

DEEP = 23  # blocks of a stage from which on only every second one shifts


def shifted(
    network: nn.Module, frames: Frames, *, causal: bool, folds: int = 8, where: Sequence[str] | None = None
) -> nn.Module:
    """The network, in place, with shifts that exchange frames. No weights are added, none renamed.

    Args:
        folds: one channel in so many comes from either neighbour.
        where: names of the convolutions to shift before; by default those of the paper, see above.

    Raises:
        NetworkError: a name that is no convolution's, or no convolution to shift before.
    """
    folds = positive("folds", folds)
    if folds < 2:
        raise NetworkError(f"folds must be at least 2, as a share of 1/folds moves either way; got {folds}")
    chosen = _named(network, where) if where is not None else places(network)
    if not chosen:
        raise NetworkError(
            "tsm shifts before each convolution but the first, and the network has no second one: "
            "deepen it, or take another way through time"
        )
    return exchange(
        network, {layer: ShiftedConv2d.of(layer, frames, causal=causal, folds=folds) for layer in chosen}
    )


def places(network: nn.Module) -> list[nn.Conv2d]:
    """The convolutions before which the paper shifts."""
    stages = [_branches_in(module) for module in network.modules()]
    residual = [first for stage in stages for first in stage]
    if not residual:
        return [layer for _, layer in convolutions(network)[1:]]
    every = 2 if max(map(len, stages)) >= DEEP else 1
    return [first for stage in stages for first in stage[::every]]


def _branches_in(stage: nn.Module) -> list[nn.Conv2d]:
    """The first convolution of each residual branch among a module's children."""
    firsts = (_first_of_branch(child) for child in stage.children())
    return [first for first in firsts if first is not None]


def _first_of_branch(block: nn.Module) -> nn.Conv2d | None:
    """For residual blocks of ours and those written alike, such as torchvision's and timm's."""
    parts = dict(block.named_children())
    if isinstance(parts.get("conv1"), nn.Conv2d) and hasattr(block, "downsample"):
        branch = parts["conv1"]
    elif getattr(block, "adds_input", getattr(block, "use_res_connect", False)) and "conv" in parts:
        branch = parts["conv"]
    else:
        return None
    return next((layer for _, layer in convolutions(branch)), None)


def _named(network: nn.Module, where: Sequence[str]) -> list[nn.Conv2d]:
    known = dict(convolutions(network))
    for name in where:
        if name not in known:
            raise NetworkError(unknown("convolution", name, known))
    return [known[name] for name in where]
