"""What an algorithm is: three operations, each of which it may or may not offer."""

from abc import ABC, abstractmethod
from enum import StrEnum

import torch
from torch import Tensor

from striate.algorithms.geometry import Geometry, Shape


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
