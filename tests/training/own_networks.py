"""Small networks of one's own, as `--backbone own_networks.py:make_dropping` takes them."""

import torch
from torch import Tensor, nn

from narrow_networks import narrowed
from striate.models import build
from striate.watching import without_numbers


def make_dropping(classes: int, channels: int) -> nn.Module:
    """A network that drops numbers, and whole channels."""
    return nn.Sequential(
        nn.Conv2d(channels, 6, 3, stride=2),
        nn.Dropout2d(0.2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.4),
        nn.Linear(24, classes),
    )


class Noisy(nn.Linear):
    """A layer that draws by itself, which nobody can see from outside."""

    def forward(self, input: Tensor) -> Tensor:
        drawn = torch.rand(input.shape[0], 1) if self.training else 1.0
        return super().forward(input * drawn)


def make_noisy(classes: int, channels: int) -> nn.Module:
    """A network with such a layer."""
    return nn.Sequential(nn.AdaptiveAvgPool2d(4), nn.Flatten(), Noisy(16 * channels, classes))


def make_resnet(classes: int, channels: int) -> nn.Module:
    """A narrow ResNet-18."""
    with without_numbers():
        network = build("resnet18", classes=classes, channels=channels)
    return narrowed(network)


def make_normed(classes: int, channels: int) -> nn.Module:
    """A network with batch norms, of every kind of input."""
    return nn.Sequential(
        nn.Conv2d(channels, 6, 3, padding=1, bias=False),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, padding=1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, classes),
    )
