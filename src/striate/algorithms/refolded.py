"""Convolutions on clips as 2D ones: kernels flat along time or space, and depthwise ones."""

from abc import abstractmethod
from collections.abc import Iterator

import torch
from torch import Tensor

from striate.algorithms.algorithm import Algorithm, Geometry, Operation, channels_last, convolve, gradients
from striate.algorithms.plain import flipped
from striate.algorithms.products import add_shifted, overlap

# Convolutions on clips whose kernel is flat along time or along space, as 2D convolutions.
#
# With channels last in memory (N, T, H, W, C) both refoldings are views: nothing is copied.


class Refolded(Algorithm):
    """A 2D convolution on a refolded clip. An algorithm says how clip, weight and geometry are refolded."""

    @abstractmethod
    def fold(self, x: Tensor) -> Tensor:
        """(N, C, T, H, W) → four axes."""

    @abstractmethod
    def unfold(self, y: Tensor, like: Tensor) -> Tensor:
        """Back to five axes, for the clips `like`."""

    @abstractmethod
    def flat_weight(self, w: Tensor) -> Tensor:
        """(O, C, *kernel) with one axis less."""

    @abstractmethod
    def flat(self, g: Geometry) -> Geometry:
        """The 2D convolution."""

    def output(self, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        y = convolve(self._folded(x), self._weight(w), self.flat(g))
        return self.unfold(y, x)

    def input_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        found = gradients(self._folded(d), self._folded(x), self._weight(w), self.flat(g), of_input=True)[0]
        return self.unfold(found, x)

    def weight_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        found = gradients(self._folded(d), self._folded(x), self._weight(w), self.flat(g), of_weight=True)[1]
        return found.reshape(w.shape)

    def _folded(self, x: Tensor) -> Tensor:
        return channels_last(self.fold(channels_last(x)))

    def _weight(self, w: Tensor) -> Tensor:
        return channels_last(self.flat_weight(w))


class Frames(Refolded):
    """1×k×k as a 2D convolution over all frames of all clips: (N·T, C, H, W)."""

    name = "2D over frames"

    def fits(self, g: Geometry) -> bool:
        return g.axes == 3 and (g.kernel[0], g.stride[0], g.padding[0]) == (1, 1, 0)

    def fold(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2).flatten(0, 1)

    def unfold(self, y: Tensor, like: Tensor) -> Tensor:
        return y.reshape(like.shape[0], like.shape[2], *y.shape[1:]).transpose(1, 2)

    def flat_weight(self, w: Tensor) -> Tensor:
        return w.squeeze(2)

    def flat(self, g: Geometry) -> Geometry:
        return g.without_time()


class Time(Refolded):
    """t×1×1 as a 2D convolution over (T, H·W)."""

    name = "2D over time and pixels"

    def fits(self, g: Geometry) -> bool:
        return g.axes == 3 and (g.kernel[1:], g.stride[1:], g.padding[1:]) == ((1, 1), (1, 1), (0, 0))

    def fold(self, x: Tensor) -> Tensor:
        return x.flatten(3)

    def unfold(self, y: Tensor, like: Tensor) -> Tensor:
        return y.reshape(*y.shape[:3], *like.shape[3:])

    def flat_weight(self, w: Tensor) -> Tensor:
        return w.squeeze(4)

    def flat(self, g: Geometry) -> Geometry:
        return g.of_time()


# A depthwise convolution on clips as 2D depthwise ones, one per kernel frame, added up with a shift in
# time.
#
# PyTorch's own backward pass of the 3D one takes 10 to 80 times as long as its forward pass on CPUs.

_FRAMES = Frames()
LAST = torch.channels_last_3d


class DepthwiseFrames(Algorithm):
    """Each kernel frame as a 2D depthwise convolution over all frames."""

    name = "depthwise frames"

    def fits(self, g: Geometry) -> bool:
        return g.axes == 3 and g.depthwise and g.kernel[0] > 1 and g.stride[0] == 1

    def output(self, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        rows = channels_last(_FRAMES.fold(channels_last(x)))
        frames = g.output_size(tuple(x.shape[2:]))[0]
        flat = g.without_time()
        parts = (_FRAMES.unfold(convolve(rows, part, flat), x) for part in _kernel_frames(w))
        return add_shifted(parts, g, frames)

    def input_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        rows = channels_last(_FRAMES.fold(channels_last(d)))
        like = x.new_empty(len(rows), x.shape[1], *x.shape[3:])
        flat = g.without_time()
        like = channels_last(like)
        parts = (
            _FRAMES.unfold(gradients(rows, like, part, flat, of_input=True)[0], d)
            for part in _kernel_frames(w)
        )
        return add_shifted(parts, g, x.shape[2], back=True)

    def weight_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        d, x, flat = channels_last(d), channels_last(x), g.without_time()
        parts = [torch.zeros_like(part) for part in _kernel_frames(w)]
        for u, part in enumerate(parts):
            outs, ins = overlap(u, g, x.shape[2], d.shape[2])
            if outs.start < outs.stop:
                for deltas, received in _runs(d[:, :, outs], x[:, :, ins]):
                    part += gradients(deltas, received, part, flat, of_weight=True)[1]
        return torch.stack(parts, dim=2)


def _runs(d: Tensor, x: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Frames (frames, C, H, W) of both, all together or clip by clip: whichever is a view."""
    if d.is_contiguous(memory_format=LAST) and x.is_contiguous(memory_format=LAST):
        yield _FRAMES.fold(d), _FRAMES.fold(x)
    else:
        yield from zip(d.transpose(1, 2), x.transpose(1, 2), strict=True)


class DepthwiseFlipped(DepthwiseFrames):
    """The input's gradient as such a forward convolution with the flipped kernel."""

    name = "depthwise frames, flipped kernel"
    offers = (Operation.INPUT_GRADIENT,)

    def fits(self, g: Geometry) -> bool:
        return super().fits(g) and g.unit_stride and all(p >= 0 for p in g.flipped().padding)

    def input_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        return self.output(d, flipped(w, g), g.flipped())


def _kernel_frames(w: Tensor) -> Iterator[Tensor]:
    """(C, 1, t, k, k) → t times (C, 1, k, k)."""
    return (channels_last(part) for part in w.unbind(2))
