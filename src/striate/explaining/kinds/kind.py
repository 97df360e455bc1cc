"""What every kind of layer can do."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
from torch import nn

from striate.derivation import Terms
from striate.derivation.shapes import Array
from striate.explaining.checking import as_array
from striate.explaining.texts import ByLanguage, Texts
from striate.pages import Block
from striate.pages.document import Maths
from striate.tracing.recording import LayerRecord

Index = tuple[int, ...]
"""Where a number stands in a whole output: (sample, filter, *position)."""
EXACT = (0, 0.0)
"""What is summed for a number that was only moved."""


class Detail(Protocol):
    """What stands behind one number."""

    @property
    def value(self) -> float:
        """The number, by hand."""

    @property
    def summed(self) -> tuple[int, float]:
        """How many terms are added up for it, and Σ|term|: what rounding may do to it."""

    def to_json(self) -> dict[str, Any]:
        """Plain values, without the number itself."""

    def blocks(self, y: Maths, say: Texts) -> Iterator[Block]:
        """The same for a reader; y: the number's name. `say` knows the texts of the kind."""


@dataclass(frozen=True)
class InputGradient:
    """∂L/∂input by hand, Σ|term| of each of its numbers, and how many terms each has."""

    value: Array
    size: Array
    terms: int


@dataclass(frozen=True, eq=False)
class Kind(ABC):
    """One recorded call of a layer, and how it is worked out."""

    key: ClassVar[str]
    """Its name in JSON and in code."""
    layers: ClassVar[tuple[type[nn.Module] | str, ...]]
    """The modules that it works out; one that torch.nn lacks also by the name of its class."""
    texts: ClassVar[ByLanguage]
    """For every language its `name`, a sentence `text` on what it does, and what its blocks say."""
    parameters: ClassVar[tuple[str, ...]] = ()
    """Those that the operation's `forward` takes beside the input."""
    same_place: ClassVar[bool] = False
    """Whether an output depends, in evaluation, on the input at the same position alone."""

    record: LayerRecord

    @classmethod
    def of(cls, record: LayerRecord) -> "Kind":
        """The kind of this call, where a class stands for several."""
        return cls(record)

    @property
    def refusal(self) -> str | None:
        """What this call is, where it cannot be worked out after all, such as "a dropout in training"."""
        return None

    @property
    @abstractmethod
    def operation(self) -> Any:
        """The operation of `derivation` that computes the same."""

    @abstractmethod
    def detail(self, index: Index) -> Detail:
        """The number at `index` of the output, worked out."""

    @property
    def channel_axis(self) -> int:
        """The axis of the output that counts filters."""
        return 1

    @property
    def layer(self) -> Any:
        """The live module, for its geometry."""
        return self.record.layer

    @cached_property
    def x(self) -> Array:
        """The input in float64."""
        return as_array(self.record.input)

    @cached_property
    def arguments(self) -> dict[str, Array]:
        """The parameters in float64, by name; those that the layer has."""
        own = self.record.parameters
        return {name: as_array(own[name]) for name in self.parameters if name in own}

    @cached_property
    def upstream(self) -> Array:
        """∂L/∂output in float64."""
        assert self.record.upstream is not None
        return as_array(self.record.upstream)

    def input_gradient(self) -> InputGradient:
        """From ∂L/∂output back to ∂L/∂input; here of sums whose factors are all positive."""
        value = self.back(self.upstream, self.arguments)
        size = self.back(np.abs(self.upstream), self.arguments)
        return InputGradient(value, size, self.x[0, 0].size)

    def back(self, upstream: Array, arguments: Mapping[str, Array]) -> Array:
        """∂L/∂input of the operation with these arguments."""
        _, saved = self.operation.forward(self.x, **arguments)
        result = self.operation.backward(upstream, saved)
        gradient: Array = getattr(result, "input", result)
        return gradient


@dataclass(frozen=True, eq=False)
class KernelKind(Kind):
    """A kind whose weight holds kernels, (filters, channels of a group, *kernel)."""

    parameters = ("weight", "bias")

    @property
    def weight(self) -> Array:
        """The weight in float64."""
        return self.arguments["weight"]

    @abstractmethod
    def weight_terms(self, index: Index) -> Terms:
        """The terms of ∂L/∂weight[index]."""

    @abstractmethod
    def row_times_column(self, terms: Terms) -> float:
        """The same gradient as one entry of the product of δ and the unfolded input."""

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
