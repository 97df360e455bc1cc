"""Whose files hold which family, and how they name its layers and normalise its pixels: one table per family.

Pixels are per channel in [0, 255], from the configuration files of whoever publishes the weights; most state
them for pixels in [0, 1], of which 255 times is written here.

Not here: PyTorchVideo's CSN, which is of 101 layers and whose norms add 10⁻⁵ where the others add 10⁻³.
"""

from striate.models.layouts.layout import Layout, Pixels

PYSLOWFAST, PYTORCHVIDEO, MMACTION2 = "PySlowFast", "PyTorchVideo", "MMAction2"

IMAGENET = Pixels((123.675, 116.28, 103.53), (58.395, 57.12, 57.375), "ImageNet's")
"""Of torchvision's images, 0.485 … and 0.229 …, and of most that began with them."""
KINETICS = Pixels((110.2008, 100.63983, 95.99475), (58.14765, 56.46975, 55.332195), "Kinetics'")
"""Of torchvision's R3D, MC3 and R(2+1)D, 0.43216 … and 0.22803 …, and of CSN."""
FACEBOOK = Pixels((114.75, 114.75, 114.75), (57.375, 57.375, 57.375), "PySlowFast's")
"""PySlowFast and PyTorchVideo: 0.45 and 0.225 for all they publish."""
X3D_OF_MMACTION2 = Pixels((114.75, 114.75, 114.75), (57.38, 57.38, 57.38), "X3D's in MMAction2")
"""Its weights are PySlowFast's; its deviation is rounded."""
SPORTS1M = Pixels((104.0, 117.0, 128.0), (1.0, 1.0, 1.0), "C3D's")
"""Only the mean is taken off."""


def _pyslowfast(ours: str, theirs: str) -> dict[str, str]:
    """The layers of a residual block: branch1 is the shortcut, branch2 the letters a, b, c."""
    branch = {
        f"{ours}.{kind}{number}": f"{theirs}.branch2.{letter}{suffix}"
        for number, letter in enumerate("abc", start=1)
        for kind, suffix in (("conv", ""), ("bn", "_bn"))
    }
    shortcut = {f"{ours}.downsample.0": f"{theirs}.branch1", f"{ours}.downsample.1": f"{theirs}.branch1_bn"}
    return {**shortcut, **branch}


def _pytorchvideo(ours: str, theirs: str) -> dict[str, str]:
    """The same two branches under other words."""
    branch = {
        f"{ours}.{kind}{number}": f"{theirs}.branch2.{name}_{letter}"
        for number, letter in enumerate("abc", start=1)
        for kind, name in (("conv", "conv"), ("bn", "norm"))
    }
    return {
        f"{ours}.downsample.0": f"{theirs}.branch1_conv",
        f"{ours}.downsample.1": f"{theirs}.branch1_norm",
        **branch,
    }


def _mmaction2(ours: str, theirs: str) -> dict[str, str]:
    """Each convolution and its norm are one module."""
    return {
        f"{ours}.conv{{c}}": f"{theirs}.conv{{c}}.conv",
        f"{ours}.bn{{c}}": f"{theirs}.conv{{c}}.bn",
        f"{ours}.downsample.0": f"{theirs}.downsample.conv",
        f"{ours}.downsample.1": f"{theirs}.downsample.bn",
    }


MMACTION2_RESNET = {
    "conv1": "backbone.conv1.conv",
    "bn1": "backbone.conv1.bn",
    **_mmaction2("layer{s}.{b}", "backbone.layer{s}.{b}"),
    "fc": "cls_head.fc_cls",
}
"""Its ResNets for images and for clips."""

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

I3D = (
    Layout(
        PYSLOWFAST,
        FACEBOOK,
        {
            "conv1": "s1.pathway0_stem.conv",
            "bn1": "s1.pathway0_stem.bn",
            **_pyslowfast("layer{s}.{b}", "s{s+1}.pathway0_res{b}"),
            "fc": "head.projection",
        },
    ),
    Layout(
        PYTORCHVIDEO,
        FACEBOOK,
        {
            "conv1": "blocks.0.conv",
            "bn1": "blocks.0.norm",
            **_pytorchvideo("layer1.{b}", "blocks.1.res_blocks.{b}"),
            **_pytorchvideo("layer{s}.{b}", "blocks.{s+1}.res_blocks.{b}"),  # 2 is the max pool
            "fc": "blocks.6.proj",
        },
    ),
    Layout(MMACTION2, IMAGENET, MMACTION2_RESNET),
)

