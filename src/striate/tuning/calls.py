"""Which convolutions a network computes on inputs of a shape, found without computing anything."""

from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import nn

from striate.algorithms.algorithm import Geometry, Shape
from striate.errors import NetworkError
from striate.watching import Running, watching, without_numbers


@dataclass(frozen=True)
class Call:
    """One convolution of a network, on an input of this shape."""

    name: str
    """Of the layer."""
    geometry: Geometry
    """Of the convolution, with the temporal shift before it."""
    shape: Shape
    """Of the input, batch included."""
    first: bool
    """Whether it sees the network's own input, whose gradient nobody needs."""


def calls_of(network: nn.Module, shape: Shape) -> tuple[Call, ...]:
    """The convolutions in the order of execution, each call once.

    A copy of the network runs on the meta device; the network itself is untouched.

    Args:
        network: Any module that takes one tensor.
        shape: Of the network's input, batch included.

    Raises:
        NetworkError: The network does not take such inputs.
    """
    copy = deepcopy(network).to("meta")
    calls: list[Call] = []

    def note(run: Running) -> None:
        layer = run.module
        # Asked for now: a shift depends on the length of the clips.
        geometry = Geometry.of(layer) if isinstance(layer, nn.Conv2d | nn.Conv3d) else None
        if geometry is not None and run.name is not None:
            calls.append(Call(run.name, geometry, tuple(run.args[0].shape), first=not calls))

    try:
        with torch.no_grad(), without_numbers(), watching(copy, before=note):
            copy(torch.empty(shape))
    except (RuntimeError, ValueError, IndexError) as problem:
        first = str(problem).splitlines()[0]
        raise NetworkError(
            f"{type(network).__name__} does not take inputs of shape {'×'.join(map(str, shape))}: {first}"
        ) from problem
    return tuple(calls)
