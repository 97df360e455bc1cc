"""Whose files hold temporal-shift networks, and how they name the layers of the image network inside.

The wrapper `net` round a shifted convolution is taken off before these tables are asked.
"""

from striate.models.layouts.layout import Layout
from striate.models.layouts.tables import I3D, IMAGENET, MMACTION2
from striate.models.mobilenet import STAGES_OF_MOBILENET_V2

MIT = "mit-han-lab"


def _mit_mobilenet() -> dict[str, str]:
    """Theirs is flat inside a block: convolution, norm, ReLU6 and so on, numbered on."""
    narrow = {"conv.0.0": "conv.0", "conv.0.1": "conv.1", "conv.1": "conv.3", "conv.2": "conv.4"}
    wide = {"conv.0.0": "conv.0", "conv.0.1": "conv.1", "conv.1.0": "conv.3", "conv.1.1": "conv.4"}
    wide |= {"conv.2": "conv.6", "conv.3": "conv.7"}
    return {
        **{f"features.1.{ours}": f"base_model.features.1.{theirs}" for ours, theirs in narrow.items()},
        **{f"features.{{b}}.{ours}": f"base_model.features.{{b}}.{theirs}" for ours, theirs in wide.items()},
        "features.{b}.{n}": "base_model.features.{b}.{n}",
        "classifier.1": "new_fc",
    }


def _mmaction2_mobilenet() -> dict[str, str]:
    """Theirs has stages of blocks, and one module for each convolution and its norm."""
    table = {"features.0.0": "backbone.conv1.conv", "features.0.1": "backbone.conv1.bn"}
    position = 1
    for stage, (expansion, _, blocks, _) in enumerate(STAGES_OF_MOBILENET_V2, start=1):
        for block in range(blocks):
            ours, theirs = f"features.{position}.conv", f"backbone.layer{stage}.{block}.conv"
            last = 1 if expansion == 1 else 2
            for number in range(last):
                table[f"{ours}.{number}.0"] = f"{theirs}.{number}.conv"
                table[f"{ours}.{number}.1"] = f"{theirs}.{number}.bn"
            table[f"{ours}.{last}"] = f"{theirs}.{last}.conv"
            table[f"{ours}.{last + 1}"] = f"{theirs}.{last}.bn"
            position += 1
    table[f"features.{position}.0"] = "backbone.conv2.conv"
    table[f"features.{position}.1"] = "backbone.conv2.bn"
    table["classifier.1"] = "cls_head.fc_cls"
    return table


TSM_RESNET = (
    Layout(
        MIT,
        IMAGENET,
        {
            "conv1": "base_model.conv1",
            "bn1": "base_model.bn1",
            "layer{s}.{b}.conv{c}": "base_model.layer{s}.{b}.conv{c}",
            "layer{s}.{b}.bn{c}": "base_model.layer{s}.{b}.bn{c}",
            "layer{s}.{b}.downsample.{n}": "base_model.layer{s}.{b}.downsample.{n}",
            "fc": "new_fc",
        },
    ),
    I3D[2],  # the names and pixels of its ResNet for clips
)

TSM_MOBILENET = (Layout(MIT, IMAGENET, _mit_mobilenet()), Layout(MMACTION2, IMAGENET, _mmaction2_mobilenet()))
