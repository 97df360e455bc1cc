"""A network for small images that learns in few passes: whitened patches, then few wide layers.

The family that holds the speed records of CIFAR-10: K. Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single
GPU", 2024, https://arxiv.org/abs/2404.00498. Its first layer is set from the training images and does not
learn, its convolutions begin as near to the identity as their shapes allow, and it has no shortcuts.

    whiten 2×2 → GELU
    conv 3×3 → max pool 2×2 → norm → GELU → conv 3×3 → norm → GELU     repeated, once per width
    max over the map → linear                                         one output per class
"""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from striate.layers import ExactConv2d
from striate.models.building import positives

WHITEN = "whiten"
"""The layer that `whiten` sets. A training by the recipe for this network leaves its weights alone."""
PATCH = 2
"""Pixels along the side of a whitened patch."""
FLAT = 5e-4
"""Added to the variance of a direction, so that those without any are not blown up."""


def fast(*, classes: int, channels: int = 3, widths: Sequence[int] = (64, 256, 256)) -> nn.Sequential:
    """The network, with a first layer that `whiten` has yet to set.

    Args:
        classes: scores per image.
        channels: of an image.
        widths: filters of both convolutions of each block.

    Raises:
        NetworkError: a width that is not positive.

    >>> network = fast(classes=10)
    >>> sum(parameter.numel() for parameter in network.parameters())
    1972802
    >>> network(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """
    widths = positives("widths", widths, at_least=1)
    patches = 2 * channels * PATCH**2  # each direction and its opposite
    layers = OrderedDict[str, nn.Module]()
    layers[WHITEN] = ExactConv2d(channels, patches, PATCH)  # (N, patches, H − 1, W − 1)
    layers["gelu0"] = nn.GELU()
    for number, (inputs, outputs) in enumerate(pairwise((patches, *widths))):
        _add_block(layers, 2 * number + 1, inputs, outputs)
    layers["pool"] = nn.AdaptiveMaxPool2d(1)  # (N, widths[-1], 1, 1)
    layers["flatten"] = nn.Flatten()
    layers["fc"] = nn.Linear(widths[-1], classes)
    return nn.Sequential(layers)


def _add_block(layers: OrderedDict[str, nn.Module], first: int, inputs: int, outputs: int) -> None:
    for number, given in ((first, inputs), (first + 1, outputs)):
        layers[f"conv{number}"] = _handing_on(nn.Conv2d(given, outputs, 3, padding=1, bias=False))
        if number == first:
            layers[f"pool{number}"] = nn.MaxPool2d(2)  # (N, outputs, H/2, W/2)
        layers[f"norm{number}"] = nn.BatchNorm2d(outputs)
        layers[f"gelu{number}"] = nn.GELU()


def _handing_on(layer: nn.Conv2d) -> nn.Conv2d:
    """The layer, whose first filters hand their channel on at the start."""
    nn.init.dirac_(layer.weight[: layer.in_channels].detach())
    return layer


@torch.no_grad()
def whiten(network: nn.Module, images: Tensor) -> None:
    """Sets the first layer of `fast`, in place, so that what it gives of such images is white.

    Its filters are the directions in which patches vary, by how much they do (the eigenvectors of their
    covariance over the root of its eigenvalues), and the opposites of these.

    Args:
        network: one without a layer of that name and shape is left as it is.
        images: (N, C, H, W), normalised as the network takes them.
    """
    layer = getattr(network, WHITEN, None)
    if not isinstance(layer, nn.Conv2d) or not _fits(layer, images):
        return
    patches = nn.functional.unfold(images.double(), layer.kernel_size)  # (N, C·2·2, places)
    rows = patches.transpose(1, 2).flatten(0, 1)
    variances, directions = torch.linalg.eigh(torch.cov(rows.T))
    filters = (directions / (variances + FLAT).sqrt()).T.flip(0)  # the widest first
    layer.weight.copy_(torch.cat([filters, -filters]).view_as(layer.weight))
    assert layer.bias is not None
    layer.bias.zero_()


def _fits(layer: nn.Conv2d, images: Tensor) -> bool:
    rows, columns = layer.kernel_size
    values = layer.in_channels * rows * columns
    fitting = images.ndim == 4 and images.shape[1] == layer.in_channels
    return fitting and layer.out_channels == 2 * values and layer.bias is not None
