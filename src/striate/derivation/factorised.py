"""(2+1)D convolution: a look at each frame, then a look along time (Tran et al. 2018).

A t×k×k kernel is replaced by a 1×k×k one into M channels and a t×1×1 one out of them:

    m = w_space ∗ x            (N, M, T, H', W')
    a = f(m)                   a non-linearity that the full 3D kernel does not have
    y = w_time ∗ a             (N, O, T', H', W')

With the paper's M = ⌊t·k²·C·O / (k²·C + t·O)⌋ both have as many parameters as the 3D kernel.
Without f the two are one linear map, the 3D convolution of the kernel

    w[o,c,τ,u] = Σ_m w_time[o,m,τ] · w_space[m,c,u]

a sum of M separable kernels: it can be any 3D kernel only if M is large enough.

Backward is the chain rule through the three steps, last first.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np

from striate.derivation.convolution import Convolution
from striate.derivation.convolution import Saved as ConvolutionSaved
from striate.derivation.piecewise_linear import Relu
from striate.derivation.shapes import Array
from striate.errors import ArgumentError


class Elementwise(Protocol):
    """What may stand between the two convolutions: an operation without parameters."""

    def forward(self, x: Array) -> tuple[Array, Any]: ...
    def backward(self, dy: Array, saved: Any) -> Array: ...


class Gradients(NamedTuple):
    """∂L/∂ of the input and the two weights."""

    input: Array
    weight_space: Array
    weight_time: Array


class Saved(NamedTuple):
    """What each of the three steps saved."""

    space: ConvolutionSaved
    between: Any
    time: ConvolutionSaved


@dataclass(frozen=True)
class TwoPlusOne:
    """Strides and paddings in time and in space, and what stands between; ReLU as in the paper."""

    stride_time: int = 1
    stride_space: int = 1
    padding_time: int = 0
    padding_space: int = 0
    between: Elementwise | None = field(default_factory=Relu)

    @property
    def space(self) -> Convolution:
        """1×k×k: within each frame."""
        return Convolution((1, *(self.stride_space,) * 2), (0, *(self.padding_space,) * 2))

    @property
    def time(self) -> Convolution:
        """t×1×1: along time, at each pixel."""
        return Convolution((self.stride_time, 1, 1), (self.padding_time, 0, 0))

    def forward(self, x: Array, weight_space: Array, weight_time: Array) -> tuple[Array, Saved]:
        """x (N, C, T, H, W), weight_space (M, C, 1, k, k), weight_time (O, M, t, 1, 1)."""
        check(weight_space, weight_time)
        middle, space = self.space.forward(x, weight_space)
        active, between = (middle, None) if self.between is None else self.between.forward(middle)
        y, time = self.time.forward(active, weight_time)
        return y, Saved(space, between, time)

    def backward(self, dy: Array, saved: Saved) -> Gradients:
        """δ → the gradients of the input and of both weights."""
        d_active, d_weight_time, _ = self.time.backward(dy, saved.time)
        d_middle = d_active if self.between is None else self.between.backward(d_active, saved.between)
        dx, d_weight_space, _ = self.space.backward(d_middle, saved.space)
        return Gradients(dx, d_weight_space, d_weight_time)


def check(weight_space: Array, weight_time: Array) -> None:
    """The first kernel has no extent in time, the second none in space, and M agrees."""
    fits = weight_space.ndim == weight_time.ndim == 5
    fits = fits and weight_space.shape[2] == 1 and weight_time.shape[3:] == (1, 1)
    if not fits or weight_time.shape[1] != weight_space.shape[0]:
        raise ArgumentError(
            f"a (2+1)D convolution got weights of shape {weight_space.shape} and {weight_time.shape}, "
            "expected (M, C, 1, k, k) and (O, M, t, 1, 1)"
        )


def full_kernel(weight_space: Array, weight_time: Array) -> Array:
    """The 3D kernel (O, C, t, k, k) that the two make together where nothing stands between.

    Args:
        weight_space: (M, C, 1, k, k), the kernels within a frame.
        weight_time: (O, M, t, 1, 1), the kernels over frames.
    """
    check(weight_space, weight_time)
    kernel: Array = np.einsum("omt,mcij->octij", weight_time[..., 0, 0], weight_space[:, :, 0])
    return kernel
