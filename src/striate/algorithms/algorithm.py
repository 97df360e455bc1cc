"""What is fixed about a convolution before its input comes, and what an algorithm for it is."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from enum import StrEnum

import torch
from torch import Tensor, nn

from striate.layers import ShiftedConv2d
from striate.sizes import window_count

# What is fixed about a convolution before its input comes: channels, kernel, stride, padding, groups.

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Shift:
    """A temporal shift before the convolution, whose batch is then that of single frames, clip after clip."""

    frames: int
    """Of each clip."""
    ahead: int
    """Channels that come from the next frame: the first ones."""
    behind: int
    """Channels after them, that come from the previous frame."""


@dataclass(frozen=True)
class Geometry:
    """A convolution over two or three axes, zeros as padding. Tuples run over the axes, time first."""

    channels: int
    """Of the input, all groups together."""
    filters: int
    kernel: Shape
    stride: Shape
    padding: Shape
    dilation: Shape
    groups: int = 1
    shift: Shift | None = None

    @classmethod
    def of(cls, layer: nn.Conv2d | nn.Conv3d) -> "Geometry | None":
        """The geometry of a layer; None where its padding is not zeros on both sides alike."""
        padding = layer.padding
        if layer.padding_mode != "zeros" or (isinstance(padding, str) and padding != "valid"):
            return None
        return cls(
            channels=layer.in_channels,
            filters=layer.out_channels,
            kernel=tuple(layer.kernel_size),
            stride=tuple(layer.stride),
            padding=(0,) * len(layer.kernel_size) if isinstance(padding, str) else tuple(padding),
            dilation=tuple(layer.dilation),
            groups=layer.groups,
            shift=_shift_of(layer) if isinstance(layer, ShiftedConv2d) else None,
        )

    @property
    def axes(self) -> int:
        """2 for images, 3 for clips."""
        return len(self.kernel)

    @property
    def reach(self) -> Shape:
        """Distance from the first to the last place that a kernel touches, per axis."""
        return tuple(d * (k - 1) for d, k in zip(self.dilation, self.kernel, strict=True))

    @property
    def depthwise(self) -> bool:
        """Whether each channel is filtered on its own, once."""
        return self.groups == self.channels == self.filters

    @property
    def unit_stride(self) -> bool:
        """Whether no place is left out."""
        return set(self.stride) == {1}

    @property
    def weight_shape(self) -> Shape:
        """(filters, channels of a group, *kernel)."""
        return (self.filters, self.channels // self.groups, *self.kernel)

    def output_size(self, size: Shape) -> Shape:
        """The axes of the output for those of the input."""
        axes = zip(size, self.kernel, self.stride, self.padding, self.dilation, strict=True)
        return tuple(window_count(*axis) for axis in axes)

    def without_time(self) -> "Geometry":
        """What it does within a frame."""
        return self._along(slice(1, None))

    def of_time(self) -> "Geometry":
        """Over (T, H·W), for a kernel that sees one pixel of each frame."""
        return Geometry(
            self.channels,
            self.filters,
            (self.kernel[0], 1),
            (self.stride[0], 1),
            (self.padding[0], 0),
            (self.dilation[0], 1),
            self.groups,
        )

    def unshifted(self) -> "Geometry":
        """The convolution alone."""
        return replace(self, shift=None)

    def unpadded(self) -> "Geometry":
        """The same without padding."""
        return replace(self, padding=(0,) * self.axes)

    def flipped(self) -> "Geometry":
        """The convolution that takes the output's gradient to the input's, for a stride of 1."""
        padding = tuple(reach - p for reach, p in zip(self.reach, self.padding, strict=True))
        return replace(self, channels=self.filters, filters=self.channels, padding=padding)

    def _along(self, axes: slice) -> "Geometry":
        return replace(
            self,
            kernel=self.kernel[axes],
            stride=self.stride[axes],
            padding=self.padding[axes],
            dilation=self.dilation[axes],
        )


def _shift_of(layer: ShiftedConv2d) -> Shift:
    """For clips as long as the ones passing now."""
    return Shift(layer.shift.frames.count, *layer.shift.moving(layer.in_channels))


# What an algorithm is: three operations, each of which it may or may not offer.


class Operation(StrEnum):
    """What there is to compute."""

    OUTPUT = "output"
    INPUT_GRADIENT = "input gradient"
    WEIGHT_GRADIENT = "weight gradient"


class Algorithm(ABC):
    """One way to compute a convolution without bias.

    x: (N, C, [T,] H, W); w: (O, C/groups, *kernel); d: the output's gradient. All of one number format.
    Nothing is written into what comes in.
    """

    name: str
    offers: tuple[Operation, ...] = tuple(Operation)
    shifts = False
    """Whether it does a temporal shift before the convolution itself; others get what is shifted already."""

    last_resort = False
    """Whether it is slower than the plain call, and only worth a try where that one is wrong."""

    @abstractmethod
    def fits(self, g: Geometry) -> bool:
        """Whether it can compute a convolution of this geometry (without its shift, unless it shifts)."""

    def affords(self, g: Geometry, shape: Shape) -> bool:
        """Whether what it copies for inputs of this shape (N, C, …) stays small enough to be worth a try."""
        return True

    def output(self, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        """The convolution of x with w."""
        raise RuntimeError(f"{self.name} does not compute the output")

    def input_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        """Of x's shape; of x only the shape is used."""
        raise RuntimeError(f"{self.name} does not compute the input gradient")

    def weight_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        """Of w's shape; of w only the shape is used."""
        raise RuntimeError(f"{self.name} does not compute the weight gradient")


