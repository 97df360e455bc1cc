"""Which convolutions a network computes on inputs of a shape, found without computing anything."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from striate.algorithms.geometry import Geometry, Shape
from striate.errors import NetworkError


@dataclass(frozen=True)
class Call:
    """One convolution of a network, on an input of this shape."""

    name: str
    geometry: Geometry
    shape: Shape
    """Of the input, batch included."""
    first: bool
    """Whether it sees the network's own input, whose gradient nobody needs."""


def calls_of(network: nn.Module, shape: Shape) -> tuple[Call, ...]:
    """The convolutions in the order of execution, each call once. `shape` is the network's input, with batch.

    A copy of the network runs on the meta device; the network itself is untouched. Raises NetworkError if
    it does not take such inputs.
    """
    copy = deepcopy(network).to("meta")
    seen: list[Call] = []
    for name, layer in copy.named_modules():
        if isinstance(layer, nn.Conv2d | nn.Conv3d) and Geometry.of(layer):
            layer._conv_forward = _Spy(name, layer, layer._conv_forward, seen)  # type: ignore[method-assign,assignment]
    try:
        with torch.no_grad():
            copy(torch.empty(shape, device="meta"))
    except (RuntimeError, ValueError, IndexError) as problem:
        first = str(problem).splitlines()[0]
        raise NetworkError(
            f"{type(network).__name__} does not take inputs of shape {'×'.join(map(str, shape))}: {first}"
        ) from problem
    return tuple(seen)


@dataclass(frozen=True)
class _Spy:
    """Notes a layer's call and lets it through."""

    name: str
    layer: nn.Conv2d | nn.Conv3d
    call: Any
    seen: list[Call]

    def __call__(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        geometry = Geometry.of(self.layer)  # now: a shift depends on the length of the clips
        assert geometry is not None
        self.seen.append(Call(self.name, geometry, tuple(x.shape), first=not self.seen))
        result: Tensor = self.call(x, weight, bias)
        return result
