"""Convolutions on clips whose kernel is flat along time or along space, as 2D convolutions.

With channels last in memory (N, T, H, W, C) both refoldings are views: nothing is copied.
"""

from abc import abstractmethod

from torch import Tensor

from striate.algorithms.algorithm import Algorithm, channels_last, convolve, gradients
from striate.algorithms.geometry import Geometry


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
