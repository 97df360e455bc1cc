"""Whose files hold X3D, and how they name its layers."""

from striate.models.layouts.blocks import (
    MMACTION2,
    PYSLOWFAST,
    PYTORCHVIDEO,
    mmaction2_blocks,
    pyslowfast_blocks,
    pytorchvideo_blocks,
)
from striate.models.layouts.layout import Layout
from striate.models.layouts.pixels import FACEBOOK, X3D_OF_MMACTION2

X3D = (
    Layout(
        PYSLOWFAST,
        FACEBOOK,
        {
            "conv1_s": "s1.pathway0_stem.conv_xy",
            "conv1_t": "s1.pathway0_stem.conv",
            "bn1": "s1.pathway0_stem.bn",
            "layer{s}.{b}.se.fc{n}": "s{s+1}.pathway0_res{b}.branch2.se.fc{n}",
            **pyslowfast_blocks("layer{s}.{b}", "s{s+1}.pathway0_res{b}"),
            "conv5": "head.conv_5",
            "bn5": "head.conv_5_bn",
            "fc1": "head.lin_5",
            "fc2": "head.projection",
        },
    ),
    Layout(
        PYTORCHVIDEO,
        FACEBOOK,
        {
            "conv1_s": "blocks.0.conv.conv_t",  # named the wrong way round there
            "conv1_t": "blocks.0.conv.conv_xy",
            "bn1": "blocks.0.norm",
            **pytorchvideo_blocks("layer{s}.{b}", "blocks.{s}.res_blocks.{b}"),
            "layer{s}.{b}.bn2": "blocks.{s}.res_blocks.{b}.branch2.norm_b.0",
            "layer{s}.{b}.se.fc1": "blocks.{s}.res_blocks.{b}.branch2.norm_b.1.block.0",
            "layer{s}.{b}.se.fc2": "blocks.{s}.res_blocks.{b}.branch2.norm_b.1.block.2",
            "conv5": "blocks.5.pool.pre_conv",
            "bn5": "blocks.5.pool.pre_norm",
            "fc1": "blocks.5.pool.post_conv",
            "fc2": "blocks.5.proj",
        },
        absent=("layer1.0.downsample.1",),
    ),
    Layout(
        MMACTION2,
        X3D_OF_MMACTION2,
        {
            "conv1_s": "backbone.conv1_s.conv",
            "conv1_t": "backbone.conv1_t.conv",
            "bn1": "backbone.conv1_t.bn",
            "layer{s}.{b}.se.fc{n}": "backbone.layer{s}.{b}.se_module.fc{n}",
            **mmaction2_blocks("layer{s}.{b}", "backbone.layer{s}.{b}"),
            "conv5": "backbone.conv5.conv",
            "bn5": "backbone.conv5.bn",
            "fc{n}": "cls_head.fc{n}",
        },
    ),
)
