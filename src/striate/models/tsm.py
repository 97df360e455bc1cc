"""TSM: an image network whose residual branches take an eighth of their channels from either neighbour frame.

Lin, Gan, Han, "TSM: Temporal Shift Module for Efficient Video Understanding", 2018,
https://arxiv.org/abs/1811.08383. These are the two networks whose weights are published, under the names of
the image networks inside (`backbone.`); every other backbone takes the same way with `time="tsm"`.
"""

from torch import nn

from striate.models.mobilenet import mobilenet_v2
from striate.models.resnet import resnet50
from striate.models.ways import through_time


def tsm_resnet50(*, classes: int, channels: int = 3, causal: bool = False) -> nn.Module:
    """ResNet-50, shifted before each of its sixteen residual branches.

    Args:
        causal: an eighth from the frame before only, as in the paper's online form.
    """
    return through_time(resnet50(classes=classes, channels=channels), "tsm", classes=classes, causal=causal)


def tsm_mobilenet_v2(
    *, classes: int, channels: int = 3, causal: bool = False, dropout: float = 0.2
) -> nn.Module:
    """MobileNetV2, shifted before each of its ten residual branches.

    Args:
        causal: an eighth from the frame before only, as in the paper's online form.
        dropout: the share of features silenced before the linear layer.

    Raises:
        NetworkError: a dropout outside [0, 1).
    """
    image_network = mobilenet_v2(classes=classes, channels=channels, dropout=dropout)
    return through_time(image_network, "tsm", classes=classes, causal=causal)
