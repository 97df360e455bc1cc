"""Whose files hold SlowFast, and how they name its layers."""

from striate.models.layouts.blocks import (
    FAST,
    MMACTION2,
    PYSLOWFAST,
    PYTORCHVIDEO,
    SLOW,
    mmaction2_blocks,
    pyslowfast_blocks,
    pytorchvideo_blocks,
)
from striate.models.layouts.layout import Layout
from striate.models.layouts.pixels import FACEBOOK, IMAGENET

SLOWFAST = (
    Layout(
        PYSLOWFAST,
        FACEBOOK,
        {
            "stem.slow.conv1": f"s1.pathway{SLOW}_stem.conv",
            "stem.slow.bn1": f"s1.pathway{SLOW}_stem.bn",
            "stem.fast.conv1": f"s1.pathway{FAST}_stem.conv",
            "stem.fast.bn1": f"s1.pathway{FAST}_stem.bn",
            "stem.link.conv": "s1_fuse.conv_f2s",
            "stem.link.bn": "s1_fuse.bn",
            **pyslowfast_blocks("layer{s}.slow.{b}", f"s{{s+1}}.pathway{SLOW}_res{{b}}"),
            **pyslowfast_blocks("layer{s}.fast.{b}", f"s{{s+1}}.pathway{FAST}_res{{b}}"),
            "layer{s}.link.conv": "s{s+1}_fuse.conv_f2s",
            "layer{s}.link.bn": "s{s+1}_fuse.bn",
            "fc": "head.projection",
        },
    ),
    Layout(
        PYTORCHVIDEO,
        FACEBOOK,
        {
            "stem.slow.conv1": f"blocks.0.multipathway_blocks.{SLOW}.conv",
            "stem.slow.bn1": f"blocks.0.multipathway_blocks.{SLOW}.norm",
            "stem.fast.conv1": f"blocks.0.multipathway_blocks.{FAST}.conv",
            "stem.fast.bn1": f"blocks.0.multipathway_blocks.{FAST}.norm",
            "stem.link.conv": "blocks.0.multipathway_fusion.conv_fast_to_slow",
            "stem.link.bn": "blocks.0.multipathway_fusion.norm",
            **pytorchvideo_blocks(
                "layer{s}.slow.{b}", f"blocks.{{s}}.multipathway_blocks.{SLOW}.res_blocks.{{b}}"
            ),
            **pytorchvideo_blocks(
                "layer{s}.fast.{b}", f"blocks.{{s}}.multipathway_blocks.{FAST}.res_blocks.{{b}}"
            ),
            "layer{s}.link.conv": "blocks.{s}.multipathway_fusion.conv_fast_to_slow",
            "layer{s}.link.bn": "blocks.{s}.multipathway_fusion.norm",
            "fc": "blocks.6.proj",
        },
    ),
    Layout(
        MMACTION2,
        IMAGENET,
        {
            "stem.slow.conv1": "backbone.slow_path.conv1.conv",
            "stem.slow.bn1": "backbone.slow_path.conv1.bn",
            "stem.fast.conv1": "backbone.fast_path.conv1.conv",
            "stem.fast.bn1": "backbone.fast_path.conv1.bn",
            "stem.link.conv": "backbone.slow_path.conv1_lateral.conv",
            **mmaction2_blocks("layer{s}.slow.{b}", "backbone.slow_path.layer{s}.{b}"),
            **mmaction2_blocks("layer{s}.fast.{b}", "backbone.fast_path.layer{s}.{b}"),
            "layer{s}.link.conv": "backbone.slow_path.layer{s}_lateral.conv",
            "fc": "cls_head.fc_cls",
        },
        swapped={"fc": 256},  # MMAction2 puts the fast pathway's means first
    ),
)
