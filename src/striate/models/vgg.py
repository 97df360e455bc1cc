"""VGG: nothing but 3×3 convolutions, in stages that halve the map.

Simonyan, Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014,
https://arxiv.org/abs/1409.1556, configuration D. State-dict names and shapes are torchvision's, and so are
the starting values.
"""

from collections import OrderedDict
from collections.abc import Sequence

from torch import nn

from striate.models.building import initialise, probability

# Filters of each convolution, a tuple per stage; a 2×2 max pool ends each stage.
STAGES_OF_VGG16 = (
    (64, 64),
    (128, 128),
    (256, 256, 256),
    (512, 512, 512),
    (512, 512, 512),
)


def vgg16(*, classes: int, channels: int = 3, dropout: float = 0.5) -> nn.Sequential:
    """Thirteen convolutions and three fully connected layers.

    Args:
        dropout: the share of units silenced after each of the two wide fully connected layers.

    Raises:
        NetworkError: a dropout outside [0, 1).
    """
    dropout = probability("dropout", dropout)
    network = nn.Sequential(
        OrderedDict(
            features=_features(channels, STAGES_OF_VGG16),  # (N, 512, H/32, W/32)
            avgpool=nn.AdaptiveAvgPool2d((7, 7)),  # (N, 512, 7, 7)
            flatten=nn.Flatten(),  # (N, 25088)
            classifier=_classifier(classes, dropout),  # (N, classes)
        )
    )
    initialise(network)
    return network


def _features(channels: int, stages: Sequence[Sequence[int]]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for stage in stages:
        for width in stage:
            layers += [nn.Conv2d(channels, width, kernel_size=3, padding=1), nn.ReLU()]  # (N, width, H, W)
            channels = width
        layers.append(nn.MaxPool2d(kernel_size=2))  # (N, width, H/2, W/2)
    return nn.Sequential(*layers)


def _classifier(classes: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(512 * 7 * 7, 4096),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(4096, 4096),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(4096, classes),
    )