def channels_last(x: Tensor) -> Tensor:
    """x with its channels innermost in memory; x itself if they are."""
    last = torch.channels_last if x.ndim == 4 else torch.channels_last_3d
    return x.contiguous(memory_format=last)


def convolve(x: Tensor, w: Tensor, g: Geometry) -> Tensor:
    """PyTorch's own call."""
    return torch.convolution(x, w, None, g.stride, g.padding, g.dilation, False, (0,) * g.axes, g.groups)


def gradients(
    d: Tensor, x: Tensor, w: Tensor, g: Geometry, *, of_input: bool = False, of_weight: bool = False
) -> tuple[Tensor, Tensor]:
    """PyTorch's own backward pass, of the input, of the weight, or both.

    Raises RuntimeError for a weight gradient that would be wrong or damage memory (`corrupts`).
    """
    if of_weight and corrupts(g, tuple(x.shape[2:]), x.dtype, x.device.type):
        raise RuntimeError(f"PyTorch's weight gradient is wrong for {g} in {x.dtype}")
    wanted = [of_input, of_weight, False]
    result = torch.ops.aten.convolution_backward(
        d, x, w, None, g.stride, g.padding, g.dilation, False, (0,) * g.axes, g.groups, wanted
    )
    return result[0], result[1]


def corrupts(g: Geometry, size: Shape, dtype: torch.dtype, device: str) -> bool:
    """Whether PyTorch's own weight gradient for an input of this size (axes after channels) is not to be run.

    On CPUs, the bf16 weight gradient of a padded convolution is garbage where a clip is no longer than the
    kernel reaches (two frames under a kernel of three, two to four under five), and on maps of one pixel with
    a stride. In the second case it also writes beyond its buffers: the process dies later, elsewhere. Found
    by trying 356 small geometries in a process each while glibc checked its heap (PyTorch 2.13,
    AVX-512-BF16); output and input gradient were right everywhere, and with explicit padding all three are.
    Some geometries that would be right are refused: the rule is simpler than the truth.
    """
    if dtype is not torch.bfloat16 or device != "cpu":
        return False
    padded = [p > 0 for p in g.padding]
    short = g.axes == 3 and padded[0] and size[0] <= g.reach[0]
    return short or any(n == 1 and p for n, p in zip(size[-2:], padded[-2:], strict=True))
