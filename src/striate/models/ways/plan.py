"""What every way through time is told."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True, eq=False)
class Plan:
    """A 2D network that may be changed, and what is to become of it.

    planes: channels of a picture. fresh: the network's weights are random, so that new kernels may be drawn
    rather than made of them. again: the same 2D network of other planes, where it can be built.
    """

    network: nn.Module
    classes: int
    planes: int
    causal: bool
    fresh: bool
    again: Callable[[int], nn.Module] | None = None
