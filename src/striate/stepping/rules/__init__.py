"""How each kind of layer and function makes one frame more: one table, one file a kind.

A rule takes the build, the call and its inputs in the graph, and gives its outputs in it.
"""

from collections.abc import Callable
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.modules.dropout import _DropoutNd

from striate.layers import CausalConv3d, CausalPool, Consensus, EndOfTime, ShiftedConv2d, TemporalShift
from striate.layers.pools import MeanOverFrames
from striate.stepping.rules import (
    average,
    convolution,
    frame_by_frame,
    moving,
    norm,
    padding,
    pool,
    recurrent,
    shift,
)

Rule = Callable[..., Any]

LAYERS: dict[type[nn.Module], Rule] = {
    TemporalShift: shift.shift,
    ShiftedConv2d: shift.shifted_convolution,
    CausalPool: pool.causal_pool,
    MeanOverFrames: pool.mean_over_frames,
    nn.MaxPool3d: pool.pool,
    nn.AvgPool3d: pool.pool,
    EndOfTime: average.end_of_time,
    Consensus: average.end_of_time,
    nn.AdaptiveAvgPool3d: average.adaptive_pool,
    nn.RNNBase: recurrent.recurrent,
    _DropoutNd: frame_by_frame.dropout,
    nn.ReLU6: frame_by_frame.bounded,
    nn.ReLU: frame_by_frame.bounded,
    _ConvTransposeNd: frame_by_frame.layer,
    _ConvNd: convolution.convolution,
    _BatchNorm: norm.batch_norm,
    **dict.fromkeys(norm.MIX_FRAMES, norm.norm_of_frames),
    **dict.fromkeys(moving.LAYERS, moving.moving),
    **dict.fromkeys(padding.LAYERS, padding.pad),
    nn.Module: frame_by_frame.layer,
}
"""The first kind that a layer is of."""
FUNCTIONS: dict[str, Rule] = {
    **dict.fromkeys(moving.MOVES, moving.moving),
    "mean": average.mean,
    "pad": padding.pad,
    "dropout": frame_by_frame.dropout,
}
"""By name; any other function is tried as one that keeps frames apart, and the step is checked."""
KINDS = (TemporalShift, ShiftedConv2d, CausalConv3d, CausalPool, MeanOverFrames, EndOfTime, Consensus)
"""Layers beside those of `torch.nn` that have a rule."""


def rule_of(layer: nn.Module | None, function: str) -> Rule:
    """The rule of a call."""
    if layer is None:
        return FUNCTIONS.get(function, frame_by_frame.function)
    return next(rule for kind, rule in LAYERS.items() if isinstance(layer, kind))
