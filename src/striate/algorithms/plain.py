"""PyTorch's call as it is, with explicit padding, and with flipped kernels."""

from dataclasses import replace

import torch.nn.functional as F
from torch import Tensor

from striate.algorithms.algorithm import (
    Algorithm,
    Geometry,
    Operation,
    Shape,
    channels_last,
    convolve,
    gradients,
)


class Plain(Algorithm):
    """The one call, on tensors as they come: with channels last, as all networks and batches are laid out."""

    name = "plain"

    def fits(self, g: Geometry) -> bool:
        return True

    def output(self, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        return convolve(x, w, g)

    def input_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        return gradients(d, x, w, g, of_input=True)[0]

    def weight_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        return gradients(d, x, w, g, of_weight=True)[1]


class Padded(Algorithm):
    """The padding made explicit: some kernels are wrong only where they pad by themselves."""

    name = "padded"
    last_resort = True

    def fits(self, g: Geometry) -> bool:
        return any(g.padding)

    def output(self, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        return convolve(_padded(x, g), channels_last(w), g.unpadded())

    def input_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        whole = gradients(channels_last(d), _padded(x, g), channels_last(w), g.unpadded(), of_input=True)[0]
        for axis, (p, n) in enumerate(zip(g.padding, x.shape[2:], strict=True), start=2):
            whole = whole.narrow(axis, p, n)
        return channels_last(whole)

    def weight_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        return gradients(channels_last(d), _padded(x, g), channels_last(w), g.unpadded(), of_weight=True)[1]


def _padded(x: Tensor, g: Geometry) -> Tensor:
    return channels_last(F.pad(x, [p for side in reversed(g.padding) for p in (side, side)]))


class Flipped(Algorithm):
    """The input's gradient as a forward convolution of the output's gradient with the flipped kernel."""

    name = "flipped kernel"
    offers = (Operation.INPUT_GRADIENT,)

    def fits(self, g: Geometry) -> bool:
        alike = g.groups == 1 or g.depthwise
        return alike and g.unit_stride and all(p >= 0 for p in g.flipped().padding)

    def input_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        return convolve(channels_last(d), channels_last(flipped(w, g)), g.flipped())


class Spread(Algorithm):
    """The input's gradient of a strided depthwise convolution: zeros between places, then flipped kernels.

    Dense convolutions would multiply mostly zeros; depthwise ones are bound by memory, and PyTorch's own bf16
    kernel takes 25 times as long as its forward pass.
    """

    name = "spread, flipped kernel"
    offers = (Operation.INPUT_GRADIENT,)

    def fits(self, g: Geometry) -> bool:
        return g.depthwise and not g.unit_stride and all(p >= 0 for p in g.flipped().padding)

    def input_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        sides = [n + 2 * p - reach for n, p, reach in zip(x.shape[2:], g.padding, g.reach, strict=True)]
        unit = replace(g.flipped(), stride=(1,) * g.axes)
        return convolve(spread(d, tuple(sides), g), channels_last(flipped(w, g)), unit)


def spread(d: Tensor, size: Shape, g: Geometry) -> Tensor:
    """The values of d a stride apart, zeros between and after them: (N, O, *size)."""
    apart = channels_last(d.new_zeros(*d.shape[:2], *size))
    places = tuple(slice(0, (n - 1) * s + 1, s) for n, s in zip(d.shape[2:], g.stride, strict=True))
    apart[(slice(None), slice(None), *places)] = d
    return apart


def flipped(w: Tensor, g: Geometry) -> Tensor:
    """The weight of the flipped convolution: turned round along each axis, filters and channels swapped."""
    turned = w.flip(*range(2, w.ndim))
    return turned if g.depthwise else turned.transpose(0, 1)
