"""The two ends of a network: the layer that sees the image and the layer that names the class.

They are found by their place, not their name, so that networks of any origin have them.
"""

from torch import nn

from striate.checked import checked
from striate.errors import NetworkError

CONVOLUTIONS = (nn.Conv2d, nn.Conv3d)


@checked
def head_of(network: nn.Module) -> tuple[str, nn.Module]:
    """The name of the layer that gives one score per class, and the layer.

    It is the last layer that has parameters: a linear one, or a 1×1 convolution as in SqueezeNet.

    Args:
        network: of any origin.

    Raises:
        NetworkError: the network ends in something else.

    >>> from striate.models import build
    >>> head_of(build("resnet18", classes=10))
    ('fc', Linear(in_features=512, out_features=10, bias=True))
    """
    name, layer = (_layers_with_parameters(network) or [("", network)])[-1]
    if isinstance(layer, nn.Linear) or _is_pointwise(layer):
        return name, layer
    raise NetworkError(
        f"the network ends in {name or 'itself'} ({type(layer).__name__}), where a head would be "
        "a Linear layer or a 1×1 convolution"
    )


@checked
def stem_of(network: nn.Module) -> tuple[str, nn.Module]:
    """The name of the convolution that sees the image, and the layer.

    Args:
        network: of any origin.

    Raises:
        NetworkError: the network does not begin with a convolution.
    """
    name, layer = (_layers_with_parameters(network) or [("", network)])[0]
    if isinstance(layer, CONVOLUTIONS):
        return name, layer
    raise NetworkError(
        f"the network begins with {name or 'itself'} ({type(layer).__name__}), "
        "where a convolution would see the image"
    )


def _layers_with_parameters(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """Layers that hold parameters of their own, in the order of the state dict."""
    return [(name, layer) for name, layer in network.named_modules() if list(layer.parameters(recurse=False))]


def _is_pointwise(layer: nn.Module) -> bool:
    return isinstance(layer, CONVOLUTIONS) and set(layer.kernel_size) == {1}
