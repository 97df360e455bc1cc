"""Networks with random numbers of their own, as `--backbone dropping.py:make` takes them."""

import torch
from torch import Tensor, nn


def make(classes: int, channels: int) -> nn.Module:
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
