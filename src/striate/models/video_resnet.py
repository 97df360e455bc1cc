"""Eighteen layers for clips, by how each group of them convolves: R3D, MCx, rMCx, R(2+1)D, f-R2D.

Tran, Wang, Torresani, Ray, LeCun, Paluri, "A Closer Look at Spatiotemporal Convolutions for Action
Recognition", 2018, https://arxiv.org/abs/1711.11248. One network of five groups (the stem and four stages);
a member of the family is the convolution of each group:

    r3d_18        3×3×3 in every group
    mcX_18        3×3×3 in the groups before the X-th, 1×3×3 from there
    rmcX_18       1×3×3 in the groups before the X-th, 3×3×3 from there
    fr2d_18       1×3×3 in every group: the frames meet in the average at the end only
    r2plus1d_18   1×3×3, norm, ReLU, 3×1×1 in every group

State-dict names and shapes are torchvision's, and so are the starting values. `r2plus1d_18` has its mid
widths too, one per block; `r2plus1d_18_paper` has those of the paper, one per convolution, under the same
names.

A stage that convolves over frames halves their number with the map; one that does not keeps them all.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from striate.arithmetic.factorised import mid_channels
from striate.models.bottleneck3d import Strides, shortcut
from striate.models.building import initialise

STEM_MID_CHANNELS = 45  # of the (2+1)D stem; the formula would give 83


@dataclass(frozen=True)
class Convolution:
    """How a group convolves.

    Args:
        conv: (inputs, outputs, strides, channels that enter the block) → the convolution.
        stem: channels → the first layers of a network whose first group this is: 7×7 pixels, a stride of 2.
        sees_frames: whether it sees several frames; then a stage strides over frames too.
    """

    conv: Callable[[int, int, Strides, int], nn.Module]
    stem: Callable[[int], nn.Sequential]
    sees_frames: bool = True

    def strides(self, stride: int) -> Strides:
        """Those of a stage that shrinks the map by `stride`."""
        return (stride if self.sees_frames else 1, stride, stride)


Groups = tuple[Convolution, Convolution, Convolution, Convolution, Convolution]


def full(inputs: int, outputs: int, strides: Strides, _: int = 0) -> nn.Conv3d:
    """3×3×3."""
    return nn.Conv3d(inputs, outputs, 3, strides, padding=1, bias=False)


def spatial(inputs: int, outputs: int, strides: Strides, _: int = 0) -> nn.Conv3d:
    """1×3×3: within each frame."""
    return nn.Conv3d(inputs, outputs, (1, 3, 3), strides, padding=(0, 1, 1), bias=False)


def factorised(inputs: int, outputs: int, strides: Strides, block_inputs: int) -> nn.Sequential:
    """1×3×3, then 3×1×1, torchvision's mid width: that of the block's first convolution in both."""
    return _factorised(inputs, mid_channels(3, 3, block_inputs, outputs), outputs, strides)


def factorised_evenly(inputs: int, outputs: int, strides: Strides, _: int = 0) -> nn.Sequential:
    """1×3×3, then 3×1×1, the paper's mid width: with it, each pair has the weights of its 3×3×3 form."""
    return _factorised(inputs, mid_channels(3, 3, inputs, outputs), outputs, strides)


def _factorised(inputs: int, mid: int, outputs: int, strides: Strides) -> nn.Sequential:
    over_frames, *within = strides
    return nn.Sequential(
        spatial(inputs, mid, (1, within[0], within[1])),  # (N, mid, T, H/stride, W/stride)
        nn.BatchNorm3d(mid),
        nn.ReLU(),
        nn.Conv3d(mid, outputs, (3, 1, 1), (over_frames, 1, 1), padding=(1, 0, 0), bias=False),
    )


def full_stem(channels: int) -> nn.Sequential:
    """3×7×7."""
    return nn.Sequential(_seven(channels, 64, frames=3), nn.BatchNorm3d(64), nn.ReLU())


def spatial_stem(channels: int) -> nn.Sequential:
    """1×7×7."""
    return nn.Sequential(_seven(channels, 64, frames=1), nn.BatchNorm3d(64), nn.ReLU())


def factorised_stem(channels: int) -> nn.Sequential:
    """1×7×7, then 3×1×1."""
    return nn.Sequential(
        _seven(channels, STEM_MID_CHANNELS, frames=1),
        nn.BatchNorm3d(STEM_MID_CHANNELS),
        nn.ReLU(),
        nn.Conv3d(STEM_MID_CHANNELS, 64, (3, 1, 1), padding=(1, 0, 0), bias=False),
        nn.BatchNorm3d(64),
        nn.ReLU(),
    )


