"""Whose files hold C3D, and how they name its layers."""

from striate.models.layouts.blocks import MMACTION2
from striate.models.layouts.layout import Layout
from striate.models.layouts.pixels import SPORTS1M

C3D = (
    Layout(
        MMACTION2,
        SPORTS1M,
        {
            "fc8": "cls_head.fc_cls",
            "fc{n}": "backbone.fc{n}",
            "conv{n}a": "backbone.conv{n}a.conv",
            "conv{n}b": "backbone.conv{n}b.conv",
        },
    ),
)
