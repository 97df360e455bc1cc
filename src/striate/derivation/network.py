"""Layers in a row: a network that can be trained, of the operations in this room.

Forward hands each output to the next layer and keeps what each one saved. Backward is the chain rule read
from the end: with y = f_k(… f_2(f_1(x))), the gradient at the end is multiplied by the transposed derivative
of f_k, then of f_{k−1}, …, and each layer takes the gradients of its own parameters on the way.

A network is a value: a step makes a new one with other parameters. Nothing has a mode. What training needs
and evaluation does not (a dropout's mask), or the other way round (a batch normalisation's running mean),
is given by name: `network.forward(x, {"3.mask": mask})`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod, sqrt
from typing import Any, Protocol

import numpy as np

from striate.derivation.convolution import Convolution
from striate.derivation.fully_connected import FullyConnected
from striate.derivation.shapes import Array, Sizes
from striate.errors import ArgumentError


class Operation(Protocol):
    """Forward gives the output and what backward needs; backward gives ∂L/∂input, then of the parameters.

    Those with parameters return a named tuple whose fields have the names that `forward` takes.
    """

    @property
    def forward(self) -> Callable[..., tuple[Array, Any]]: ...
    @property
    def backward(self) -> Callable[..., Any]: ...


@dataclass(frozen=True)
class Layer:
    """An operation with its parameters, named as its `forward` names them."""

    operation: Operation
    parameters: Mapping[str, Array] = field(default_factory=dict)

    def backward(self, dy: Array, saved: Any) -> tuple[Array, dict[str, Array]]:
        """∂L/∂input, and ∂L/∂ of each parameter by name."""
        result = self.operation.backward(dy, saved)
        if not self.parameters:
            return result, {}
        return result.input, {name: getattr(result, name) for name in self.parameters}

    def parameter_gradients(self, dy: Array, saved: Any) -> dict[str, Array]:
        """∂L/∂ of each parameter, without the input's where the operation can leave it out."""
        alone = getattr(self.operation, "parameter_gradients", None)
        if alone is None or not self.parameters:
            return self.backward(dy, saved)[1]
        result = alone(dy, saved)
        return {name: getattr(result, name) for name in self.parameters}


@dataclass(frozen=True)
class Sequential:
    """Layers in a row; parameters are named "number.name", as torch names them."""

    layers: tuple[Layer, ...]

    @property
    def parameters(self) -> dict[str, Array]:
        """Every parameter by name."""
        return {
            f"{number}.{name}": value
            for number, layer in enumerate(self.layers)
            for name, value in layer.parameters.items()
        }

    def with_parameters(self, parameters: Mapping[str, Array]) -> "Sequential":
        """The same network with other numbers; all names must be there, and the shapes stay."""
        for name, value in self.parameters.items():
            if name not in parameters or parameters[name].shape != value.shape:
                came = parameters[name].shape if name in parameters else "nothing"
                raise ArgumentError(f"parameter {name}: got {came}, expected shape {value.shape}")
        layers = (
            replace(layer, parameters={name: parameters[f"{number}.{name}"] for name in layer.parameters})
            for number, layer in enumerate(self.layers)
        )
        return Sequential(tuple(layers))

    def forward(self, x: Array, given: Mapping[str, Array] | None = None) -> tuple[Array, list[Any]]:
        """The output, and what each layer saved; `given` holds further arguments as "number.name"."""
        kept = []
        for number, layer in enumerate(self.layers):
            further = arguments_of(number, given or {})
            x, saved = layer.operation.forward(x, **layer.parameters, **further)
            kept.append(saved)
        return x, kept

    def backward(self, dy: Array, saved: Sequence[Any]) -> tuple[Array, dict[str, Array]]:
        """∂L/∂input, and ∂L/∂ of every parameter by name."""
        dy, gradients = self.back_to(1, dy, saved)
        dx, own = self.layers[0].backward(dy, saved[0])
        return dx, named(0, own) | gradients

    def parameter_gradients(self, dy: Array, saved: Sequence[Any]) -> dict[str, Array]:
        """∂L/∂ of every parameter: for training, where the input itself learns nothing."""
        dy, gradients = self.back_to(1, dy, saved)
        return named(0, self.layers[0].parameter_gradients(dy, saved[0])) | gradients

    def back_to(self, first: int, dy: Array, saved: Sequence[Any]) -> tuple[Array, dict[str, Array]]:
        """∂L/∂ of what layer `first` took, and of the parameters from there on."""
        gradients: dict[str, Array] = {}
        for number in reversed(range(first, len(self.layers))):
            dy, own = self.layers[number].backward(dy, saved[number])
            gradients = named(number, own) | gradients
        return dy, gradients


def named(number: int, gradients: Mapping[str, Array]) -> dict[str, Array]:
    """Names within a layer → names within the network."""
    return {f"{number}.{name}": value for name, value in gradients.items()}


def arguments_of(number: int, given: Mapping[str, Array]) -> dict[str, Array]:
    """The entries "number.name" of one layer, as name → value."""
    start = f"{number}."
    return {name.removeprefix(start): value for name, value in given.items() if name.startswith(start)}


def he_normal(shape: Sizes, random: np.random.Generator, dtype: "np.dtype[Any]") -> Array:
    """Weights (out, in, ...) of σ = √(2/fan-in), which ReLUs neither shrink nor grow (He et al. 2015)."""
    return (random.standard_normal(shape) * sqrt(2 / prod(shape[1:]))).astype(dtype)


def convolution_layer(
    weight_shape: Sizes,
    random: np.random.Generator,
    operation: Convolution | None = None,
    dtype: "np.dtype[Any] | type" = np.float32,
) -> Layer:
    """A convolution with He's weights of (filters, channels/groups, *kernel) and zero biases.

    Args:
        weight_shape: (filters, channels/groups, *kernel).
        random: where the weights are drawn from.
        operation: stride, padding, dilation and groups; by default 1, 0, 1 and 1.
        dtype: of the weights.
    """
    weight = he_normal(weight_shape, random, np.dtype(dtype))
    return Layer(operation or Convolution(), {"weight": weight, "bias": np.zeros(weight_shape[0], dtype)})


def fully_connected_layer(
    inputs: int, outputs: int, random: np.random.Generator, dtype: "np.dtype[Any] | type" = np.float32
) -> Layer:
    """A fully connected layer with He's weights and zero biases.

    Args:
        inputs: numbers that come in.
        outputs: numbers that go out.
        random: where the weights are drawn from.
        dtype: of the weights.
    """
    weight = he_normal((outputs, inputs), random, np.dtype(dtype))
    return Layer(FullyConnected(), {"weight": weight, "bias": np.zeros(outputs, dtype)})