def _seven(inputs: int, outputs: int, frames: int) -> nn.Conv3d:
    return nn.Conv3d(inputs, outputs, (frames, 7, 7), (1, 2, 2), padding=(frames // 2, 3, 3), bias=False)


FULL, SPATIAL = Convolution(full, full_stem), Convolution(spatial, spatial_stem, sees_frames=False)
FACTORISED = Convolution(factorised, factorised_stem)
FACTORISED_EVENLY = Convolution(factorised_evenly, factorised_stem)


class BasicBlock3d(nn.Module):
    """Two convolutions and the shortcut.

    (N, inputs, T, H, W) → (N, width, T/stride, H/stride, W/stride), the strides those given.
    """

    def __init__(self, how: Convolution, inputs: int, width: int, strides: Strides) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(how.conv(inputs, width, strides, inputs), nn.BatchNorm3d(width), nn.ReLU())
        self.conv2 = nn.Sequential(how.conv(width, width, (1, 1, 1), inputs), nn.BatchNorm3d(width))
        self.downsample = shortcut(inputs, width, strides)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        branch = self.conv2(self.conv1(x))  # (N, width, T/stride, H/stride, W/stride)
        total: Tensor = self.relu(branch + self.downsample(x))
        return total


def _video_resnet(groups: Groups, classes: int, channels: int) -> nn.Sequential:
    """Clips (N, channels, T, H, W) → scores. T' below is T, or T/2 in each stage that sees several frames."""
    _, first, second, third, fourth = groups
    network = nn.Sequential(
        OrderedDict(
            stem=groups[0].stem(channels),  # (N, 64, T, H/2, W/2)
            layer1=_stage(first, 64, 64, stride=1),  # (N, 64, T, H/2, W/2)
            layer2=_stage(second, 64, 128, stride=2),  # (N, 128, T', H/4, W/4)
            layer3=_stage(third, 128, 256, stride=2),  # (N, 256, T', H/8, W/8)
            layer4=_stage(fourth, 256, 512, stride=2),  # (N, 512, T', H/16, W/16)
            avgpool=nn.AdaptiveAvgPool3d(1),  # (N, 512, 1, 1, 1)
            flatten=nn.Flatten(),  # (N, 512)
            fc=nn.Linear(512, classes),  # (N, classes)
        )
    )
    initialise(network)
    return network


def _stage(how: Convolution, inputs: int, width: int, stride: int) -> nn.Sequential:
    """Two blocks, the first of which strides."""
    return nn.Sequential(
        BasicBlock3d(how, inputs, width, how.strides(stride)), BasicBlock3d(how, width, width, (1, 1, 1))
    )


def _member(groups: Groups) -> Callable[..., nn.Sequential]:
    def build(*, classes: int, channels: int = 3) -> nn.Sequential:
        """One of the family, see the top of its file."""
        return _video_resnet(groups, classes, channels)

    return build


VIDEO_RESNETS: dict[str, Callable[..., nn.Sequential]] = {
    "r3d_18": _member((FULL,) * 5),
    "mc2_18": _member((FULL, SPATIAL, SPATIAL, SPATIAL, SPATIAL)),
    "mc3_18": _member((FULL, FULL, SPATIAL, SPATIAL, SPATIAL)),
    "mc4_18": _member((FULL, FULL, FULL, SPATIAL, SPATIAL)),
    "mc5_18": _member((FULL, FULL, FULL, FULL, SPATIAL)),
    "rmc2_18": _member((SPATIAL, FULL, FULL, FULL, FULL)),
    "rmc3_18": _member((SPATIAL, SPATIAL, FULL, FULL, FULL)),
    "rmc4_18": _member((SPATIAL, SPATIAL, SPATIAL, FULL, FULL)),
    "rmc5_18": _member((SPATIAL, SPATIAL, SPATIAL, SPATIAL, FULL)),
    "fr2d_18": _member((SPATIAL,) * 5),
    "r2plus1d_18": _member((FACTORISED,) * 5),  # 31.5 million parameters with 400 classes
    "r2plus1d_18_paper": _member((FACTORISED_EVENLY,) * 5),  # the parameters of r3d_18, but for rounding
}
