"""Temporal shift: channels that come from the neighbouring frames, for nothing.

Lin, Gan, Han, "TSM: Temporal Shift Module for Efficient Video Understanding", 2019,
https://arxiv.org/abs/1811.08383. `derivation/temporal_shift.py` works the same out by hand.
"""

from typing import Any

import torch
from torch import Tensor, nn

from striate.layers.pools import Frames


class TemporalShift(nn.Module):
    """One channel in `folds` comes from the next frame, as many from the previous one; zeros at the ends.

    (N·T, C, H, W) → the same. causal: only the first C/folds move, and come from the previous frame, so that
    no frame sees a later one. The input is left as it was, as a residual sum may want it; the output is the
    one copy that is made.
    """

    def __init__(self, frames: Frames, folds: int = 8, causal: bool = False) -> None:
        super().__init__()
        self.frames, self.folds, self.causal = frames, folds, causal

    def moving(self, channels: int) -> tuple[int, int]:
        """How many of so many channels come from the next frame, and how many from the previous one."""
        fold = channels // self.folds
        return (0, fold) if self.causal else (fold, fold)

    def forward(self, x: Tensor) -> Tensor:
        ahead, behind = self.moving(x.shape[1])
        if torch.compiler.is_compiling():
            return joined(x, self.frames.count, ahead, behind)
        shifted: Tensor = _Moved.apply(x, self.frames.count, ahead, behind, 1)  # type: ignore[no-untyped-call]
        return shifted

    def extra_repr(self) -> str:
        return f"folds={self.folds}, causal={self.causal}"


class _Moved(torch.autograd.Function):
    """The shift and, with the direction turned, its gradient: one copy each, and nothing kept."""

    @staticmethod
    def forward(x: Tensor, frames: int, ahead: int, behind: int, direction: int) -> Tensor:
        return shifted(x, frames, ahead, behind, direction)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        _, *ctx.how = inputs

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Any, ...]:
        frames, ahead, behind, direction = ctx.how
        back = _Moved.apply(gradient, frames, ahead, behind, -direction)  # type: ignore[no-untyped-call]
        return back, None, None, None, None


def shifted(x: Tensor, frames: int, ahead: int, behind: int, direction: int = 1) -> Tensor:
    """A copy of x (N·T, C, H, W) whose first channels come from the next frame, the following ones from the
    previous one. direction -1: the other way round, as gradients go."""
    y = torch.empty_like(x)
    old, new = _clips(x, frames), _clips(y, frames)
    still = ahead + behind
    _move(old[:, :, :ahead], new[:, :, :ahead], direction)
    _move(old[:, :, ahead:still], new[:, :, ahead:still], -direction)
    new[:, :, still:] = old[:, :, still:]
    return y


def shift_in_place(x: Tensor, frames: int, ahead: int, behind: int, direction: int = 1) -> Tensor:
    """The same written into x: only what moves is touched, a quarter as a rule."""
    clips = _clips(x, frames)
    still = ahead + behind
    _move(clips[:, :, :ahead].clone(), clips[:, :, :ahead], direction)
    _move(clips[:, :, ahead:still].clone(), clips[:, :, ahead:still], -direction)
    return x


def _clips(x: Tensor, frames: int) -> Tensor:
    """(N·T, C, H, W) → (N, T, C, H, W), a view."""
    return x.view(x.shape[0] // frames, frames, *x.shape[1:])


def _move(old: Tensor, new: Tensor, direction: int) -> None:
    """Frame t of `new` becomes frame t + direction of `old`, and zero where there is none."""
    if direction > 0:
        new[:, :-1] = old[:, 1:]
        new[:, -1:].zero_()
    else:
        new[:, 1:] = old[:, :-1]
        new[:, :1].zero_()


def joined(x: Tensor, frames: int, ahead: int, behind: int) -> Tensor:
    """The same without a write, for compilers and exporters: a written slice can become a constant there."""
    clips = _clips(x, frames)
    still = ahead + behind
    nothing = clips[:, :1, :still] * 0
    parts = []
    if ahead:
        parts.append(torch.cat([clips[:, 1:, :ahead], nothing[:, :, :ahead]], dim=1))
    if behind:
        parts.append(torch.cat([nothing[:, :, ahead:], clips[:, :-1, ahead:still]], dim=1))
    return torch.cat([*parts, clips[:, :, still:]], dim=2).flatten(0, 1)


class ShiftedConv2d(nn.Conv2d):
    """A 2D convolution that sees shifted frames. Its weights and their names are those of the convolution."""

    shift: TemporalShift

    @classmethod
    def of(cls, layer: nn.Conv2d, frames: Frames, causal: bool = False, folds: int = 8) -> "ShiftedConv2d":
        """The same convolution, with the same weights and hooks, behind a shift."""
        made = cls.__new__(cls)
        made.__dict__ = {**layer.__dict__, "_modules": dict(layer._modules)}
        made.shift = TemporalShift(frames, folds, causal)
        return made

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        result: Tensor = super()._conv_forward(self.shift(input), weight, bias)
        return result
