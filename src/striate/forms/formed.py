"""Chosen forms, put into a network for the length of a block.

A layer is told through its `_conv_forward`, which `nn.Conv2d` and `nn.Conv3d` call with input, weight and
bias: no layer is replaced, so names, parameters, hooks and subclasses stay as they are, and taking the
forms out again is deleting one attribute.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from striate.forms.catalogue import FORMS
from striate.forms.form import Form, Operation, channels_last
from striate.forms.geometry import Geometry, Shape
from striate.forms.safety import corrupts

Number = Literal["fp32", "bf16"]
DTYPES: dict[Number, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}


@dataclass(frozen=True)
class Choice:
    """How one operation is computed: a name of `FORMS`, in a number format."""

    form: str
    number_format: Number


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
        return all(choice.form == "plain" for choice in every) and len({c.number_format for c in every}) == 1


Key = tuple[Geometry, Shape]
Table = Mapping[Key, Choices]
"""By a layer's geometry and the shape of its input, batch included."""


@contextmanager
def formed(network: nn.Module, table: Table) -> Iterator[None]:
    """Inside the block the network's convolutions take the forms of the table.

    Where the table has no entry for a shape, a layer is computed as PyTorch does. Without gradients the batch
    size does not matter: only the output is computed, which the form of another batch size does as well.
    """
    without_batch = {(geometry, shape[1:]): choices for (geometry, shape), choices in table.items()}
    changed = []
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Conv3d) and (geometry := Geometry.of(layer)):
            layer._conv_forward = _Formed(geometry, table, without_batch)  # type: ignore[method-assign,assignment]
            changed.append(layer)
    try:
        yield
    finally:
        for layer in changed:
            layer.__dict__.pop("_conv_forward", None)


@dataclass(frozen=True)
class _Formed:
    """What stands in for a layer's own call."""

    geometry: Geometry
    table: Table
    without_batch: Mapping[Key, Choices]

    def __call__(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        choices = self._choices(x, weight)
        if choices is None or choices.plain:
            return self._plain(x, weight, bias)
        x, w = x.to(_dtype(x)), weight.to(_dtype(x))
        if not torch.is_grad_enabled():
            y = compute(choices.output, Operation.OUTPUT, self.geometry, x, w)
        else:
            y = _Convolution.apply(x, w, self.geometry, choices)  # type: ignore[no-untyped-call]
        return y if bias is None else y + bias.to(y.dtype).view(-1, *(1,) * self.geometry.axes)

    def _choices(self, x: Tensor, weight: Tensor) -> Choices | None:
        if x.is_meta or x.ndim != self.geometry.axes + 2:
            return None
        if torch.is_grad_enabled() and (x.requires_grad or weight.requires_grad):
            return self.table.get((self.geometry, tuple(x.shape)), self._safe(x))
        return self.without_batch.get((self.geometry, tuple(x.shape[1:])))

    def _safe(self, x: Tensor) -> Choices | None:
        """For a shape that was not measured: plain, except where that is known to be wrong."""
        if corrupts(self.geometry, tuple(x.shape[2:]), _dtype(x), x.device.type):
            return Choices(Choice("plain", "bf16"), Choice("plain", "bf16"), Choice("padded", "bf16"))
        return None

    def _plain(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        g = self.geometry
        call: Any = F.conv2d if g.axes == 2 else F.conv3d
        result: Tensor = call(x, weight, bias, g.stride, g.padding, g.dilation, g.groups)
        return result


def _dtype(x: Tensor) -> torch.dtype:
    """What a convolution of x is computed in: autocast's number format, where autocast is on."""
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype


def compute(choice: Choice, operation: Operation, g: Geometry, *tensors: Tensor) -> Tensor:
    """One operation as chosen, in the number format of the first tensor when it is done.

    tensors: x and w for the output, d, x and w for a gradient.
    """
    form: Form = FORMS[choice.form]
    inside = DTYPES[choice.number_format]
    calls: dict[Operation, Callable[..., Tensor]] = {
        Operation.OUTPUT: form.output,
        Operation.INPUT_GRADIENT: form.input_gradient,
        Operation.WEIGHT_GRADIENT: form.weight_gradient,
    }
    result = calls[operation](*(tensor.to(inside) for tensor in tensors), g)
    return result.to(tensors[0].dtype)


class _Convolution(torch.autograd.Function):
    """A convolution whose three operations take the forms chosen for them."""

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
