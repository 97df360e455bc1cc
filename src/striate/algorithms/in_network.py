"""Chosen algorithms: the table that keeps them, and how they are put into a network for a block of code."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from striate.algorithms.algorithm import Algorithm, Geometry, Operation, Shape, channels_last, corrupts
from striate.algorithms.catalogue import ALGORITHMS
from striate.algorithms.shifts import shift, shift_back
from striate.errors import ArgumentError, unknown
from striate.plain_values import from_plain, to_plain
from striate.watching import replaced

# What has been chosen for the convolutions of a network: a value that can be kept and sent.

Number = Literal["fp32", "bf16"]
DTYPES: dict[Number, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}


@dataclass(frozen=True)
class Choice:
    """How one operation is computed: a name of `ALGORITHMS`, in a number format."""

    algorithm: str
    """A name of `ALGORITHMS`."""
    number_format: Number
    """What it computes in."""


@dataclass(frozen=True)
class Choices:
    """How the three operations of a layer are computed."""

    output: Choice
    input_gradient: Choice
    weight_gradient: Choice

    @property
    def plain(self) -> bool:
        """Whether PyTorch's one call does all of it."""
        every = (self.output, self.input_gradient, self.weight_gradient)
        return (
            all(choice.algorithm == "plain" for choice in every)
            and len({c.number_format for c in every}) == 1
        )


Key = tuple[Geometry, Shape]
Table = Mapping[Key, Choices]
"""By a layer's geometry and the shape of its input, batch included."""


def to_json(table: Table) -> list[dict[str, Any]]:
    """Plain values, one entry a convolution."""
    return [
        {"convolution": to_plain(geometry), "input": list(shape), "algorithms": to_plain(choices)}
        for (geometry, shape), choices in table.items()
    ]


def from_json(entries: Sequence[Mapping[str, Any]]) -> Table:
    """The table again.

    Raises:
        ArgumentError: an entry says something else, or names an algorithm that there is none of.
    """
    read = [from_plain(_Entry, entry, "algorithms") for entry in entries]
    return {(entry.convolution, entry.input): entry.algorithms for entry in read}


@dataclass(frozen=True)
class _Entry:
    """One convolution of a table, as it is written."""

    convolution: Geometry
    input: Shape
    algorithms: Choices

    def __post_init__(self) -> None:
        chosen = self.algorithms
        for choice in (chosen.output, chosen.input_gradient, chosen.weight_gradient):
            if choice.algorithm not in ALGORITHMS:
                raise ArgumentError(unknown("algorithm", choice.algorithm, list(ALGORITHMS)))


# One operation of a convolution, in the algorithm and number format chosen for it.


def compute(choice: Choice, operation: Operation, g: Geometry, *tensors: Tensor) -> Tensor:
    """One operation as chosen, in the number format of the first tensor when it is done.

    tensors: x and w for the output, d, x and w for a gradient. x is what comes before a shift, and so is its
    gradient.
    """
    algorithm = ALGORITHMS[choice.algorithm]
    operands = [tensor.to(DTYPES[choice.number_format]) for tensor in tensors]
    if g.shift is None or algorithm.shifts:
        return _call(algorithm, operation)(*operands, g).to(tensors[0].dtype)
    if operation is not Operation.INPUT_GRADIENT:  # of x this one needs only the shape
        operands[-2] = shift(operands[-2], g.shift)
    result = _call(algorithm, operation)(*operands, g.unshifted())
    if operation is Operation.INPUT_GRADIENT:
        result = shift_back(result, g.shift)
    return result.to(tensors[0].dtype)


def _call(algorithm: Algorithm, operation: Operation) -> Callable[..., Tensor]:
    calls: dict[Operation, Callable[..., Tensor]] = {
        Operation.OUTPUT: algorithm.output,
        Operation.INPUT_GRADIENT: algorithm.input_gradient,
        Operation.WEIGHT_GRADIENT: algorithm.weight_gradient,
    }
    return calls[operation]


# Chosen algorithms, put into a network for the length of a block.
#
# The place to change is `_conv_forward`, which `nn.Conv2d` and `nn.Conv3d` call with input, weight and
# bias: no layer is replaced, so names, parameters, hooks and subclasses stay as they are, and taking the
# algorithms out again is deleting one attribute.


