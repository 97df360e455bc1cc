"""Starting values shared by the families: He's rule for networks of ReLUs.

He, Zhang, Ren, Sun, "Delving Deep into Rectifiers", 2015, https://arxiv.org/abs/1502.01852: a ReLU keeps half
of the variance, so weights of variance 2 / fan keep the size of signals from layer to layer. With the fan
counted at the input the activations keep their size, with the fan at the output the gradients do.
"""

from collections.abc import Iterable
from typing import Literal

from torch import nn


def he_normal(layers: Iterable[nn.Module], fan: Literal["fan_in", "fan_out"]) -> None:
    """Gaussian weights of variance 2 / fan and biases of zero, for the convolutions and linear layers."""
    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.Conv3d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, mode=fan, nonlinearity="relu")
            zero_bias(layer)


def narrow_normal(layer: nn.Conv2d | nn.Linear, std: float = 0.01) -> None:
    """Gaussian weights of small standard deviation and biases of zero: scores that start near zero."""
    nn.init.normal_(layer.weight, std=std)
    zero_bias(layer)


def zero_bias(layer: nn.Conv2d | nn.Conv3d | nn.Linear) -> None:
    """Set the biases, if there are any, to zero."""
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def initialise(network: nn.Module) -> None:
    """He's rule at the output for convolutions, narrow Gaussians for linear layers."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Conv3d):
            he_normal([layer], "fan_out")
        elif isinstance(layer, nn.Linear):
            narrow_normal(layer)
