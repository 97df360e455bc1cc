"""What builders of networks share: checks of what they are given, and starting values.

Each check returns the value in its plain form or raises one sentence. The values are He's rule for networks
of ReLUs (He, Zhang, Ren, Sun, "Delving Deep into Rectifiers", 2015, https://arxiv.org/abs/1502.01852): a ReLU
keeps half of the variance, so weights of variance 2 / fan keep the size of signals from layer to layer. With
the fan counted at the input the activations keep their size, with the fan at the output the gradients do.
"""

from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Literal

from torch import nn

from striate.errors import NetworkError, unknown

Size = tuple[int, int]


def is_own(backbone: str) -> bool:
    """Whether it names code of somebody's own, or of another package."""
    return ":" in backbone


def short_name(backbone: str) -> str:
    """What to call it in the name of a folder: `make` for `my.py:make`."""
    return backbone.rpartition(":")[2]


def positive(name: str, value: object) -> int:
    """`value` as an int of at least 1."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise NetworkError(f"{name} must be a whole number of at least 1; got {value!r}")
    return int(value)


def positives(name: str, values: object, at_least: int = 0) -> tuple[int, ...]:
    """`values` as a tuple of at least `at_least` positive ints; a single number counts as a row of one."""
    row = (values,) if isinstance(values, Integral) else values
    if not isinstance(row, Sequence) or isinstance(row, str) or len(row) < at_least:
        needed = f"at least {at_least} of them, " if at_least else ""
        raise NetworkError(f"{name} must be whole numbers, {needed}such as (32, 64); got {values!r}")
    return tuple(positive(f"each of {name}", value) for value in row)


def one_of(name: str, value: object, known: Sequence[str]) -> str:
    """`value` if it is among the known ones."""
    if value not in known:
        raise NetworkError(unknown(name, str(value), known))
    return str(value)


def probability(name: str, value: object) -> float:
    """`value` as a float in [0, 1): a dropout of 1 would leave nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise NetworkError(f"{name} must be at least 0 and less than 1; got {value!r}")
    return float(value)


def image_size(size: object) -> Size:
    """`size` as (height, width) in pixels; a single number is a square."""
    row = (size, size) if isinstance(size, Integral) else size
    if not isinstance(row, Sequence) or isinstance(row, str) or len(row) != 2:
        raise NetworkError(f"size must be one number or (height, width) in pixels; got {size!r}")
    height, width = (positive("size", side) for side in row)
    return height, width


def too_small(backbone: str, least: int, size: Size) -> NetworkError:
    """The error for an image that a network pools away to nothing. `least` is the side of a square."""
    height, width = size
    return NetworkError(f"{backbone} needs images of at least {least}×{least}; got {height}×{width}")


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
