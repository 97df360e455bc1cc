"""A temporal shift keeps the channels that move back, of the frame before; one that also looks ahead answers
a frame late, and keeps what does not move for that frame."""

from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import NetworkError
from striate.layers import TemporalShift
from striate.stepping.build import Build, Entry
from striate.stepping.cells import behind, newest, there
from striate.stepping.rules.convolution import convolution
from striate.stepping.timed import FOLDED, Clock, Timed
from striate.stepping.walk import Call


class ShiftBack(nn.Module):
    """The first channels come from the frame before."""

    def __init__(self, moving: int) -> None:
        super().__init__()
        self.moving = moving

    def forward(self, x: Tensor, kept: Tensor, valid: Tensor | None = None) -> tuple[Tensor, Tensor]:
        moves = there(x, valid)[:, : self.moving]
        if x.shape[0] == kept.shape[0]:  # one frame: nothing is to be put in a row
            return torch.cat([kept, x[:, self.moving :]], dim=1), moves.clone()
        row = behind(kept.unsqueeze(1), moves)  # (N, 1+k, moving, H, W)
        come = row[:, :-1].flatten(0, 1)
        return torch.cat([come, x[:, self.moving :]], dim=1), row[:, -1]


class ShiftBothWays(nn.Module):
    """The first channels come from the next frame, as many from the one before: a frame late."""

    def __init__(self, moving: int) -> None:
        super().__init__()
        self.moving = moving

    def forward(
        self, x: Tensor, kept: Tensor, still: Tensor, valid: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        x = there(x, valid)
        ahead, back, stay = x.tensor_split([self.moving, 2 * self.moving], dim=1)
        back_row, stay_row = behind(kept, back), behind(still, stay)
        come, stays = back_row[:, :-2].flatten(0, 1), stay_row[:, :-1].flatten(0, 1)
        return torch.cat([ahead, come, stays], dim=1), newest(back_row, 2), newest(stay_row, 1)


def shift(b: Build, call: Call, x: Timed) -> Timed:
    """`TemporalShift`."""
    layer: Any = call.layer
    return _shifted(b, call, layer, x)


def shifted_convolution(b: Build, call: Call, x: Timed) -> Timed:
    """`ShiftedConv2d`: the shift, then the convolution."""
    layer: Any = call.layer
    return convolution(b, call, _shifted(b, call, layer.shift, x))


def _shifted(b: Build, call: Call, layer: TemporalShift, x: Timed) -> Timed:
    if x.axis != FOLDED or x.clock.every != 1:
        raise NetworkError(f"{call.title} shifts what is no row of frames, which has no step")
    ahead, moving = layer.moving(x.rest[0])
    if not moving:
        return x
    name = f"{call.name}.shift"
    valid = b.valid(x.clock)
    if not ahead:
        kept = b.state(name, Entry((moving, *x.rest[1:]), single=True))
        node, keep = b.call(name, ShiftBack(moving), x.node, kept, valid, parts=2)
        b.keep(kept, keep)
        return x.new(node)
    clock = Clock(x.clock.late + 1, 1, x.clock.longer)
    b.looks_ahead(call, clock, x.clock)
    kept = b.state(name, Entry((2, moving, *x.rest[1:])))
    still = b.state(f"{name}.still", Entry((1, x.rest[0] - 2 * moving, *x.rest[1:])))
    node, keep, stay = b.call(name, ShiftBothWays(moving), x.node, kept, still, valid, parts=3)
    b.keep(kept, keep)
    b.keep(still, stay)
    return Timed(node, x.axis, x.rest, clock)
