"""SqueezeNet: few parameters through blocks that squeeze to few channels before they expand.

Iandola, Han, Moskewicz, Ashraf, Dally, Keutzer, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters
and <0.5MB model size", 2016, https://arxiv.org/abs/1602.07360; version 1.1 is the authors' later one, 2.4
times cheaper. State-dict names and shapes are torchvision's, and so are the starting values.
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from striate.models.building import narrow_normal, probability, zero_bias


class Fire(nn.Module):
    """A 1×1 convolution to few channels, then 1×1 and 3×3 ones side by side.

    (N, inputs, H, W) → (N, 2·expand, H, W)
    """

    def __init__(self, inputs: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, kernel_size=1)
        self.squeeze_activation = nn.ReLU()
        self.expand1x1 = nn.Conv2d(squeeze, expand, kernel_size=1)
        self.expand1x1_activation = nn.ReLU()
        self.expand3x3 = nn.Conv2d(squeeze, expand, kernel_size=3, padding=1)
        self.expand3x3_activation = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze_activation(self.squeeze(x))  # (N, squeeze, H, W)
        points = self.expand1x1_activation(self.expand1x1(x))  # (N, expand, H, W)
        patches = self.expand3x3_activation(self.expand3x3(x))  # (N, expand, H, W)
        return torch.cat([points, patches], dim=1)  # (N, 2·expand, H, W)


def squeezenet1_1(*, classes: int, channels: int = 3, dropout: float = 0.5) -> nn.Sequential:
    """Eight Fire blocks; no fully connected layer: a 1×1 convolution scores each place, the mean decides.

    Args:
        dropout: the share of features silenced before the last convolution.

    Raises:
        NetworkError: a dropout outside [0, 1).
    """
    dropout = probability("dropout", dropout)
    network = nn.Sequential(
        OrderedDict(
            features=_features(channels),  # (N, 512, 13, 13) of a 224×224 image
            classifier=_classifier(classes, dropout),  # (N, classes, 1, 1)
            flatten=nn.Flatten(),  # (N, classes)
        )
    )
    _initialise(network)
    return network


def _features(channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, 64, kernel_size=3, stride=2),
        nn.ReLU(),
        _pool(),
        Fire(64, squeeze=16, expand=64),
        Fire(128, squeeze=16, expand=64),
        _pool(),
        Fire(128, squeeze=32, expand=128),
        Fire(256, squeeze=32, expand=128),
        _pool(),
        Fire(256, squeeze=48, expand=192),
        Fire(384, squeeze=48, expand=192),
        Fire(384, squeeze=64, expand=256),
        Fire(512, squeeze=64, expand=256),
    )


def _pool() -> nn.MaxPool2d:
    return nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)


def _classifier(classes: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(dropout),
        nn.Conv2d(512, classes, kernel_size=1),
        nn.ReLU(),  # published so: a score is never negative
        nn.AdaptiveAvgPool2d(1),
    )


def _initialise(network: nn.Module) -> None:
    *layers, head = (layer for layer in network.modules() if isinstance(layer, nn.Conv2d))
    for layer in layers:
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")  # He's variance, drawn evenly
        zero_bias(layer)
    narrow_normal(head)
