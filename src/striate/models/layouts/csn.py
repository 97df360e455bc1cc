"""Whose files hold CSN, and how they name its layers: ir first, then ip.

Not here: PyTorchVideo's CSN, which is of 101 layers and whose norms add 10⁻⁵ where the others add 10⁻³.
"""

from striate.models.layouts.blocks import MMACTION2, mmaction2_blocks
from striate.models.layouts.layout import Layout
from striate.models.layouts.pixels import KINETICS

CSN = (
    Layout(
        MMACTION2,
        KINETICS,
        {
            "conv1": "backbone.conv1.conv",
            "bn1": "backbone.conv1.bn",
            "layer{s}.{b}.conv2": "backbone.layer{s}.{b}.conv2.0.conv",
            "layer{s}.{b}.bn2": "backbone.layer{s}.{b}.conv2.0.bn",
            **mmaction2_blocks("layer{s}.{b}", "backbone.layer{s}.{b}"),
            "fc": "cls_head.fc_cls",
        },
    ),
    Layout(
        MMACTION2,
        KINETICS,
        {
            "conv1": "backbone.conv1.conv",
            "bn1": "backbone.conv1.bn",
            "layer{s}.{b}.conv2.0": "backbone.layer{s}.{b}.conv2.0.conv",
            "layer{s}.{b}.conv2.1": "backbone.layer{s}.{b}.conv2.0.bn",
            "layer{s}.{b}.conv2.2": "backbone.layer{s}.{b}.conv2.1.conv",
            "layer{s}.{b}.bn2": "backbone.layer{s}.{b}.conv2.1.bn",
            **mmaction2_blocks("layer{s}.{b}", "backbone.layer{s}.{b}"),
            "fc": "cls_head.fc_cls",
        },
    ),
)
