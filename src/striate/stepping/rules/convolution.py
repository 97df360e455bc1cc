"""A convolution over frames keeps the last (t−1)·dilation frames of its input.

Time is folded into the channels of one 2D convolution, so that nothing has five axes; with groups it is the
sum of one 2D convolution for each frame of the kernel, as folded groups are slow.
"""

from typing import Any

import torch
from torch import Tensor, fx, nn

from striate.errors import NetworkError
from striate.layers import CausalConv3d
from striate.stepping.build import Build, Entry
from striate.stepping.cells import Convolution, behind, bounded, newest, there
from striate.stepping.laid_out import Bounds
from striate.stepping.timed import CLIP, Timed
from striate.stepping.walk import Call


class ConvolutionOverFrames(nn.Module):
    """Frames (N·k, C, H, W) and the ones before → (N·k, O, H', W')."""

    def __init__(self, weight: Tensor, bias: Tensor | None, apart: int, *geometry: Any) -> None:
        """weight: (O, C/groups, t, kh, kw); apart: frames from one to the next of the kernel."""
        super().__init__()
        self.taps, self.apart = weight.shape[2], apart
        self.bounds: Bounds | None = None
        self.dense = geometry[-1] == 1 or self.taps == 1
        if self.dense:
            folded = weight.transpose(1, 2).flatten(1, 2)  # (O, t·C, kh, kw)
            parts = [Convolution(folded, bias, *geometry)]
        else:
            parts = [Convolution(weight[:, :, i], None, *geometry) for i in range(self.taps - 1)]
            parts.append(Convolution(weight[:, :, -1], bias, *geometry))
        self.convolutions = nn.ModuleList(parts)

    def scale(self, factor: Tensor, shift: Tensor) -> None:
        """Takes in what a norm does to each channel."""
        for part in self._parts():
            part.scale(factor, shift if part is self.convolutions[-1] else None)

    def bound(self, bounds: Bounds) -> None:
        """Takes in what cuts its outputs off."""
        if self.dense:
            self._parts()[0].bound(bounds)
        self.bounds = bounds

    def _parts(self) -> list[Convolution]:
        return [part for part in self.convolutions if isinstance(part, Convolution)]

    def forward(self, x: Tensor, kept: Tensor, valid: Tensor | None = None) -> tuple[Tensor, Tensor]:
        row = behind(kept, there(x, valid))  # (N, b+k, C, H, W)
        k = row.shape[1] - kept.shape[1]
        seen = [row[:, i * self.apart : i * self.apart + k] for i in range(self.taps)]
        keep = newest(row, kept.shape[1])
        if not self.dense:
            each = (conv(one.flatten(0, 1)) for conv, one in zip(self.convolutions, seen, strict=True))
            total = sum(each, start=next(each))
            return total if self.bounds is None else bounded(total, self.bounds), keep
        if k == 1 and self.apart == 1:
            return self.convolutions[0](row.flatten(1, 2)), keep
        return self.convolutions[0](torch.cat(seen, dim=2).flatten(0, 1)), keep


def convolution(b: Build, call: Call, x: Timed) -> Timed:
    """A convolution on frames, over them if it is one on clips."""
    layer: Any = call.layer
    geometry = _geometry(layer)
    if geometry is None:
        raise NetworkError(
            f"{call.title} pads with something else than zeros, which has no form frame by frame: "
            "use padding_mode='zeros'"
        )
    stride, padding, dilation = geometry
    over_frames = x.axis == CLIP
    rest = _rest(b, call, x)
    if not over_frames:
        cell: nn.Module = Convolution(layer.weight, layer.bias, stride, padding, dilation, layer.groups)
        return x.new(b.call(call.name, cell, x.node), rest)
    taps = layer.weight.shape[2]
    before = layer.frames_before if isinstance(layer, CausalConv3d) else padding[0]
    clock = x.clock.after(taps, stride[0], before, dilation[0])
    if isinstance(layer, CausalConv3d):
        clock = type(clock)(x.clock.late, clock.every, x.clock.longer)
    b.looks_ahead(call, clock, x.clock)
    if clock.late < x.clock.late:
        raise NetworkError(f"{call.title} pads more frames than it sees: take padding below its kernel")
    weight = layer.weight[..., None, None] if layer.weight.ndim == 3 else layer.weight
    space = (_two(stride[1:], 1), _two(padding[1:], 0), _two(dilation[1:], 1), layer.groups)
    node = x.node if len(x.rest) > 1 else b.graph.call_function(_as_map, (x.node,))
    if taps == 1:
        made = b.call(call.name, Convolution(weight[:, :, 0], layer.bias, *space), node)
    else:
        made = _with_state(b, call, x, node, weight, space, (taps - 1) * dilation[0])
    if len(x.rest) == 1:
        made = b.graph.call_function(torch.flatten, (made, 1))
    return Timed(made, x.axis, rest, clock)


def _with_state(
    b: Build, call: Call, x: Timed, node: fx.Node, weight: Tensor, space: tuple[Any, ...], before: int
) -> fx.Node:
    layer: Any = call.layer
    apart = before // (weight.shape[2] - 1) * x.clock.every
    shape = x.rest if len(x.rest) > 1 else (*x.rest, 1, 1)
    kept = b.state(call.name, Entry((before * x.clock.every, *shape)))
    cell = ConvolutionOverFrames(weight, layer.bias, apart, *space)
    made, keep = b.call(call.name, cell, node, kept, b.valid(x.clock), parts=2)
    b.keep(kept, keep)
    return made  # type: ignore[no-any-return]


def _rest(b: Build, call: Call, x: Timed) -> tuple[int, ...]:
    number = call.outputs[0]
    assert number is not None
    shape = b.walk.shapes[number]
    return tuple(side for i, side in enumerate(shape) if i != 0 and not (x.axis == CLIP and i == CLIP))


def _geometry(layer: Any) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]] | None:
    """Stride, padding and dilation of every axis; None where the padding is not of zeros, evenly."""
    if layer.padding_mode != "zeros":
        return None
    if not isinstance(layer.padding, str):
        return layer.stride, layer.padding, layer.dilation
    spans = [d * (k - 1) for d, k in zip(layer.dilation, layer.kernel_size, strict=True)]
    if layer.padding == "valid":
        spans = [0] * len(spans)
    if any(span % 2 for span in spans):
        return None
    return layer.stride, tuple(span // 2 for span in spans), layer.dilation


def _two(values: tuple[int, ...], of_one_place: int) -> tuple[int, ...]:
    """Of height and width; a convolution along time alone sees a map of one place."""
    return values or (of_one_place,) * 2


def _as_map(x: Tensor) -> Tensor:
    return x[..., None, None]
