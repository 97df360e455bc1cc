"""ResNet: stages of blocks whose branch learns what to add to their input.

He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", 2015,
https://arxiv.org/abs/1512.03385. The bottleneck strides in its 3×3 convolution, as the published checkpoints
do, not in its first 1×1. State-dict names and shapes are torchvision's, and so are the starting values.
"""

from collections import OrderedDict
from collections.abc import Sequence

from torch import Tensor, nn

from striate.models.building import he_normal


def conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    """A convolution without bias, as a norm follows, padded such that stride 1 keeps the map's size."""
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)


def shortcut(inputs: int, outputs: int, stride: int) -> nn.Module:
    """The path round a branch: the input itself, or a 1×1 convolution where the branch changes its shape."""
    if stride == 1 and inputs == outputs:
        return nn.Identity()
    return nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and the shortcut.

    (N, inputs, H, W) → (N, width, H/stride, W/stride)
    """

    expansion = 1

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = conv(inputs, width, 3, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = conv(width, width, 3)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = shortcut(inputs, width, stride)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu1(self.bn1(self.conv1(x)))  # (N, width, H/stride, W/stride)
        branch = self.bn2(self.conv2(branch))
        total: Tensor = self.relu2(branch + self.downsample(x))
        return total


class Bottleneck(nn.Module):
    """1×1 to few channels, 3×3, 1×1 back to many, and the shortcut.

    (N, inputs, H, W) → (N, 4·width, H/stride, W/stride)
    """

    expansion = 4

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = width * self.expansion
        self.conv1 = conv(inputs, width, 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = conv(width, width, 3, stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.conv3 = conv(width, outputs, 1)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = shortcut(inputs, outputs, stride)
        self.relu3 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu1(self.bn1(self.conv1(x)))  # (N, width, H, W)
        branch = self.relu2(self.bn2(self.conv2(branch)))  # (N, width, H/stride, W/stride)
        branch = self.bn3(self.conv3(branch))  # (N, 4·width, H/stride, W/stride)
        total: Tensor = self.relu3(branch + self.downsample(x))
        return total


Block = type[BasicBlock] | type[Bottleneck]


def resnet18(*, classes: int, channels: int = 3) -> nn.Sequential:
    """Eight basic blocks, two per stage."""
    return _resnet(BasicBlock, (2, 2, 2, 2), classes, channels)


def resnet34(*, classes: int, channels: int = 3) -> nn.Sequential:
    """Sixteen basic blocks, most of them in the third stage."""
    return _resnet(BasicBlock, (3, 4, 6, 3), classes, channels)


def resnet50(*, classes: int, channels: int = 3) -> nn.Sequential:
    """Sixteen bottlenecks, most of them in the third stage."""
    return _resnet(Bottleneck, (3, 4, 6, 3), classes, channels)


def resnet101(*, classes: int, channels: int = 3) -> nn.Sequential:
    """Thirty-three bottlenecks, 23 of them in the third stage."""
    return _resnet(Bottleneck, (3, 4, 23, 3), classes, channels)


def _resnet(block: Block, depths: Sequence[int], classes: int, channels: int) -> nn.Sequential:
    """`depths` counts the blocks of each stage. E below is the block's expansion, 1 or 4."""
    expansion = block.expansion
    network = nn.Sequential(
        OrderedDict(
            conv1=conv(channels, 64, 7, stride=2),  # (N, 64, H/2, W/2)
            bn1=nn.BatchNorm2d(64),
            relu=nn.ReLU(),
            maxpool=nn.MaxPool2d(kernel_size=3, stride=2, padding=1),  # (N, 64, H/4, W/4)
            layer1=_stage(block, depths[0], 64, 64, stride=1),  # (N, 64·E, H/4, W/4)
            layer2=_stage(block, depths[1], 64 * expansion, 128, stride=2),  # (N, 128·E, H/8, W/8)
            layer3=_stage(block, depths[2], 128 * expansion, 256, stride=2),  # (N, 256·E, H/16, W/16)
            layer4=_stage(block, depths[3], 256 * expansion, 512, stride=2),  # (N, 512·E, H/32, W/32)
            avgpool=nn.AdaptiveAvgPool2d(1),  # (N, 512·E, 1, 1)
            flatten=nn.Flatten(),  # (N, 512·E)
            fc=nn.Linear(512 * expansion, classes),  # (N, classes)
        )
    )
    he_normal((layer for layer in network.modules() if isinstance(layer, nn.Conv2d)), "fan_out")
    return network


def _stage(block: Block, depth: int, inputs: int, width: int, stride: int) -> nn.Sequential:
    """The first block strides and widens, the others keep the shape."""
    outputs = width * block.expansion
    others = (block(outputs, width, stride=1) for _ in range(depth - 1))
    return nn.Sequential(block(inputs, width, stride), *others)
