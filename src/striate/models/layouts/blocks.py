"""How each origin names the layers of a residual block, given how it names the block."""

PYSLOWFAST, PYTORCHVIDEO, MMACTION2, MIT = "PySlowFast", "PyTorchVideo", "MMAction2", "mit-han-lab"
SLOW, FAST = 0, 1  # how PySlowFast and PyTorchVideo number the pathways


def pyslowfast_blocks(ours: str, theirs: str) -> dict[str, str]:
    """The layers of a residual block: branch1 is the shortcut, branch2 the letters a, b, c."""
    branch = {
        f"{ours}.{kind}{number}": f"{theirs}.branch2.{letter}{suffix}"
        for number, letter in enumerate("abc", start=1)
        for kind, suffix in (("conv", ""), ("bn", "_bn"))
    }
    return {
        f"{ours}.downsample.0": f"{theirs}.branch1",
        f"{ours}.downsample.1": f"{theirs}.branch1_bn",
        **branch,
    }


def pytorchvideo_blocks(ours: str, theirs: str) -> dict[str, str]:
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


def mmaction2_blocks(ours: str, theirs: str) -> dict[str, str]:
    """Each convolution and its norm are one module."""
    return {
        f"{ours}.conv{{c}}": f"{theirs}.conv{{c}}.conv",
        f"{ours}.bn{{c}}": f"{theirs}.conv{{c}}.bn",
        f"{ours}.downsample.0": f"{theirs}.downsample.conv",
        f"{ours}.downsample.1": f"{theirs}.downsample.bn",
    }
