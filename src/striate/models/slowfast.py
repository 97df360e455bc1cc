"""SlowFast: few frames through wide layers, all frames through narrow ones, and a link from fast to slow.

Feichtenhofer, Fan, Malik, He, "SlowFast Networks for Video Recognition", 2019,
https://arxiv.org/abs/1812.03982, table 1. T below is the frames of the clip, of which the slow pathway sees
every α-th; the fast pathway has an eighth of its channels.

Every stage holds its two pathways and, but for the last, the link. Inside a pathway the names are those of
the image ResNet.
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from striate.models.bottleneck3d import (
    DEPTHS_OF_50,
    initialise_from_shortcuts,
    stage,
    stem,
    stem_pool,
    temporal,
)
from striate.models.building import one_of, probability

Pathways = tuple[Tensor, Tensor]  # slow, fast

NARROWING = 8  # channels of the slow pathway per channel of the fast one: 1/β
LINK = 2  # channels that a link hands over per channel of the fast pathway
SLOW_FRAMES = (1, 1, 3, 3)  # that the first convolution of a slow block sees, per stage
FAST_FRAMES = 3


class TwoRates(nn.Module):
    """A clip as the two pathways see it: (N, C, T, H, W) → (N, C, T/α, H, W) and the clip itself.

    The slow frames are spread evenly, the first and the last frame among them; or, with `every`, each α-th.
    """

    def __init__(self, alpha: int, every: bool) -> None:
        super().__init__()
        self.alpha = alpha
        self.every = every

    def forward(self, clip: Tensor) -> Pathways:
        slow = clip[:, :, :: self.alpha] if self.every else clip[:, :, spread(clip.shape[2], self.alpha)]
        return slow, clip

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}, every={self.every}"


def spread(frames: int, alpha: int) -> list[int]:
    """⌈frames / α⌉ of the frames, from the first to the last.

    >>> spread(32, alpha=8)
    [0, 10, 20, 31]
    """
    count = -(-frames // alpha)
    return [number * (frames - 1) // max(count - 1, 1) for number in range(count)]


class Stage(nn.Module):
    """One stage of both pathways; then the link hands the fast pathway's result to the slow one.

    slow (N, C, T/α, H, W), fast (N, C/8, T, H, W) → both with the channels and map of this stage; the slow
    one has the channels of the link after its own.
    """

    def __init__(self, slow: nn.Module, fast: nn.Module, link: nn.Module | None) -> None:
        super().__init__()
        self.slow = slow
        self.fast = fast
        if link is not None:
            self.link = link

    def forward(self, pathways: Pathways) -> Pathways:
        slow, fast = self.slow(pathways[0]), self.fast(pathways[1])
        if hasattr(self, "link"):
            slow = torch.cat([slow, self.link(fast)], dim=1)
        return slow, fast


class Pool(nn.Module):
    """The mean of each pathway over its frames and map, side by side: (N, 2048 + 256)."""

    def __init__(self) -> None:
        super().__init__()
        self.slow = nn.AdaptiveAvgPool3d(1)
        self.fast = nn.AdaptiveAvgPool3d(1)
        self.flatten = nn.Flatten()

    def forward(self, pathways: Pathways) -> Tensor:
        means = [self.slow(pathways[0]), self.fast(pathways[1])]  # (N, C, 1, 1, 1) each
        flat: Tensor = self.flatten(torch.cat(means, dim=1))
        return flat


class SlowFast(nn.Sequential):
    """The whole network, which has two stems: `stem.slow` and `stem.fast`."""


def slowfast_r50_4x16(
    *, classes: int, channels: int = 3, like: str = "pyslowfast", dropout: float = 0.5
) -> SlowFast:
    """Of 32 frames, 4 go slow (α = 8); the links see five frames.

    Args:
        like: "pyslowfast", also PyTorchVideo's; or "mmaction2", where the links are convolutions alone,
            without norm and ReLU, and the slow pathway takes each α-th frame.
        dropout: the share of features silenced before the linear layer.

    Raises:
        NetworkError: a `like` that is neither, a dropout outside [0, 1).
    """
    return _slowfast(8, 5, classes, channels, like, dropout)


def slowfast_r50_8x8(
    *, classes: int, channels: int = 3, like: str = "pyslowfast", dropout: float = 0.5
) -> SlowFast:
    """Of 32 frames, 8 go slow (α = 4); the links see seven frames. The options are those of the other."""
    return _slowfast(4, 7, classes, channels, like, dropout)


def _slowfast(
    alpha: int, link_frames: int, classes: int, channels: int, like: str, dropout: float
) -> SlowFast:
    """Shapes in the comments are of the slow pathway; the fast one has T frames and an eighth of C."""
    bare = one_of("like", like, ("pyslowfast", "mmaction2")) == "mmaction2"

    def link(slow_channels: int) -> nn.Sequential:
        fast_channels = slow_channels // NARROWING
        handed = LINK * fast_channels
        conv = temporal(fast_channels, handed, link_frames, stride=alpha)
        return nn.Sequential(OrderedDict(conv=conv)) if bare else _norm_relu("conv", conv, handed)

    network = SlowFast(
        OrderedDict(
            rates=TwoRates(alpha, every=bare),  # (N, 3, T/α, H, W)
            stem=Stage(_stem(channels, 64, 1), _stem(channels, 8, 5), link(64)),  # (N, 80, T/α, H/4, W/4)
            layer1=_stage(0, 64, 64, link(256)),  # (N, 320, T/α, H/4, W/4)
            layer2=_stage(1, 256, 128, link(512)),  # (N, 640, T/α, H/8, W/8)
            layer3=_stage(2, 512, 256, link(1024)),  # (N, 1280, T/α, H/16, W/16)
            layer4=_stage(3, 1024, 512, None),  # (N, 2048, T/α, H/32, W/32)
            pool=Pool(),  # (N, 2304)
            dropout=nn.Dropout(probability("dropout", dropout)),
            fc=nn.Linear(2048 + 2048 // NARROWING, classes),  # (N, classes)
        )
    )
    initialise_from_shortcuts(network)
    return network


def _stem(inputs: int, outputs: int, frames: int) -> nn.Sequential:
    layers = _norm_relu("conv1", stem(inputs, outputs, frames), outputs)
    layers.add_module("maxpool", stem_pool())
    return layers


def _norm_relu(name: str, conv: nn.Module, outputs: int) -> nn.Sequential:
    """The convolution under its name, a norm with the same number, a ReLU."""
    number = name.removeprefix("conv")
    layers = {name: conv, f"bn{number}": nn.BatchNorm3d(outputs), "relu": nn.ReLU()}
    return nn.Sequential(OrderedDict(layers))


def _stage(number: int, inputs: int, width: int, link: nn.Module | None) -> Stage:
    """`inputs` and `width` are of the slow pathway, `inputs` without what the link before has added."""
    added = LINK * inputs // NARROWING
    stride = 1 if number == 0 else 2
    depth = DEPTHS_OF_50[number]
    slow = stage([SLOW_FRAMES[number]] * depth, inputs + added, width, stride)
    fast = stage([FAST_FRAMES] * depth, inputs // NARROWING, width // NARROWING, stride)
    return Stage(slow, fast, link)
