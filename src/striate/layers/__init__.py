"""Torch blocks that `torch.nn` lacks: temporal shift, convolutions and pools that see frames.

They know their own axis and nothing of the network around them, of data or of training. Layers that work on
folded frames (N·T, C, H, W) read the clips' length from a `Frames` that the network's outermost module sets.
"""

from striate.layers.convolutions import (
    CausalConv3d,
    Conv2Plus1d,
    ExactConv2d,
    Halves,
    conv3d,
    factorise,
    inflate,
    mid_width,
)
from striate.layers.pools import CausalPool, Consensus, EndOfTime, Frames, pool3d, running_mean
from striate.layers.temporal_shift import ShiftedConv2d, TemporalShift

__all__ = [
    "CausalConv3d",
    "CausalPool",
    "Consensus",
    "Conv2Plus1d",
    "EndOfTime",
    "ExactConv2d",
    "Frames",
    "Halves",
    "ShiftedConv2d",
    "TemporalShift",
    "conv3d",
    "factorise",
    "inflate",
    "mid_width",
    "pool3d",
    "running_mean",
]
