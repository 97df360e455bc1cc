"""Networks of the catalogue with fewer channels, where it does not matter how many there are."""

from torch import nn

NARROWER = 8
"""How many times fewer."""
Layer = nn.Conv2d | nn.Conv3d | nn.BatchNorm2d | nn.BatchNorm3d | nn.Linear


def narrowed(network: nn.Module) -> nn.Module:
    """The network, narrow and fresh; it takes and puts out as many channels as before."""
    layers = [(path, layer) for path, layer in network.named_modules() if isinstance(layer, Layer)]
    for path, layer in layers:
        parent, _, own = path.rpartition(".")
        setattr(network.get_submodule(parent), own, _narrow(layer, last=path == layers[-1][0]))
    return network


def _narrow(layer: Layer, last: bool) -> nn.Module:
    if isinstance(layer, nn.BatchNorm2d | nn.BatchNorm3d):
        return type(layer)(_fewer(layer.num_features))
    biased = layer.bias is not None
    if isinstance(layer, nn.Linear):
        made = layer.out_features if last else _fewer(layer.out_features)
        return nn.Linear(_fewer(layer.in_features), made, biased)
    return type(layer)(
        _fewer(layer.in_channels),
        layer.out_channels if last else _fewer(layer.out_channels),
        layer.kernel_size,  # type: ignore[arg-type]
        layer.stride,  # type: ignore[arg-type]
        layer.padding,  # type: ignore[arg-type]
        layer.dilation,  # type: ignore[arg-type]
        1 if layer.groups == 1 else _fewer(layer.groups),
        biased,
    )


def _fewer(channels: int) -> int:
    """Eight at least: a shift takes an eighth of them."""
    return channels if channels <= 3 else max(8, -(-channels // NARROWER))
