"""X3D: MobileNet's block given frames, in a network grown one axis at a time.

Feichtenhofer, "X3D: Expanding Architectures for Efficient Video Recognition", 2020,
https://arxiv.org/abs/2004.04730, table 1 and section 4.1: γ_w = 1, γ_b = 2.25, γ_d = 2.2 (5 for L). XS, S
and M are one network, made for clips of other sizes; L is deeper. The shortcut of every stage has a norm, as
in PySlowFast and MMAction2; PyTorchVideo leaves out that of the first.
"""

import math
from collections import OrderedDict

from torch import Tensor, nn

from striate.models.bottleneck3d import shortcut
from striate.models.building import initialise, probability

WIDTHS = (24, 48, 96, 192)  # of the stages
BLOCKS = (1, 2, 5, 3)  # of the smallest network, X2D, times γ_d
WIDENING = 2.25  # γ_b: channels of a block's middle per channel of its end
SQUEEZE = 1 / 16  # channels of a squeeze-and-excitation's middle per channel
HEAD_CHANNELS = 2048
DEPTH_S, DEPTH_L = 2.2, 5.0  # γ_d


def in_eights(channels: float) -> int:
    """The multiple of 8 nearest to `channels`, at least 8, and not below it by more than a tenth.

    >>> in_eights(54 / 16), in_eights(432 / 16), in_eights(216 / 16)
    (8, 32, 16)
    """
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


class SqueezeExcitation(nn.Module):
    """Each channel times a number in (0, 1) that the means of all channels decide.

    Hu, Shen, Sun, "Squeeze-and-Excitation Networks", 2018. (N, C, T, H, W) → the same.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        squeezed = in_eights(channels * SQUEEZE)
        self.avgpool = nn.AdaptiveAvgPool3d(1)
        self.fc1 = nn.Conv3d(channels, squeezed, 1)
        self.relu = nn.ReLU()
        self.fc2 = nn.Conv3d(squeezed, channels, 1)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        squeezed = self.relu(self.fc1(self.avgpool(x)))  # (N, C/16, 1, 1, 1)
        scaled: Tensor = x * self.sigmoid(self.fc2(squeezed))  # (N, C, T, H, W)
        return scaled


class Block(nn.Module):
    """1×1×1 up, depthwise 3×3×3, squeeze-and-excitation in every other block, SiLU, 1×1×1 down.

    (N, inputs, T, H, W) → (N, width, T, H/stride, W/stride)
    """

    def __init__(self, inputs: int, width: int, stride: int, squeezes: bool) -> None:
        super().__init__()
        wide, strides = int(width * WIDENING), (1, stride, stride)
        self.conv1 = nn.Conv3d(inputs, wide, 1, bias=False)
        self.bn1 = nn.BatchNorm3d(wide)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv3d(wide, wide, 3, strides, padding=1, groups=wide, bias=False)
        self.bn2 = nn.BatchNorm3d(wide)
        self.se = SqueezeExcitation(wide) if squeezes else nn.Identity()
        self.silu = nn.SiLU()
        self.conv3 = nn.Conv3d(wide, width, 1, bias=False)
        self.bn3 = nn.BatchNorm3d(width)
        self.downsample = shortcut(inputs, width, strides)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu1(self.bn1(self.conv1(x)))  # (N, wide, T, H, W)
        branch = self.silu(self.se(self.bn2(self.conv2(branch))))  # (N, wide, T, H/stride, W/stride)
        branch = self.bn3(self.conv3(branch))  # (N, width, T, H/stride, W/stride)
        total: Tensor = self.relu2(branch + self.downsample(x))
        return total


def x3d_xs(*, classes: int, channels: int = 3, dropout: float = 0.5) -> nn.Sequential:
    """For clips of 4 frames of 160×160.

    Args:
        dropout: the share of features silenced before the last linear layer.

    Raises:
        NetworkError: a dropout outside [0, 1).
    """
    return _x3d(DEPTH_S, classes, channels, dropout)


def x3d_s(*, classes: int, channels: int = 3, dropout: float = 0.5) -> nn.Sequential:
    """The network of `x3d_xs`, for clips of 13 frames of 160×160."""
    return _x3d(DEPTH_S, classes, channels, dropout)


def x3d_m(*, classes: int, channels: int = 3, dropout: float = 0.5) -> nn.Sequential:
    """The network of `x3d_xs`, for clips of 16 frames of 224×224."""
    return _x3d(DEPTH_S, classes, channels, dropout)


def x3d_l(*, classes: int, channels: int = 3, dropout: float = 0.5) -> nn.Sequential:
    """More than twice as deep, for clips of 16 frames of 312×312."""
    return _x3d(DEPTH_L, classes, channels, dropout)


def _x3d(depth: float, classes: int, channels: int, dropout: float) -> nn.Sequential:
    depths = [math.ceil(depth * blocks) for blocks in BLOCKS]
    wide = int(WIDTHS[3] * WIDENING)
    network = nn.Sequential(
        OrderedDict(
            conv1_s=nn.Conv3d(
                channels, 24, (1, 3, 3), (1, 2, 2), (0, 1, 1), bias=False
            ),  # (N, 24, T, H/2, W/2)
            conv1_t=nn.Conv3d(24, 24, (5, 1, 1), padding=(2, 0, 0), groups=24, bias=False),
            bn1=nn.BatchNorm3d(24),
            relu1=nn.ReLU(),
            layer1=_stage(depths[0], 24, WIDTHS[0]),  # (N, 24, T, H/4, W/4)
            layer2=_stage(depths[1], WIDTHS[0], WIDTHS[1]),  # (N, 48, T, H/8, W/8)
            layer3=_stage(depths[2], WIDTHS[1], WIDTHS[2]),  # (N, 96, T, H/16, W/16)
            layer4=_stage(depths[3], WIDTHS[2], WIDTHS[3]),  # (N, 192, T, H/32, W/32)
            conv5=nn.Conv3d(WIDTHS[3], wide, 1, bias=False),  # (N, 432, T, H/32, W/32)
            bn5=nn.BatchNorm3d(wide),
            relu5=nn.ReLU(),
            avgpool=nn.AdaptiveAvgPool3d(1),  # (N, 432, 1, 1, 1)
            flatten=nn.Flatten(),  # (N, 432)
            fc1=nn.Linear(wide, HEAD_CHANNELS, bias=False),  # (N, 2048)
            relu6=nn.ReLU(),
            dropout=nn.Dropout(probability("dropout", dropout)),
            fc2=nn.Linear(HEAD_CHANNELS, classes),  # (N, classes)
        )
    )
    _initialise(network)
    return network


def _stage(depth: int, inputs: int, width: int) -> nn.Sequential:
    """The first block halves the map; squeeze-and-excitation in the first block and every other one."""
    return nn.Sequential(
        *(
            Block(width if block else inputs, width, 1 if block else 2, squeezes=block % 2 == 0)
            for block in range(depth)
        )
    )


def _initialise(network: nn.Module) -> None:
    """Every block begins as its shortcut alone."""
    initialise(network)
    for layer in network.modules():
        if isinstance(layer, Block):
            nn.init.zeros_(layer.bn3.weight)
