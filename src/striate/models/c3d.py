"""C3D: VGG's recipe with 3×3×3 kernels, and fully connected layers that fix the clip's size.

Tran, Bourdev, Fergus, Torresani, Paluri, "Learning Spatiotemporal Features with 3D Convolutional Networks",
2015, https://arxiv.org/abs/1412.0767, figure 3. Layers have the names of the paper.
"""

from collections import OrderedDict

from torch import Tensor, nn

from striate.errors import NetworkError
from striate.models.building import he_normal, narrow_normal, probability

FRAMES, SIDE = 16, 112

# (name, inputs, outputs) of the convolutions of each group; a max pool ends each group.
GROUPS = (
    (("1a", 3, 64),),
    (("2a", 64, 128),),
    (("3a", 128, 256), ("3b", 256, 256)),
    (("4a", 256, 512), ("4b", 512, 512)),
    (("5a", 512, 512), ("5b", 512, 512)),
)


class C3D(nn.Sequential):
    """A Sequential that takes clips of one size only: (N, channels, 16, 112, 112)."""

    def forward(self, clip: Tensor) -> Tensor:
        if clip.shape[2:] != (FRAMES, SIDE, SIDE):
            frames, height, width = clip.shape[2:]
            raise NetworkError(
                f"c3d takes clips of {FRAMES} frames of {SIDE}×{SIDE} and no other size, which its fully "
                f"connected layers fix; got {frames} frames of {height}×{width}"
            )
        scores: Tensor = super().forward(clip)  # type: ignore[no-untyped-call]
        return scores


def c3d(*, classes: int, channels: int = 3, dropout: float = 0.5) -> C3D:
    """Eight convolutions, five max pools, three fully connected layers; 16 frames of 112×112 only.

    Args:
        dropout: the share of units silenced after each of the two wide fully connected layers.

    Raises:
        NetworkError: a dropout outside [0, 1).
    """
    dropout = probability("dropout", dropout)
    layers = OrderedDict[str, nn.Module]()
    for number, group in enumerate(GROUPS, start=1):
        for name, inputs, outputs in group:
            inputs = channels if number == 1 else inputs
            layers[f"conv{name}"] = nn.Conv3d(inputs, outputs, 3, padding=1)  # (N, outputs, T, H, W)
            layers[f"relu{name}"] = nn.ReLU()
        layers[f"pool{number}"] = _pool(number)  # (N, outputs, T/2, H/2, W/2); all T after the first
    layers["flatten"] = nn.Flatten()  # (N, 512·1·4·4)
    layers["fc6"] = nn.Linear(512 * 4 * 4, 4096)
    layers["relu6"] = nn.ReLU()
    layers["dropout6"] = nn.Dropout(dropout)
    layers["fc7"] = nn.Linear(4096, 4096)
    layers["relu7"] = nn.ReLU()
    layers["dropout7"] = nn.Dropout(dropout)
    layers["fc8"] = nn.Linear(4096, classes)  # (N, classes)
    network = C3D(layers)
    _initialise(network)
    return network


def _pool(number: int) -> nn.MaxPool3d:
    """2×2×2, but the first keeps all frames and the last pads the map of 7×7 to 8×8."""
    if number == 1:
        return nn.MaxPool3d((1, 2, 2))
    return nn.MaxPool3d(2, padding=(0, 1, 1) if number == len(GROUPS) else 0)


def _initialise(network: nn.Module) -> None:
    """He's rule for the convolutions, as nothing else keeps the size of signals; MMAction2's for the rest."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv3d):
            he_normal([layer], "fan_out")
        elif isinstance(layer, nn.Linear):
            narrow_normal(layer, std=0.01 if layer.out_features != 4096 else 0.005)
