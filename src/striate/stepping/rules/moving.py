"""Functions that only move elements: where they put time is found by moving the numbers of the frames."""

from itertools import permutations
from math import prod
from typing import Any

import torch
from torch import Tensor, fx, nn

from striate.errors import NetworkError
from striate.stepping.build import Build
from striate.stepping.rules.recurrent import STATES
from striate.stepping.timed import CLIP, FOLDED, SEQUENCE, Clock, Timed, moved, rest_of
from striate.stepping.walk import STREAMS, Call, Ref

MOVES = [
    "transpose",
    "permute",
    "movedim",
    "moveaxis",
    "swapaxes",
    "swapdims",
    "flatten",
    "unflatten",
    "reshape",
    "view",
    "reshape_as",
    "view_as",
    "unsqueeze",
    "squeeze",
    "contiguous",
    "clone",
    "detach",
    "chunk",
    "split",
    "tensor_split",
    "narrow",
    "select",
    "getitem",
    "unbind",
    "flip",
    "roll",
    "repeat_interleave",
    "expand",
    "expand_as",
    "channel_shuffle",
    "pixel_shuffle",
    "pixel_unshuffle",
]
LAYERS = (nn.Flatten, nn.Unflatten, nn.PixelShuffle, nn.PixelUnshuffle, nn.ChannelShuffle, nn.Identity)


def moving(b: Build, call: Call, x: Timed) -> Timed | tuple[Timed, ...]:
    """Each result as its frames' elements, wherever they came from."""
    if x.axis == STATES:
        return _last_state(b, call, x)
    shape = b.walk.shapes[call.refs()[0].number]
    times = _run(call, _times(shape, x.axis))
    places = _run(call, _places(shape, x.axis))
    frames = _frames(shape, x.axis)
    made = tuple(_moved(b, call, x, frames, *pair) for pair in zip(times, places, strict=True))
    return made if len(made) > 1 else made[0]


def _moved(b: Build, call: Call, x: Timed, frames: int, times: Tensor, places: Tensor) -> Timed:
    axis, last = _found(times, frames, x.axis)
    left = _left(times, frames) if axis == -1 else range(frames)
    if len(left) < frames:
        axis = x.axis
        x = moved(x, left.start, len(left) - frames)
        b.looks_ahead(call, x.clock, Clock())
    if axis == -1:
        raise NetworkError(f"{call.title} takes a clip's frames apart or out of order, so it has no step")
    rest = rest_of(tuple(places.shape), axis)
    chosen = places[:1] if axis in (None, FOLDED) else places[:1].select(axis, 0)
    node = _rearranged(b, x, chosen.flatten(), rest)
    reduced = x.reduced or (call.title if last else "")
    return Timed(node, axis, rest, x.clock, reduced, x.last or last)


def _run(call: Call, probe: Tensor) -> tuple[Tensor, ...]:
    """What the function, or layer, makes of a tensor of numbers."""
    first = call.refs()[0]
    if call.layer is not None:
        result: Any = call.layer(probe)
    else:
        assert call.function is not None
        args = [probe if one == first else one for one in call.args]
        if any(isinstance(one, Ref) for one in args) or any(isinstance(v, Ref) for v in call.kwargs.values()):
            raise NetworkError(f"{call.title} moves a value by another one, so it has no step")
        result = call.function(*args, **call.kwargs)
    return tuple(result) if isinstance(result, tuple | list) else (result,)


def _frames(shape: tuple[int, ...], axis: int | None) -> int:
    return 1 if axis is None else shape[0] // STREAMS if axis == FOLDED else shape[axis]


def _times(shape: tuple[int, ...], axis: int | None) -> Tensor:
    """n·T + t at every element."""
    lead = [1] * len(shape)
    lead[0] = shape[0]
    if axis in (SEQUENCE, CLIP):
        lead[axis] = shape[axis]
    return torch.arange(prod(lead)).view(lead).expand(shape)


def _places(shape: tuple[int, ...], axis: int | None) -> Tensor:
    """The place within its frame, at every element."""
    rest = rest_of(shape, axis)
    lead = [1 if i in (0, axis if axis else 0) else side for i, side in enumerate(shape)]
    return torch.arange(prod(rest)).view(lead).expand(shape)


def _found(times: Tensor, frames: int, axis: int | None) -> tuple[int | None, bool]:
    """Where time is now, or -1; and whether only the last frame is left."""
    shape = tuple(times.shape)
    if not shape or not times.numel():
        return -1, False
    if axis is None:
        return (None, False) if torch.equal(times, _times(shape, FOLDED)) else (-1, False)
    if shape[0] == STREAMS and torch.equal(times, _times(shape, FOLDED) * frames + frames - 1):
        return None, True
    for found in (FOLDED, SEQUENCE, CLIP):
        fits = shape[0] == STREAMS * frames if found == FOLDED else shape[0] == STREAMS and len(shape) > found
        if fits and torch.equal(times, _times(shape, found)):
            return found, False
    return -1, False


def _left(times: Tensor, frames: int) -> range:
    """Which frames are left of a clip that ends of were cut off; all where something else was done."""
    shape = tuple(times.shape)
    for axis in (SEQUENCE, CLIP):
        if len(shape) > axis and shape[0] == STREAMS and 0 < shape[axis] < frames:
            first, count = int(times.flatten()[0]), shape[axis]
            kept = _times((shape[0], *shape[1:axis], frames, *shape[axis + 1 :]), axis)
            if torch.equal(times, kept.narrow(axis, min(first, frames - count), count)):
                return range(first, first + count)
    return range(frames)


def _rearranged(b: Build, x: Timed, places: Tensor, rest: tuple[int, ...]) -> fx.Node:
    """The elements of each frame in another order or shape; nothing where both are as they were."""
    if places.numel() == prod(x.rest):
        for order in permutations(range(len(x.rest))):
            if torch.equal(torch.arange(prod(x.rest)).view(x.rest).permute(order).flatten(), places):
                same = list(order) == sorted(order)
                if same and rest == x.rest:
                    return x.node
                cell: nn.Module = Rearranged(None if same else order, rest)
                return b.call("moved", cell, x.node)  # type: ignore[no-any-return]
    return b.call("moved", Chosen(places, rest), x.node)  # type: ignore[no-any-return]


class Rearranged(nn.Module):
    """(N·k, …) with its axes in another order, and in another shape."""

    def __init__(self, order: tuple[int, ...] | None, rest: tuple[int, ...]) -> None:
        super().__init__()
        self.order, self.rest = order, rest

    def forward(self, x: Tensor) -> Tensor:
        if self.order is not None:
            x = x.permute(0, *(axis + 1 for axis in self.order))
        return x.reshape(x.shape[0], *self.rest)


class Chosen(nn.Module):
    """Some elements of each frame, in any order."""

    places: Tensor

    def __init__(self, places: Tensor, rest: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("places", places)
        self.rest = rest

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1).index_select(1, self.places).reshape(x.shape[0], *self.rest)


def _last_state(b: Build, call: Call, x: Timed) -> Timed:
    """The state of the uppermost layer is what it gave last."""
    number = call.outputs[0]
    shape = () if number is None else b.walk.shapes[number]
    layers = b.walk.shapes[call.refs()[0].number][0]
    upper = call.kind == "getitem" and call.args[1] in (-1, layers - 1)
    if shape != (STREAMS, *x.rest) or not (upper or layers == 1):
        raise NetworkError(f"{call.title} takes states of lower recurrent layers, which have no step")
    return Timed(x.node, None, x.rest, x.clock, call.title, last=True)