@contextmanager
def using_algorithms(network: nn.Module, table: Table) -> Iterator[None]:
    """Inside the block the network's convolutions take the algorithms of the table.

    Where the table has no entry for a shape, a layer is computed as PyTorch does. Without gradients the batch
    size does not matter: only the output is computed, which the algorithm of another batch size does as well;
    of several the last in the table counts.

    Args:
        network: any module; its parameters, state dict and hooks stay as they are.
        table: (geometry, batch and sizes) → the algorithm of each of the three operations, as `tune` finds
            it.
    """
    without_batch = {(geometry, shape[1:]): choices for (geometry, shape), choices in table.items()}
    stand_ins: dict[nn.Module, _Computed] = {
        layer: _Computed(layer, geometry, table, without_batch)
        for layer in network.modules()
        if isinstance(layer, nn.Conv2d | nn.Conv3d) and (geometry := Geometry.of(layer))
    }
    with replaced("_conv_forward", stand_ins):
        yield


@dataclass(frozen=True)
class _Computed:
    """What stands in for a layer's own call."""

    layer: nn.Conv2d | nn.Conv3d
    geometry: Geometry
    table: Table
    without_batch: Mapping[Key, Choices]

    def __call__(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        g = self._geometry_now()
        choices = self._choices(g, x, weight)
        if choices is None or choices.plain:
            plain: Tensor = type(self.layer)._conv_forward(self.layer, x, weight, bias)  # type: ignore[arg-type]
            return plain
        x, w = x.to(_dtype(x)), weight.to(_dtype(x))
        if not torch.is_grad_enabled():
            y = compute(choices.output, Operation.OUTPUT, g, x, w)
        else:
            y = _Convolution.apply(x, w, g, choices)  # type: ignore[no-untyped-call]
        return y if bias is None else y + bias.to(y.dtype).view(-1, *(1,) * g.axes)

    def _geometry_now(self) -> Geometry:
        """Only a shift may change: it depends on the length of the clips passing."""
        return self.geometry if self.geometry.shift is None else Geometry.of(self.layer) or self.geometry

    def _choices(self, g: Geometry, x: Tensor, weight: Tensor) -> Choices | None:
        if x.is_meta or x.ndim != g.axes + 2:
            return None
        if torch.is_grad_enabled() and (x.requires_grad or weight.requires_grad):
            return self.table.get((g, tuple(x.shape)), _safe(g, x))
        return self.without_batch.get((g, tuple(x.shape[1:])))

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Computed":
        copy: nn.Conv2d | nn.Conv3d = memo.get(id(self.layer), self.layer)
        return _Computed(copy, self.geometry, self.table, self.without_batch)


def _safe(g: Geometry, x: Tensor) -> Choices | None:
    """For a shape that was not measured: plain, except where that is known to be wrong."""
    if corrupts(g, tuple(x.shape[2:]), _dtype(x), x.device.type):
        return Choices(Choice("plain", "bf16"), Choice("plain", "bf16"), Choice("padded", "bf16"))
    return None


def _dtype(x: Tensor) -> torch.dtype:
    """What a convolution of x is computed in: autocast's number format, where autocast is on."""
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype


class _Convolution(torch.autograd.Function):
    """A convolution whose three operations take the algorithms chosen for them."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor, geometry: Geometry, choices: Choices) -> Tensor:
        ctx.save_for_backward(x, w)
        ctx.geometry, ctx.choices = geometry, choices
        return compute(choices.output, Operation.OUTPUT, geometry, x, w)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        x, w = ctx.saved_tensors
        geometry, choices = ctx.geometry, ctx.choices
        of_input = of_weight = None
        with torch.autocast(d.device.type, enabled=False):
            d = channels_last(d.to(x.dtype))
            if ctx.needs_input_grad[0]:
                of_input = compute(choices.input_gradient, Operation.INPUT_GRADIENT, geometry, d, x, w)
            if ctx.needs_input_grad[1]:
                of_weight = compute(choices.weight_gradient, Operation.WEIGHT_GRADIENT, geometry, d, x, w)
        return of_input, of_weight, None, None
