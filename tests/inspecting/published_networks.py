"""Small builds of published networks that the catalogue does not hold, for their published receptive
fields.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STAGES = (64, 128, 256, 512)


class Block3d(nn.Module):
    """A residual block of two convolutions made by `make`."""

    def __init__(self, make, channels: int, out: int, stride: int, temporal: bool) -> None:  # type: ignore[no-untyped-def]
        super().__init__()
        step = (stride if temporal else 1, stride, stride)
        self.first = make(channels, out, step, temporal)
        self.second = make(out, out, (1, 1, 1), temporal)
        plain = stride == 1 and channels == out
        self.shortcut = nn.Identity() if plain else nn.Conv3d(channels, out, 1, step)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.second(F.relu(self.first(x))) + self.shortcut(x))


def full(channels: int, out: int, stride: tuple[int, ...], temporal: bool) -> nn.Module:
    frames = 3 if temporal else 1
    return nn.Conv3d(channels, out, (frames, 3, 3), stride, (frames // 2, 1, 1), bias=False)


def split(channels: int, out: int, stride: tuple[int, ...], temporal: bool) -> nn.Module:
    return nn.Sequential(
        nn.Conv3d(channels, out, (1, 3, 3), (1, *stride[1:]), (0, 1, 1), bias=False),
        nn.Conv3d(out, out, (3, 1, 1), (stride[0], 1, 1), (1, 0, 0), bias=False),
    )


def video_resnet18(kind: str, width: int = 1) -> nn.Module:
    """r3d_18, mc3_18 or r2plus1d_18 with `width` channels per published 64."""
    make = split if kind == "r2plus1d_18" else full
    channels = [width * n // 64 for n in STAGES]
    stem = nn.Conv3d(3, channels[0], (3, 7, 7), (1, 2, 2), (1, 3, 3), bias=False)
    if kind == "r2plus1d_18":
        stem = nn.Sequential(
            nn.Conv3d(3, 2, (1, 7, 7), (1, 2, 2), (0, 3, 3)),
            nn.Conv3d(2, channels[0], (3, 1, 1), padding=(1, 0, 0)),
        )
    blocks, given = [], channels[0]
    for number, out in enumerate(channels):
        temporal = kind != "mc3_18" or number == 0
        blocks += [
            Block3d(make, given, out, 2 if number else 1, temporal),
            Block3d(make, out, out, 1, temporal),
        ]
        given = out
    return nn.Sequential(stem, nn.ReLU(), *blocks)


class DenseLayer(nn.Module):
    """What DenseNet adds to its input."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(channels, 4 * growth, 1)
        self.conv = nn.Conv2d(4 * growth, growth, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.conv(self.narrow(x))], 1)


def densenet121(growth: int = 2) -> nn.Module:
    """The features of DenseNet-121."""
    channels = 2 * growth
    parts: list[nn.Module] = [nn.Conv2d(3, channels, 7, 2, 3), nn.MaxPool2d(3, 2, 1)]
    for number, layers in enumerate((6, 12, 24, 16)):
        for _ in range(layers):
            parts.append(DenseLayer(channels, growth))
            channels += growth
        if number < 3:
            parts += [nn.Conv2d(channels, channels // 2, 1), nn.AvgPool2d(2)]
            channels //= 2
    return nn.Sequential(*parts)


class Beside(nn.Module):
    """Branches on one input, their channels side by side."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], 1)


def c(
    channels: int,
    out: int,
    kernel: int | tuple[int, int],
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
) -> nn.Module:
    return nn.Conv2d(channels, out, kernel, stride, padding)


def _a(i: int, w: int) -> nn.Module:
    return Beside(
        c(i, w, 1), nn.Sequential(c(i, w, 1), c(w, w, 5, 1, 2)),
        nn.Sequential(c(i, w, 1), c(w, w, 3, 1, 1), c(w, w, 3, 1, 1)),
        nn.Sequential(nn.AvgPool2d(3, 1, 1), c(i, w, 1)),
    )  # fmt: skip


def _c(i: int, w: int) -> nn.Module:
    row, column = (1, 7), (7, 1)
    along, down = (0, 3), (3, 0)
    return Beside(
        c(i, w, 1), nn.Sequential(c(i, w, 1), c(w, w, row, 1, along), c(w, w, column, 1, down)),
        nn.Sequential(
            c(i, w, 1), c(w, w, column, 1, down), c(w, w, row, 1, along),
            c(w, w, column, 1, down), c(w, w, row, 1, along),
        ),
        nn.Sequential(nn.AvgPool2d(3, 1, 1), c(i, w, 1)),
    )  # fmt: skip


def _e(i: int, w: int) -> nn.Module:
    fork = lambda: Beside(c(w, w, (1, 3), 1, (0, 1)), c(w, w, (3, 1), 1, (1, 0)))  # noqa: E731
    return Beside(
        c(i, w, 1), nn.Sequential(c(i, w, 1), fork()),
        nn.Sequential(c(i, w, 1), c(w, w, 3, 1, 1), fork()),
        nn.Sequential(nn.AvgPool2d(3, 1, 1), c(i, w, 1)),
    )  # fmt: skip


def inception_v3(w: int = 2) -> nn.Module:
    """Inception v3 up to Mixed_7c, every branch `w` wide."""
    b = Beside(
        c(4 * w, w, 3, 2), nn.Sequential(c(4 * w, w, 1), c(w, w, 3, 1, 1), c(w, w, 3, 2)), nn.MaxPool2d(3, 2)
    )
    d = Beside(
        nn.Sequential(c(4 * w, w, 1), c(w, w, 3, 2)),
        nn.Sequential(c(4 * w, w, 1), c(w, w, (1, 7), 1, (0, 3)), c(w, w, (7, 1), 1, (3, 0)), c(w, w, 3, 2)),
        nn.MaxPool2d(3, 2),
    )
    return nn.Sequential(
        c(3, w, 3, 2), c(w, w, 3), c(w, w, 3, 1, 1), nn.MaxPool2d(3, 2),
        c(w, w, 1), c(w, w, 3), nn.MaxPool2d(3, 2),
        _a(w, w), _a(4 * w, w), _a(4 * w, w), b, _c(6 * w, w), _c(4 * w, w), _c(4 * w, w), _c(4 * w, w), d,
        _e(6 * w, w), _e(6 * w, w),
    )  # fmt: skip
