"""Layers of every kind that can be worked out by hand, with shapes of inputs that they take."""

from explaining_networks import TemporalShift
from torch import nn

from striate.layers import CausalConv3d, Consensus, EndOfTime, Frames

Examples = tuple[tuple[nn.Module, tuple[int, ...]], ...]

EXAMPLES: dict[str, Examples] = {
    "convolution": (
        (nn.Conv1d(3, 4, 3, 2, 1), (2, 3, 7)),
        (nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2), (2, 4, 7, 6)),
        (nn.Conv2d(2, 3, 4, padding="same", bias=False), (1, 2, 6, 5)),
        (nn.Conv2d(2, 3, 3, padding="valid"), (1, 2, 6, 5)),
        (nn.Conv3d(2, 2, (1, 3, 3), padding=(0, 1, 1)), (1, 2, 3, 5, 5)),
        (CausalConv3d(2, 2, (3, 1, 1), padding=(0, 0, 0)), (1, 2, 4, 3, 3)),
    ),
    "pointwise": (
        (nn.Conv2d(4, 6, 1, stride=2, groups=2), (2, 4, 5, 4)),
        (nn.Conv3d(3, 2, 1, padding=1), (1, 3, 2, 3, 3)),
    ),
    "fully_connected": ((nn.Linear(5, 4), (3, 5)), (nn.Linear(5, 2, bias=False), (2, 3, 5))),
    "max_pool": (
        (nn.MaxPool1d(3, 2, 1), (2, 2, 8)),
        (nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True), (2, 3, 6, 7)),
        (nn.MaxPool3d((2, 2, 1), dilation=(1, 2, 1), stride=1), (1, 2, 3, 5, 3)),
    ),
    "average_pool": (
        (nn.AvgPool1d(3, 2, 1), (2, 2, 8)),
        (nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False), (2, 3, 6, 7)),
        (nn.AvgPool2d(2, divisor_override=3), (1, 2, 5, 4)),
        (nn.AvgPool3d(2, stride=1), (1, 2, 3, 4, 3)),
    ),
    "adaptive_pool": (
        (nn.AdaptiveAvgPool1d(3), (2, 2, 7)),
        (nn.AdaptiveAvgPool2d((2, 3)), (1, 2, 5, 7)),
        (nn.AdaptiveAvgPool3d(1), (1, 2, 2, 3, 3)),
    ),
    "batch_norm": (
        (nn.BatchNorm1d(3), (4, 3)),
        (nn.BatchNorm2d(3, affine=False), (2, 3, 4, 2)),
        (nn.BatchNorm2d(2, track_running_stats=False), (3, 2, 3, 3)),
        (nn.BatchNorm3d(2, eps=0.1), (1, 2, 2, 3, 3)),
    ),
    "group_norm": (
        (nn.GroupNorm(2, 4), (3, 4, 3, 2)),
        (nn.GroupNorm(1, 3, affine=False), (2, 3, 4)),
        (nn.InstanceNorm2d(3, affine=True), (2, 3, 3, 3)),
        (nn.InstanceNorm1d(2, eps=0.1), (2, 2, 5)),
    ),
    "relu": ((nn.ReLU(), (2, 3, 4)), (nn.ReLU(inplace=True), (2, 5))),
    "relu6": ((nn.Sequential(nn.Linear(3, 4), nn.ReLU6()), (2, 3)),),
    "leaky_relu": ((nn.LeakyReLU(0.2), (2, 3, 4)),),
    "sigmoid": ((nn.Sigmoid(), (2, 3, 4)),),
    "tanh": ((nn.Tanh(), (2, 3, 4)),),
    "silu": ((nn.SiLU(), (2, 3, 4)),),
    "hard_sigmoid": ((nn.Hardsigmoid(), (2, 3, 4)),),
    "hard_swish": ((nn.Hardswish(inplace=True), (2, 3, 4)),),
    "elu": ((nn.ELU(0.7), (2, 3, 4)), (nn.SELU(), (2, 3))),
    "softplus": ((nn.Softplus(), (2, 3, 4)),),
    "gelu": ((nn.GELU(), (2, 3, 4)),),
    "flatten": ((nn.Flatten(), (2, 3, 2, 2)),),
    "dropout": ((nn.Dropout(0.4), (2, 3)), (nn.Dropout2d(0.4), (1, 2, 3, 3)), (nn.Identity(), (2, 3))),
    "mean_over_frames": ((Consensus(Frames(3)), (6, 4)), (EndOfTime(), (2, 3, 4, 2, 2))),
    "temporal_shift": ((TemporalShift(), (2, 8, 3, 2, 2)),),
}
"""By the key of the kind; the last layer of a network is of it."""
