"""I3D on ResNet-50: an image network whose kernels have been given a depth in time.

Carreira, Zisserman, "Quo Vadis, Action Recognition?", 2017, https://arxiv.org/abs/1705.07750, in the form of
Wang, Girshick, Gupta, He, "Non-local Neural Networks", 2018, https://arxiv.org/abs/1711.07971, table 1, which
PySlowFast, PyTorchVideo and MMAction2 publish weights of: the first 1×1 of every other block becomes 3×1×1.
State-dict names are those of the image ResNet.
"""

from collections import OrderedDict

from torch import nn

from striate.models.bottleneck3d import initialise_from_shortcuts, stage, stem, stem_pool
from striate.models.building import one_of, probability

# Frames that the first convolution of each block sees, a tuple per stage.
FRAMES_OF_I3D = ((3, 3, 3), (3, 1, 3, 1), (3, 1, 3, 1, 3, 1), (1, 3, 1))


def i3d_resnet50(
    *, classes: int, channels: int = 3, like: str = "pyslowfast", dropout: float = 0.5
) -> nn.Sequential:
    """Sixteen bottlenecks, nine of which see three frames.

    Args:
        like: "pyslowfast", for clips of 8 frames, also PyTorchVideo's; or "mmaction2", for clips of 32, where
            the first convolution and the first max pool halve the frames. Weights do not show which they are
            of.
        dropout: the share of features silenced before the linear layer.

    Raises:
        NetworkError: a `like` that is neither, a dropout outside [0, 1).
    """
    early = 1 if one_of("like", like, ("pyslowfast", "mmaction2")) == "pyslowfast" else 2
    one, two, three, four = FRAMES_OF_I3D
    network = nn.Sequential(
        OrderedDict(
            conv1=stem(channels, 64, frames=5, frame_stride=early),  # (N, 64, T, H/2, W/2)
            bn1=nn.BatchNorm3d(64),
            relu=nn.ReLU(),
            maxpool=stem_pool(frame_stride=early),  # (N, 64, T, H/4, W/4)
            layer1=stage(one, 64, 64, stride=1),  # (N, 256, T, H/4, W/4)
            maxpool2=nn.MaxPool3d((2, 1, 1)),  # (N, 256, T/2, H/4, W/4)
            layer2=stage(two, 256, 128, stride=2),  # (N, 512, T/2, H/8, W/8)
            layer3=stage(three, 512, 256, stride=2),  # (N, 1024, T/2, H/16, W/16)
            layer4=stage(four, 1024, 512, stride=2),  # (N, 2048, T/2, H/32, W/32)
            avgpool=nn.AdaptiveAvgPool3d(1),  # (N, 2048, 1, 1, 1)
            flatten=nn.Flatten(),  # (N, 2048)
            dropout=nn.Dropout(probability("dropout", dropout)),
            fc=nn.Linear(2048, classes),  # (N, classes)
        )
    )
    initialise_from_shortcuts(network)
    return network
