"""Whose files hold I3D, and how they name its layers."""

from striate.models.layouts.blocks import (
    MMACTION2,
    PYSLOWFAST,
    PYTORCHVIDEO,
    mmaction2_blocks,
    pyslowfast_blocks,
    pytorchvideo_blocks,
)
from striate.models.layouts.layout import Layout
from striate.models.layouts.pixels import FACEBOOK, IMAGENET

I3D = (
    Layout(
        PYSLOWFAST,
        FACEBOOK,
        {
            "conv1": "s1.pathway0_stem.conv",
            "bn1": "s1.pathway0_stem.bn",
            **pyslowfast_blocks("layer{s}.{b}", "s{s+1}.pathway0_res{b}"),
            "fc": "head.projection",
        },
    ),
    Layout(
        PYTORCHVIDEO,
        FACEBOOK,
        {
            "conv1": "blocks.0.conv",
            "bn1": "blocks.0.norm",
            **pytorchvideo_blocks("layer1.{b}", "blocks.1.res_blocks.{b}"),
            **pytorchvideo_blocks("layer{s}.{b}", "blocks.{s+1}.res_blocks.{b}"),  # 2 is the max pool
            "fc": "blocks.6.proj",
        },
    ),
    Layout(
        MMACTION2,
        IMAGENET,
        {
            "conv1": "backbone.conv1.conv",
            "bn1": "backbone.conv1.bn",
            **mmaction2_blocks("layer{s}.{b}", "backbone.layer{s}.{b}"),
            "fc": "cls_head.fc_cls",
        },
    ),
)