CSN = tuple(
    Layout(MMACTION2, KINETICS, {**middle, **MMACTION2_RESNET})
    for middle in (
        {  # interaction reduced: the middle is one convolution
            "layer{s}.{b}.conv2": "backbone.layer{s}.{b}.conv2.0.conv",
            "layer{s}.{b}.bn2": "backbone.layer{s}.{b}.conv2.0.bn",
        },
        {  # interaction preserved: a convolution, a norm, a convolution
            "layer{s}.{b}.conv2.0": "backbone.layer{s}.{b}.conv2.0.conv",
            "layer{s}.{b}.conv2.1": "backbone.layer{s}.{b}.conv2.0.bn",
            "layer{s}.{b}.conv2.2": "backbone.layer{s}.{b}.conv2.1.conv",
            "layer{s}.{b}.bn2": "backbone.layer{s}.{b}.conv2.1.bn",
        },
    )
)

X3D = (
    Layout(
        PYSLOWFAST,
        FACEBOOK,
        {
            "conv1_s": "s1.pathway0_stem.conv_xy",
            "conv1_t": "s1.pathway0_stem.conv",
            "bn1": "s1.pathway0_stem.bn",
            "layer{s}.{b}.se.fc{n}": "s{s+1}.pathway0_res{b}.branch2.se.fc{n}",
            **_pyslowfast("layer{s}.{b}", "s{s+1}.pathway0_res{b}"),
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
            **_pytorchvideo("layer{s}.{b}", "blocks.{s}.res_blocks.{b}"),
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
            **_mmaction2("layer{s}.{b}", "backbone.layer{s}.{b}"),
            "conv5": "backbone.conv5.conv",
            "bn5": "backbone.conv5.bn",
            "fc{n}": "cls_head.fc{n}",
        },
    ),
)

SLOWFAST = (
    Layout(
        PYSLOWFAST,
        FACEBOOK,
        {
            "stem.slow.conv1": "s1.pathway0_stem.conv",
            "stem.slow.bn1": "s1.pathway0_stem.bn",
            "stem.fast.conv1": "s1.pathway1_stem.conv",
            "stem.fast.bn1": "s1.pathway1_stem.bn",
            "stem.link.conv": "s1_fuse.conv_f2s",
            "stem.link.bn": "s1_fuse.bn",
            **_pyslowfast("layer{s}.slow.{b}", "s{s+1}.pathway0_res{b}"),
            **_pyslowfast("layer{s}.fast.{b}", "s{s+1}.pathway1_res{b}"),
            "layer{s}.link.conv": "s{s+1}_fuse.conv_f2s",
            "layer{s}.link.bn": "s{s+1}_fuse.bn",
            "fc": "head.projection",
        },
    ),
    Layout(
        PYTORCHVIDEO,
        FACEBOOK,
        {
            "stem.slow.conv1": "blocks.0.multipathway_blocks.0.conv",
            "stem.slow.bn1": "blocks.0.multipathway_blocks.0.norm",
            "stem.fast.conv1": "blocks.0.multipathway_blocks.1.conv",
            "stem.fast.bn1": "blocks.0.multipathway_blocks.1.norm",
            "stem.link.conv": "blocks.0.multipathway_fusion.conv_fast_to_slow",
            "stem.link.bn": "blocks.0.multipathway_fusion.norm",
            **_pytorchvideo("layer{s}.slow.{b}", "blocks.{s}.multipathway_blocks.0.res_blocks.{b}"),
            **_pytorchvideo("layer{s}.fast.{b}", "blocks.{s}.multipathway_blocks.1.res_blocks.{b}"),
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
            **_mmaction2("layer{s}.slow.{b}", "backbone.slow_path.layer{s}.{b}"),
            **_mmaction2("layer{s}.fast.{b}", "backbone.fast_path.layer{s}.{b}"),
            "layer{s}.link.conv": "backbone.slow_path.layer{s}_lateral.conv",
            "fc": "cls_head.fc_cls",
        },
        swapped={"fc": 256},  # MMAction2 puts the fast pathway's means first
    ),
)
