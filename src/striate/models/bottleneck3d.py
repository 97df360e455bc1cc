"""The residual block of I3D, SlowFast and CSN: 1×1 down, a middle convolution, 1×1 up, over clips.

What differs between the three is handed in built: the first convolution, which may see several frames, and
the middle one. Names are those of the image ResNet, whose weights can be inflated into I3D.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from striate.models.building import initialise

EXPANSION = 4  # a block's outputs per channel of its middle
DEPTHS_OF_50 = (3, 4, 6, 3)  # blocks per stage

Strides = tuple[int, int, int]  # of T, H, W


class Bottleneck3d(nn.Module):
    """(N, inputs, T, H, W) → (N, 4·width, T/stride, H/stride, W/stride), strides those of `middle`.

    Args:
        first: the convolution from `inputs` channels to `width`, of stride 1.
        middle: from `width` to `width`; a Sequential if it is more than one layer.
        strides: those of `middle`, which the shortcut takes too.
        eps: of the norms.
    """

    def __init__(
        self, inputs: int, width: int, *, first: nn.Module, middle: nn.Module, strides: Strides, eps: float
    ) -> None:
        super().__init__()
        outputs = EXPANSION * width
        self.conv1 = first
        self.bn1 = nn.BatchNorm3d(width, eps)
        self.relu1 = nn.ReLU()
        self.conv2 = middle
        self.bn2 = nn.BatchNorm3d(width, eps)
        self.relu2 = nn.ReLU()
        self.conv3 = pointwise(width, outputs)
        self.bn3 = nn.BatchNorm3d(outputs, eps)
        self.downsample = shortcut(inputs, outputs, strides, eps)
        self.relu3 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu1(self.bn1(self.conv1(x)))  # (N, width, T, H, W)
        branch = self.relu2(self.bn2(self.conv2(branch)))  # (N, width, T/stride, H/stride, W/stride)
        branch = self.bn3(self.conv3(branch))  # (N, 4·width, T/stride, H/stride, W/stride)
        total: Tensor = self.relu3(branch + self.downsample(x))
        return total


def shortcut(inputs: int, outputs: int, strides: Strides, eps: float = 1e-5) -> nn.Module:
    """The path round a branch: the input itself, or 1×1×1 where the branch changes its shape."""
    if inputs == outputs and strides == (1, 1, 1):
        return nn.Identity()
    return nn.Sequential(pointwise(inputs, outputs, strides), nn.BatchNorm3d(outputs, eps))


def pointwise(inputs: int, outputs: int, strides: Strides = (1, 1, 1)) -> nn.Conv3d:
    """1×1×1."""
    return nn.Conv3d(inputs, outputs, 1, strides, bias=False)


def temporal(inputs: int, outputs: int, frames: int, stride: int = 1) -> nn.Conv3d:
    """`frames`×1×1."""
    return nn.Conv3d(inputs, outputs, (frames, 1, 1), (stride, 1, 1), padding=(frames // 2, 0, 0), bias=False)


def spatial(width: int, stride: int) -> nn.Conv3d:
    """1×3×3, of stride 1 over frames."""
    return nn.Conv3d(width, width, (1, 3, 3), (1, stride, stride), padding=(0, 1, 1), bias=False)


def stem(inputs: int, outputs: int, frames: int, frame_stride: int = 1) -> nn.Conv3d:
    """`frames`×7×7, which halves the map."""
    return nn.Conv3d(
        inputs, outputs, (frames, 7, 7), (frame_stride, 2, 2), padding=(frames // 2, 3, 3), bias=False
    )


def stem_pool(frame_stride: int = 1) -> nn.MaxPool3d:
    """The max pool of 1×3×3 that halves the map again."""
    return nn.MaxPool3d((1, 3, 3), (frame_stride, 2, 2), padding=(0, 1, 1))


def stage(frames: Sequence[int], inputs: int, width: int, stride: int) -> nn.Sequential:
    """Blocks whose first convolution sees so many frames each; the first halves the map if `stride` is 2."""
    blocks = []
    for block, seen in enumerate(frames):
        step = stride if block == 0 else 1
        first, middle = temporal(inputs, width, seen), spatial(width, step)
        blocks.append(
            Bottleneck3d(inputs, width, first=first, middle=middle, strides=(1, step, step), eps=1e-5)
        )
        inputs = EXPANSION * width
    return nn.Sequential(*blocks)


def initialise_from_shortcuts(network: nn.Module) -> None:
    """Every block begins as its shortcut alone (Goyal et al., "Accurate, Large Minibatch SGD", 2017)."""
    initialise(network)
    for layer in network.modules():
        if isinstance(layer, Bottleneck3d):
            nn.init.zeros_(layer.bn3.weight)
