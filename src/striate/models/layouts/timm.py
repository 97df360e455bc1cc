"""How timm names the layers of those of its networks that are ours but for their names."""

from striate.models.layouts.layout import Layout
from striate.models.layouts.tables import IMAGENET
from striate.models.mobilenet import STAGES_OF_MOBILENET_V2

ORIGIN = "timm"
CALLED = {"mobilenetv2_100": "mobilenet_v2"}
"""Its names of networks → ours, where they differ."""


def _mobilenet() -> dict[str, str]:
    """Theirs has stages of blocks, whose layers are called by what they do."""
    table = {"features.0.0": "conv_stem", "features.0.1": "bn1", "classifier.1": "classifier"}
    position = 1
    for stage, (expansion, _, blocks, _) in enumerate(STAGES_OF_MOBILENET_V2):
        *inner, last = ("conv_dw", "conv_pw") if expansion == 1 else ("conv_pw", "conv_dw", "conv_pwl")
        for block in range(blocks):
            ours, theirs = f"features.{position}.conv", f"blocks.{stage}.{block}"
            for number, layer in enumerate(inner):
                table[f"{ours}.{number}.0"] = f"{theirs}.{layer}"
                table[f"{ours}.{number}.1"] = f"{theirs}.bn{number + 1}"
            table[f"{ours}.{len(inner)}"] = f"{theirs}.{last}"
            table[f"{ours}.{len(inner) + 1}"] = f"{theirs}.bn{len(inner) + 1}"
            position += 1
    table[f"features.{position}.0"] = "conv_head"
    table[f"features.{position}.1"] = "bn2"
    return table


_VGG = {
    "features.{n}": "features.{n}",
    "classifier.0": "pre_logits.fc1",
    "classifier.3": "pre_logits.fc2",
    "classifier.6": "head.fc",
}

TIMM = (Layout(ORIGIN, IMAGENET, _mobilenet()), Layout(ORIGIN, IMAGENET, _VGG))
