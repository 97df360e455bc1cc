"""AlexNet in its one-column form.

Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014,
https://arxiv.org/abs/1404.5997; first in Krizhevsky, Sutskever, Hinton, "ImageNet Classification with Deep
Convolutional Neural Networks", 2012. State-dict names and shapes are torchvision's; weights start as torch's
layers do.

Shapes in the comments are those of a 224×224 image.
"""

from collections import OrderedDict

from torch import nn

from striate.models.building import probability


def alexnet(*, classes: int, channels: int = 3, dropout: float = 0.5) -> nn.Sequential:
    """Five convolutions, three overlapping max pools, three fully connected layers.

    Args:
        dropout: the share of units silenced before each of the two wide fully connected layers.

    Raises:
        NetworkError: a dropout outside [0, 1).
    """
    dropout = probability("dropout", dropout)
    return nn.Sequential(
        OrderedDict(
            features=_features(channels),  # (N, 256, 6, 6)
            avgpool=nn.AdaptiveAvgPool2d((6, 6)),  # (N, 256, 6, 6) whatever the image's size
            flatten=nn.Flatten(),  # (N, 9216)
            classifier=_classifier(classes, dropout),  # (N, classes)
        )
    )


def _features(channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, 64, kernel_size=11, stride=4, padding=2),  # (N, 64, 55, 55)
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=3, stride=2),  # (N, 64, 27, 27)
        nn.Conv2d(64, 192, kernel_size=5, padding=2),  # (N, 192, 27, 27)
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=3, stride=2),  # (N, 192, 13, 13)
        nn.Conv2d(192, 384, kernel_size=3, padding=1),  # (N, 384, 13, 13)
        nn.ReLU(),
        nn.Conv2d(384, 256, kernel_size=3, padding=1),  # (N, 256, 13, 13)
        nn.ReLU(),
        nn.Conv2d(256, 256, kernel_size=3, padding=1),  # (N, 256, 13, 13)
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=3, stride=2),  # (N, 256, 6, 6)
    )


def _classifier(classes: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(dropout),
        nn.Linear(256 * 6 * 6, 4096),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(4096, 4096),
        nn.ReLU(),
        nn.Linear(4096, classes),
    )
