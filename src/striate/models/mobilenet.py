"""MobileNetV2: blocks that widen, filter each channel on its own, and narrow again without a ReLU.

Sandler, Howard, Zhu, Zhmoginov, Chen, "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018,
https://arxiv.org/abs/1801.04381, table 2. State-dict names and shapes are torchvision's, and so are the
starting values.
"""

from collections import OrderedDict

from torch import Tensor, nn

from striate.models.building import initialise, probability

# Table 2 of the paper: (expansion, output channels, blocks, stride of the first block).
STAGES_OF_MOBILENET_V2 = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def conv_norm_relu6(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """(N, inputs, H, W) → (N, outputs, H/stride, W/stride), values in [0, 6]."""
    return nn.Sequential(_conv(inputs, outputs, kernel, stride, groups), nn.BatchNorm2d(outputs), nn.ReLU6())


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    padding = kernel // 2
    return nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)


class InvertedResidual(nn.Module):
    """Widen by `expansion`, filter each channel on its own, narrow; added to the input where shapes allow."""

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int) -> None:
        super().__init__()
        wide = inputs * expansion
        widen = [conv_norm_relu6(inputs, wide, kernel=1)] if expansion > 1 else []
        self.conv = nn.Sequential(
            *widen,  # (N, wide, H, W)
            conv_norm_relu6(
                wide, wide, kernel=3, stride=stride, groups=wide
            ),  # (N, wide, H/stride, W/stride)
            _conv(wide, outputs, kernel=1),  # (N, outputs, H/stride, W/stride)
            nn.BatchNorm2d(outputs),
        )
        self.adds_input = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        branch: Tensor = self.conv(x)
        return x + branch if self.adds_input else branch


def mobilenet_v2(*, classes: int, channels: int = 3, dropout: float = 0.2) -> nn.Sequential:
    """Seventeen inverted residuals between two convolutions, then the mean over the map and one linear layer.

    Args:
        dropout: the share of features silenced before the linear layer.

    Raises:
        NetworkError: a dropout outside [0, 1).
    """
    dropout = probability("dropout", dropout)
    network = nn.Sequential(
        OrderedDict(
            features=_features(channels),  # (N, 1280, H/32, W/32)
            avgpool=nn.AdaptiveAvgPool2d(1),  # (N, 1280, 1, 1)
            flatten=nn.Flatten(),  # (N, 1280)
            classifier=nn.Sequential(nn.Dropout(dropout), nn.Linear(1280, classes)),  # (N, classes)
        )
    )
    initialise(network)
    return network


def _features(channels: int) -> nn.Sequential:
    layers: list[nn.Module] = [conv_norm_relu6(channels, 32, kernel=3, stride=2)]  # (N, 32, H/2, W/2)
    inputs = 32
    for expansion, outputs, blocks, first_stride in STAGES_OF_MOBILENET_V2:
        for block in range(blocks):
            stride = first_stride if block == 0 else 1
            layers.append(InvertedResidual(inputs, outputs, expansion, stride))
            inputs = outputs
    layers.append(conv_norm_relu6(inputs, 1280, kernel=1))  # (N, 1280, H/32, W/32)
    return nn.Sequential(*layers)
