"""A batch norm at inference scales each channel: no frame sees another, and a convolution can take it in."""

from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import NetworkError
from striate.stepping.build import Build
from striate.stepping.timed import CLIP, Timed
from striate.stepping.walk import Call

MIX_FRAMES = (nn.GroupNorm, nn.LayerNorm, nn.InstanceNorm3d, nn.LocalResponseNorm, nn.CrossMapLRN2d)


class Scale(nn.Module):
    """x·factor + shift, for each channel."""

    factor: Tensor
    shift: Tensor

    def __init__(self, factor: Tensor, shift: Tensor) -> None:
        super().__init__()
        self.register_buffer("factor", factor)
        self.register_buffer("shift", shift)

    def forward(self, x: Tensor) -> Tensor:
        shape = (1, -1, *[1] * (x.ndim - 2))
        return x * self.factor.view(shape) + self.shift.view(shape)


def batch_norm(b: Build, call: Call, x: Timed) -> Timed:
    """`nn.BatchNorm1d`, `2d`, `3d`."""
    layer: Any = call.layer
    if layer.running_mean is None:
        raise NetworkError(
            f"{call.title} takes its statistics from the batch, so frames see each other: give it "
            "track_running_stats=True"
        )
    with torch.no_grad():
        factor = torch.rsqrt(layer.running_var + layer.eps)
        if layer.weight is not None:
            factor = factor * layer.weight
        shift = -layer.running_mean * factor
        if layer.bias is not None:
            shift = shift + layer.bias
    return x.new(b.call(call.name, Scale(factor, shift), x.node))


def norm_of_frames(b: Build, call: Call, x: Timed) -> Timed:
    """Norms that a clip's frames share have no step; of single frames they are ordinary layers."""
    if x.axis == CLIP:
        raise NetworkError(f"{call.title} takes its statistics over all frames of a clip, so it has no step")
    return x.new(b.call(call.name, b.copy(call), x.node))
