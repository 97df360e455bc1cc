"""Layers whose weight holds kernels, (filters, channels of a group, *kernel), and how these are padded."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from striate.derivation import Pad, Terms
from striate.derivation.shapes import Array
from striate.explaining.kinds.kind import Index, InputGradient, Kind
from striate.layers import CausalConv3d
from striate.pages.maths import Maths


@dataclass(frozen=True, eq=False)
class KernelKind(Kind):
    """A kind whose weight holds kernels, (filters, channels of a group, *kernel)."""

    parameters = ("weight", "bias")
    plain_slopes = True

    @property
    def weight(self) -> Array:
        """The weight in float64."""
        return self.arguments["weight"]

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        names = ("filter", "channel", *("frame", "row", "column")[5 - self.weight.ndim :])
        return {"weight": names, "bias": ("filter",)}

    @abstractmethod
    def row_times_column(self, terms: Terms) -> float:
        """The same gradient as one entry of the product of δ and the unfolded input."""

    def delta_row(self, parameter: str, index: Index) -> Array:
        """δ of the filter of a weight at all its places, over all samples: a row of δ."""
        return self.terms(parameter, index).upstream.reshape(-1)

    def patches_column(self, parameter: str, index: Index) -> Array:
        """What a weight met at these places: a column of the unfolded input."""
        return self.terms(parameter, index).seen.reshape(-1)

    @property
    @abstractmethod
    def gradient_formula(self) -> Maths:
        """∂L/∂w as a sum."""

    def input_gradient(self) -> InputGradient:
        """Σ|term| is the same sum over absolute values."""
        positive = {name: np.abs(values) for name, values in self.arguments.items()}
        terms = self.weight.size // self.weight.shape[1]
        return InputGradient(
            self.back(self.upstream, self.arguments), self.back(np.abs(self.upstream), positive), terms
        )


def pads_of(layer: Any) -> Sequence[Any]:
    """Padding per axis; torch's "same" puts the odd cell behind, a causal one all frames before."""
    if isinstance(layer, CausalConv3d):
        return [(layer.frames_before, 0), *layer.padding[1:]]
    if layer.padding == "valid":
        return [0] * len(layer.kernel_size)
    if layer.padding != "same":
        return tuple(layer.padding)
    added = [d * (k - 1) for d, k in zip(layer.dilation, layer.kernel_size, strict=True)]
    return [(cells // 2, cells - cells // 2) for cells in added]


def before(around: Pad, axes: int) -> Array:
    """Cells that are added before each axis, to be taken from positions (axes, ...)."""
    return np.reshape([first for first, _ in around.pads], (-1,) + (1,) * (axes - 1))
