"""What every kind of layer can do."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, ClassVar, Protocol

import numpy as np
from torch import nn

from striate.derivation import Terms
from striate.derivation.shapes import Array
from striate.errors import NetworkError
from striate.explaining.checking import as_array
from striate.explaining.texts import ByLanguage, Texts
from striate.pages import Block
from striate.pages.maths import Maths
from striate.tracing.layer_record import LayerRecord

Index = tuple[int, ...]
"""Where a number stands in a whole output: (sample, filter, *position)."""
FEW = 1 << 18
"""Numbers of an input, at most, that are all asked whether an output is made of them."""
NOWHERE = -1
"""The place of what is in no input, as padding."""
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


@dataclass(frozen=True)
class Fed:
    """The outputs that one input has a part in, and how each changes with it: ∂y/∂x.

    Where it has a part in none, both are empty.
    """

    places: Array  # (outputs, axes): where each stands in the whole output
    slopes: Array  # (outputs,)


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
    plain_slopes: ClassVar[bool] = False
    """Whether ∂y/∂x are numbers of the layer as they stand, such as weights, 1, or a share."""
    hears_all: ClassVar[bool] = False
    """Whether `input_gradient` takes in what comes back to its further outputs too, such as a last state."""
    mixes_samples: ClassVar[bool] = False
    """Whether an output depends on more than one row of the batch, as where frames are folded into it."""

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
    def sample_axis(self) -> int:
        """The axis of the output that counts samples."""
        return 0

    @property
    def layer(self) -> Any:
        """The live module, for its geometry."""
        return self.record.layer

    @cached_property
    def x(self) -> Array:
        """The input in float64."""
        return as_array(self.record.input)

    def x_at(self, index: Index) -> Array:
        """One number of the input, without the others."""
        return as_array(self.record.input[index])

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

    def fed(self, index: Index) -> Fed:
        """∂y/∂x[index] of every output: here of operations that are linear in x, what becomes of x = 1 there.

        index: a place in the whole input.
        """
        sample = slice(None) if self.mixes_samples else slice(index[0], index[0] + 1)
        one = np.zeros(self.x[sample].shape)
        one[(index[0] if self.mixes_samples else 0, *index[1:])] = 1.0
        return fed_by(self.linear_part(one), 0 if self.mixes_samples else index[0])

    def reads(self, index: Index) -> Array | None:
        """Which inputs the number at `index` is made of, as places in the flattened input, −1 for none.

        In the order in which its detail tells them. None where that is not one list, as in a recurrent layer.
        """
        if self.same_place:
            return np.array([np.ravel_multi_index(index, self.x.shape)])
        one = np.zeros(self.record.output.shape)
        one[index] = 1.0
        return np.flatnonzero(self.back(one, self.arguments)) if self.x.size <= FEW else None

    def fed_size(self, index: Index, products: Array) -> tuple[int, float]:
        """How many roundings δ·∂y/∂x[index] has beside those of the sum, and Σ|term|; products: δ·∂y/∂x."""
        if self.plain_slopes:
            return 0, float(np.abs(products).sum())
        found = self.input_gradient()
        return found.terms, float(found.size[index])

    def filter_of(self, parameter: str, index: Index) -> int | None:
        """The filter whose outputs alone parameter[index] has a part in; None where there are several."""
        names = self.axes[parameter]
        own = next((names.index(name) for name in ("filter", "output", "channel") if name in names), None)
        return None if own is None else index[own]

    def place_of(self, parameter: str, index: Index, sample: int, position: Index) -> Index | None:
        """Where in the whole output a term of ∂L/∂parameter[index] arose; None where δ is of no output."""
        return (sample, index[0], *position)

    def linear_part(self, x: Array) -> Array:
        """The operation without what it adds to every input alike."""
        arguments = {name: value for name, value in self.arguments.items() if "bias" not in name}
        y: Array = self.operation.forward(x, **arguments)[0]
        return y

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """Names of the axes of the parameters whose gradients can be taken apart."""
        return {}

    @property
    def learned(self) -> dict[str, tuple[str, ...]]:
        """The same of those that this layer has."""
        return {name: axes for name, axes in self.axes.items() if name in self.arguments}

    def terms(self, parameter: str, index: Index) -> Terms:
        """The terms of ∂L/∂parameter[index], one for every use."""
        raise NetworkError(
            f"{self.record.title} has no parameter {parameter} whose gradient is a sum of terms"
        )

    def terms_size(self, parameter: str, terms: Terms) -> tuple[int, float]:
        """How many roundings each term has beside that of the sum, and Σ|term|."""
        return 0, float(np.abs(terms.values).sum())

    def kernel_sums(self, parameter: str, index: Index) -> tuple[Array, Array]:
        """∂L/∂ of every weight of the kernel that `index` lies in, and Σ|term| of each: both (*kernel)."""
        shape = self.arguments[parameter].shape[2:]
        terms = [
            self.terms(parameter, (*index[:2], *u)) for u in product(*map(range, shape))
        ]  # one for every position
        sizes = [np.abs(one.values).sum() for one in terms]
        return np.reshape([one.total for one in terms], shape), np.reshape(sizes, shape)

    def back(self, upstream: Array, arguments: Mapping[str, Array]) -> Array:
        """∂L/∂input of the operation with these arguments."""
        _, saved = self.operation.forward(self.x, **arguments)
        result = self.operation.backward(upstream, saved)
        gradient: Array = getattr(result, "input", result)
        return gradient


def flat_places(shape: tuple[int, ...], before: Index, channels: Sequence[int], cells: Array) -> Array:
    """Cells of some channels, as places in a flattened input; `NOWHERE` where they lie outside.

    before: what stands before the channels in an index. cells: (axes, *kernel).
    """
    sizes = np.reshape(shape[len(before) + 1 :], (-1,) + (1,) * (cells.ndim - 1))
    inside = ((cells >= 0) & (cells < sizes)).all(axis=0)
    kept = np.where(inside, cells, 0)
    flat = [np.where(inside, np.ravel_multi_index((*before, c, *kept), shape), NOWHERE) for c in channels]
    return np.stack(flat).reshape(-1)


def fed_by(slopes: Array, first: int) -> Fed:
    """The outputs whose slope is not 0; first: the sample that row 0 of `slopes` is."""
    places = np.argwhere(slopes)
    found = slopes[tuple(places.T)]
    places[:, 0] += first
    return Fed(places, found)
