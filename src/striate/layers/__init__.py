"""Torch blocks that `torch.nn` lacks: temporal shift, convolutions and pools that see frames.

They know their own axis and nothing of the network around them, of data or of training. Layers that work on
folded frames (N·T, C, H, W) read the clips' length from a `Frames` that the network's outermost module sets.
"""

from striate.layers.consensus import Consensus, running_mean
from striate.layers.frames import Frames
from striate.layers.temporal_shift import ShiftedConv2d, TemporalShift

__all__ = ["Consensus", "Frames", "ShiftedConv2d", "TemporalShift", "running_mean"]
