"""Channel-separated networks: each 3×3×3 kernel sees one channel, 1×1×1 convolutions mix the channels.

Tran, Wang, Torresani, Feiszli, "Video Classification with Channel-Separated Convolutional Networks", 2019,
https://arxiv.org/abs/1904.02811. The middle convolution of a bottleneck becomes depthwise (interaction
reduced, ir), or a 1×1×1 convolution, a norm and the depthwise one (interaction preserved, ip). State-dict
names are those of the image ResNet; the norms add 10⁻³ to variances, as the published weights expect.
"""

from collections import OrderedDict
from collections.abc import Callable

from torch import nn

from striate.models.bottleneck3d import (
    DEPTHS_OF_50,
    EXPANSION,
    Bottleneck3d,
    pointwise,
    stem,
    stem_pool,
)
from striate.models.building import initialise, probability

EPS = 1e-3

Middle = Callable[[int, int], nn.Module]  # (width, stride) → the middle of a bottleneck


def depthwise(width: int, stride: int) -> nn.Conv3d:
    """3×3×3, a kernel per channel."""
    return nn.Conv3d(width, width, 3, stride, padding=1, groups=width, bias=False)


def mixed_depthwise(width: int, stride: int) -> nn.Sequential:
    """1×1×1 and norm before the depthwise convolution."""
    return nn.Sequential(pointwise(width, width), nn.BatchNorm3d(width, EPS), depthwise(width, stride))


def ir_csn_50(*, classes: int, channels: int = 3, dropout: float = 0.5) -> nn.Sequential:
    """Sixteen bottlenecks with a depthwise convolution each.

    Args:
        dropout: the share of features silenced before the linear layer.

    Raises:
        NetworkError: a dropout outside [0, 1).
    """
    return _csn(depthwise, DEPTHS_OF_50, classes, channels, dropout)


def ip_csn_50(*, classes: int, channels: int = 3, dropout: float = 0.5) -> nn.Sequential:
    """The same with one more 1×1×1 convolution per block, so that all channels still meet before it.

    Args:
        dropout: the share of features silenced before the linear layer.

    Raises:
        NetworkError: a dropout outside [0, 1).
    """
    return _csn(mixed_depthwise, DEPTHS_OF_50, classes, channels, dropout)


def _csn(
    middle: Middle, depths: tuple[int, int, int, int], classes: int, channels: int, dropout: float
) -> nn.Sequential:
    network = nn.Sequential(
        OrderedDict(
            conv1=stem(channels, 64, frames=3),  # (N, 64, T, H/2, W/2)
            bn1=nn.BatchNorm3d(64, EPS),
            relu=nn.ReLU(),
            maxpool=stem_pool(),  # (N, 64, T, H/4, W/4)
            layer1=_stage(middle, depths[0], 64, 64, stride=1),  # (N, 256, T, H/4, W/4)
            layer2=_stage(middle, depths[1], 256, 128, stride=2),  # (N, 512, T/2, H/8, W/8)
            layer3=_stage(middle, depths[2], 512, 256, stride=2),  # (N, 1024, T/4, H/16, W/16)
            layer4=_stage(middle, depths[3], 1024, 512, stride=2),  # (N, 2048, T/8, H/32, W/32)
            avgpool=nn.AdaptiveAvgPool3d(1),  # (N, 2048, 1, 1, 1)
            flatten=nn.Flatten(),  # (N, 2048)
            dropout=nn.Dropout(probability("dropout", dropout)),
            fc=nn.Linear(2048, classes),  # (N, classes)
        )
    )
    initialise(network)
    return network


def _stage(middle: Middle, depth: int, inputs: int, width: int, stride: int) -> nn.Sequential:
    """The first block strides, over frames too, and widens; the others keep the shape."""
    others = (_block(middle, EXPANSION * width, width, stride=1) for _ in range(depth - 1))
    return nn.Sequential(_block(middle, inputs, width, stride), *others)


def _block(middle: Middle, inputs: int, width: int, stride: int) -> Bottleneck3d:
    return Bottleneck3d(
        inputs,
        width,
        first=pointwise(inputs, width),
        middle=middle(width, stride),
        strides=(stride, stride, stride),
        eps=EPS,
    )
