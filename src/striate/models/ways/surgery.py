"""Changing layers of a network for others, wherever they stand in it."""

from collections.abc import Mapping

from torch import nn

from striate.errors import NetworkError
from striate.models.head_stem import head_of


def exchange(network: nn.Module, new: Mapping[nn.Module, nn.Module]) -> nn.Module:
    """The network, with every layer that `new` knows replaced, in place, under all its names."""
    for module in list(network.modules()):
        for name, child in module._modules.items():
            if child is not None and child in new:
                module._modules[name] = new[child]
    return new.get(network, network)


def convolutions(network: nn.Module) -> list[tuple[str, nn.Conv2d]]:
    """The 2D convolutions with their names, in the order in which the network holds them."""
    return [(name, layer) for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d)]


def with_classes(network: nn.Module, classes: int) -> nn.Module:
    """The network, in place, with a head of so many classes: its own if it has as many, else a fresh one.

    Raises:
        NetworkError: its head is neither a linear layer nor a 1×1 convolution.
    """
    _, head = head_of(network)
    if isinstance(head, nn.Linear):
        if head.out_features == classes:
            return network
        fresh: nn.Module = nn.Linear(head.in_features, classes, head.bias is not None)
    elif isinstance(head, nn.Conv2d) and head.groups == 1:
        if head.out_channels == classes:
            return network
        fresh = nn.Conv2d(head.in_channels, classes, 1, bias=head.bias is not None)
    else:
        raise NetworkError(
            f"a head of the kind {type(head).__name__} cannot be exchanged for one of {classes}"
        )
    return exchange(network, {head: fresh.to(head.weight.device, head.weight.dtype)})
