"""What factorised convolutions save, against parameters counted in torch."""

import doctest

import pytest
from torch import nn

from striate.arithmetic import factorised
from striate.arithmetic.factorised import Convolution, block_note, mid_channels


def weights(*layers: nn.Module) -> int:
    return sum(parameter.numel() for layer in layers for parameter in layer.parameters())


def described(layer: nn.Conv2d | nn.Conv3d, positions: int = 1) -> Convolution:
    return Convolution(tuple(layer.weight.shape), layer.groups, tuple(layer.stride), positions)


def conv2d(channels: int, filters: int, kernel: int, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels, filters, kernel, groups=groups, bias=False)


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(factorised) == (0, 1)


@pytest.mark.parametrize(
    ("channels", "filters", "mid"), [(64, 64, 144), (64, 128, 230), (128, 256, 460), (3, 64, 45)]
)
def test_the_width_of_2plus1d_is_the_published_one(channels: int, filters: int, mid: int) -> None:
    side = 7 if channels == 3 else 3
    expected = {45: 83}.get(mid, mid)  # the paper's stem takes 45; by the formula a 3×7×7 one is 83 wide
    assert mid_channels(3, side, channels, filters) == expected


@pytest.mark.parametrize("side", [3, 5, (3, 1)])
def test_the_width_gives_the_weights_of_the_full_one_or_just_fewer(side: int | tuple[int, int]) -> None:
    kernel = (side, side) if isinstance(side, int) else side
    full = weights(nn.Conv3d(24, 40, (3, *kernel), bias=False))

    def split(mid: int) -> int:
        return weights(
            nn.Conv3d(24, mid, (1, *kernel), bias=False), nn.Conv3d(mid, 40, (3, 1, 1), bias=False)
        )

    mid = mid_channels(3, side, 24, 40)
    assert split(mid) <= full < split(mid + 1)


def test_a_convolution_counts_itself() -> None:
    conv = described(conv2d(8, 12, 3, groups=4), positions=25)
    assert (conv.filters, conv.channels, conv.kernel) == (12, 8, (3, 3))
    assert conv.weights == weights(conv2d(8, 12, 3, groups=4)) == 216
    assert conv.macs == 216 * 25


@pytest.mark.parametrize(
    ("layer", "kinds"),
    [
        (nn.Conv2d(4, 8, 1), {"pointwise"}),
        (nn.Conv2d(4, 4, 3, groups=4), {"depthwise"}),
        (nn.Conv2d(4, 4, 1, groups=4), {"pointwise"}),  # one weight per channel is no window
        (nn.Conv3d(4, 8, (1, 3, 3)), {"spatial"}),
        (nn.Conv3d(4, 8, (3, 1, 1)), {"temporal"}),
        (nn.Conv3d(4, 8, 1), {"pointwise"}),
        (nn.Conv3d(4, 8, 3), set()),
        (nn.Conv2d(4, 8, 3), set()),
    ],
)
def test_kinds_of_convolutions(layer: nn.Conv2d, kinds: set[str]) -> None:
    names = ("pointwise", "depthwise", "spatial", "temporal")
    assert {name for name in names if getattr(factorised, f"is_{name}")(described(layer))} == kinds


def test_notes_of_single_convolutions_are_pinned() -> None:
    assert factorised.pointwise_note(described(conv2d(64, 256, 1))) == (
        "1×1: a fully connected layer per pixel, 64 → 256; a 3×3 one would take 9 times the weights and MACs "
        "(16,384 → 147,456)"
    )
    assert weights(conv2d(64, 256, 3)) == 147456
    assert factorised.depthwise_note(described(conv2d(32, 32, 3, groups=32))) == (
        "depthwise: one kernel per filter; over all 32 channels it would take 32 times the weights and MACs "
        "(288 → 9,216)"
    )
    assert weights(conv2d(32, 32, 3)) == 9216
    assert factorised.full_3d_note(described(nn.Conv3d(64, 64, 3, bias=False))) == (
        "full 3D: 110,592 weights; as (2+1)D, 1×3×3 to 144 and 3×1×1 to 64: 110,592, "
        "with one more activation between"
    )


def test_the_note_of_a_split_convolution() -> None:
    space = described(nn.Conv3d(64, 144, (1, 3, 3), bias=False), positions=100)
    time = described(nn.Conv3d(144, 64, (3, 1, 1), bias=False), positions=100)
    assert factorised.split_note(space, time) == (
        "(2+1)D 64 → 144 → 64: 110,592 weights and 11,059,200 MACs; the full 3×3×3 convolution: 110,592 and "
        "11,059,200; equal weights at a width of 144 between"
    )


def test_bottlenecks_are_told_from_other_threes() -> None:
    down, middle, up = (described(one) for one in (conv2d(256, 64, 1), conv2d(64, 64, 3), conv2d(64, 256, 1)))
    taken = weights(conv2d(256, 64, 1), conv2d(64, 64, 3), conv2d(64, 256, 1))
    assert block_note([down, middle, up]) == (
        f"bottleneck 256 → 64 → 64 → 256: {taken:,} weights; "
        f"one 3×3 convolution 256 → 256 would take 589,824, {589824 / taken:.1f} times as many"
    )
    widen, deep, narrow = (
        described(one) for one in (conv2d(16, 96, 1), conv2d(96, 96, 3, groups=96), conv2d(96, 24, 1))
    )
    taken = weights(conv2d(16, 96, 1), conv2d(96, 96, 3, groups=96), conv2d(96, 24, 1))
    dense = weights(conv2d(16, 96, 1), conv2d(96, 96, 3), conv2d(96, 24, 1))
    assert block_note([widen, deep, narrow]) == (
        f"inverted bottleneck 16 → 96 → 24: {taken:,} weights; with a dense middle {dense:,}, "
        f"{dense / taken:.1f} times as many"
    )
    for others in (
        [down, middle],
        [down, up, middle],
        [middle, middle, up],
        [up, middle, down],
        [down, deep, up],
    ):
        assert block_note(others) is None
