"""Temporal shift and the convolution behind it as one: only the channels that move are copied.

Shifting first writes a whole copy of the input, three quarters of which did not move.
"""

import torch
from torch import Tensor

from striate.algorithms.algorithm import Algorithm, Geometry, Operation, Shift, channels_last
from striate.layers.temporal_shift import shift_in_place, shifted


def shift(x: Tensor, s: Shift) -> Tensor:
    """A shifted copy of x (N·T, C, H, W)."""
    return shifted(x, s.frames, s.ahead, s.behind)


def shift_back(gradient: Tensor, s: Shift) -> Tensor:
    """From the gradient of what was shifted to that of what came in. Written into it: it is nobody else's."""
    return shift_in_place(gradient, s.frames, s.ahead, s.behind, -1)


class FoldedShift(Algorithm):
    """A 1×1 behind a shift as two products: one of the channels that stay, one of those that move.

    The input's gradient needs no such algorithm: a shift is turned back in place (`shift_back`) behind any.
    """

    name = "shift folded into products"
    offers = (Operation.OUTPUT, Operation.WEIGHT_GRADIENT)
    shifts = True

    def fits(self, g: Geometry) -> bool:
        pointwise = g.kernel == g.stride == (1, 1) and g.padding == (0, 0) and g.groups == 1
        return pointwise and g.shift is not None and 0 < g.shift.ahead + g.shift.behind < g.channels

    def output(self, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        moving, still = _halves(x, g)
        columns = w.flatten(1).T
        rows = still @ columns[moving.shape[1] :]
        torch.addmm(rows, moving, columns[: moving.shape[1]], out=rows)
        return rows.view(len(x), *x.shape[2:], -1).movedim(-1, 1)

    def weight_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        moving, still = _halves(x, g)
        rows = _rows(channels_last(d)).T
        return torch.cat([rows @ moving, rows @ still], dim=1)[..., None, None]


def _halves(x: Tensor, g: Geometry) -> tuple[Tensor, Tensor]:
    """The channels that move, shifted, and a view of those that stay: (places, channels) each."""
    assert g.shift is not None
    many = g.shift.ahead + g.shift.behind
    x = channels_last(x)
    return _rows(channels_last(shift(x[:, :many], g.shift))), _rows(x[:, many:])


def _rows(x: Tensor) -> Tensor:
    """(N, C, H, W) → (N·H·W, C), a view of what has its channels innermost."""
    return x.movedim(1, -1).flatten(0, -2)
