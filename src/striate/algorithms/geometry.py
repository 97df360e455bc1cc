"""What is fixed about a convolution before its input comes: channels, kernel, stride, padding, groups."""

from dataclasses import dataclass, replace

from torch import nn

from striate.layers import ShiftedConv2d
from striate.sizes import window_count

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
