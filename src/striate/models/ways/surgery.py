"""Changing layers of a network for others, wherever they stand in it."""

from collections.abc import Mapping

from torch import nn


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
