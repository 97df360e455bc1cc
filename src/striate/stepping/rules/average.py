"""Where a clip's frames become one by their mean, a step has its readout."""

from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import NetworkError
from striate.stepping.build import Build
from striate.stepping.readout import read_out
from striate.stepping.timed import CLIP, FOLDED, SEQUENCE, Timed
from striate.stepping.walk import Call


def end_of_time(b: Build, call: Call, x: Timed) -> Timed:
    """`EndOfTime` and `Consensus`: the mean over frames alone."""
    return over(read_out(b, call.name, x), call)


def adaptive_pool(b: Build, call: Call, x: Timed) -> Timed:
    """`nn.AdaptiveAvgPool3d`: over space, and over all frames if one is asked for."""
    layer: Any = call.layer
    size = layer.output_size if isinstance(layer.output_size, tuple) else (layer.output_size,) * 3
    number = call.outputs[0]
    assert number is not None
    shape, before = b.walk.shapes[number], b.walk.shapes[call.refs()[0].number]
    node = b.call(call.name, nn.AdaptiveAvgPool2d(size[1:]), x.node)
    made = x.new(node, (shape[1], *shape[3:]))
    if shape[2] == before[2]:
        return made
    if shape[2] == 1:
        return over(read_out(b, call.name, made), call, keeps=True)
    raise NetworkError(f"{call.title} pools the frames of a clip into {shape[2]} parts, which has no step")


def mean(b: Build, call: Call, x: Timed) -> Timed:
    """The function `mean`: over axes of a frame, and over frames if their axis is among them."""
    if len(call.args) < 2 and "dim" not in call.kwargs:
        raise NetworkError(f"{call.title} makes one number of a whole batch, which has no step")
    dims = call.args[1] if len(call.args) > 1 else call.kwargs["dim"]
    keep = bool(call.args[2] if len(call.args) > 2 else call.kwargs.get("keepdim", False))
    shape = b.walk.shapes[call.refs()[0].number]
    axes = sorted(axis % len(shape) for axis in (dims if isinstance(dims, tuple | list) else [dims]))
    of_frame = [_of_frame(axis, x.axis) for axis in axes if axis not in (0, x.axis)]
    if 0 in axes:
        raise NetworkError(f"{call.title} takes the mean over a batch, which has no step")
    made = x
    if of_frame:
        rest = tuple(
            1 if i + 1 in of_frame else side for i, side in enumerate(x.rest) if keep or i + 1 not in of_frame
        )
        made = x.new(b.call(f"{call.name}_mean", MeanOverAxes(of_frame, keep), x.node), rest)
    if x.axis in (CLIP, SEQUENCE) and x.axis in axes:
        return over(read_out(b, call.name, made), call, keeps=keep)
    return made


class MeanOverAxes(nn.Module):
    """Over axes of each frame."""

    def __init__(self, axes: list[int], keep: bool) -> None:
        super().__init__()
        self.axes, self.keep = axes, keep

    def forward(self, x: Tensor) -> Tensor:
        return torch.mean(x, self.axes, self.keep)


def over(x: Timed, call: Call, keeps: bool = False, last: bool = False) -> Timed:
    """A value whose frames have become one. keeps: with an axis of length 1 in the place of time."""
    rest = (x.rest[0], 1, *x.rest[1:]) if keeps and x.axis == CLIP else x.rest
    node = x.node
    if rest != x.rest:
        node = node.graph.call_function(torch.unsqueeze, (node, 2))
    elif keeps:
        rest = (1, *rest)
        node = node.graph.call_function(torch.unsqueeze, (node, 1))
    return Timed(node, None, rest, x.clock, call.title, last)


def _of_frame(axis: int, time: int | None) -> int:
    """The axis of (N·k, …) that an axis of the walked tensor became."""
    return axis if time in (None, FOLDED) or axis < int(time or 0) else axis - 1
