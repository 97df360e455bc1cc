"""Layers whose weight holds kernels, (filters, channels of a group, *kernel)."""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from striate.derivation import Terms
from striate.derivation.shapes import Array
from striate.explaining.kinds.kind import Index, InputGradient, Kind
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
