"""ONNX operations on whole numbers that stand for fractions: scale · (number − zero)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from striate.tracing.files.onnx_unknown import UnknownNodeError
from striate.tracing.files.onnx_windows import conv

Attributes = Mapping[str, Any]


def along(values: Tensor, x: Tensor, axis: int) -> Tensor:
    """Numbers for each position along an axis of a tensor, so that they broadcast with it."""
    if values.dim() > 1:  # of blocks
        raise UnknownNodeError
    if values.dim() == 0 or values.numel() == 1:
        return values.reshape(())
    return values.reshape([-1 if dim == axis % x.dim() else 1 for dim in range(x.dim())])


def quantize(a: Attributes, x: Tensor, scale: Tensor, zero: Tensor | None = None) -> Tensor:
    """Fractions as the whole numbers that stand for them."""
    dtype = torch.uint8 if zero is None else zero.dtype
    axis, limits = a.get("axis", 1), torch.iinfo(dtype)
    offset = 0 if zero is None else along(zero, x, axis).to(x.dtype)
    scaled = torch.round(x / along(scale, x, axis)) + offset
    return torch.clamp(scaled, limits.min, limits.max).to(dtype)


def dequantize(a: Attributes, x: Tensor, scale: Tensor, zero: Tensor | None = None) -> Tensor:
    """Whole numbers as the fractions that they stand for."""
    axis = a.get("axis", 1)
    value = x.to(scale.dtype)
    value = value if zero is None else value - along(zero, x, axis).to(scale.dtype)
    return value * along(scale, x, axis)


def _dynamic(a: Attributes, x: Tensor) -> Sequence[Tensor]:
    low, high = torch.clamp(x.amin(), max=0), torch.clamp(x.amax(), min=0)
    scale = (high - low) / 255
    zero = torch.clamp(torch.round(-low / scale), 0, 255).to(torch.uint8)
    return quantize(a, x, scale, zero), scale, zero


def _bias(x: Tensor, bias: Tensor | None) -> Tensor:
    return x if bias is None else x + bias.reshape(1, -1, *[1] * (x.dim() - 2))


def _whole_conv(
    a: Attributes, x: Tensor, w: Tensor, xz: Tensor | None = None, wz: Tensor | None = None
) -> Tensor:
    return conv(a, _shifted(x, xz, 1), _shifted(w, wz, 0)).to(torch.int32)


def _shifted(x: Tensor, zero: Tensor | None, axis: int) -> Tensor:
    """Whole numbers as fractions, less the one that stands for zero."""
    value = x.to(torch.float32)
    return value if zero is None else value - along(zero, x, axis).to(torch.float32)


def _quantised_conv(a: Attributes, *inputs: Tensor) -> Tensor:
    x, xs, xz, w, ws, wz, ys, yz, *bias = inputs
    found = conv(a, _shifted(x, xz, 1), _shifted(w, wz, 0))
    found = _bias(found, bias[0].to(torch.float32)) if bias else found
    return quantize(a, found * along(xs * ws, found, 1), ys, yz)


def _quantised_matmul(a: Attributes, *inputs: Tensor) -> Tensor:
    x, xs, xz, w, ws, wz, ys, yz = inputs
    found = torch.matmul(_shifted(x, xz, -2), _shifted(w, wz, -1))
    return quantize(a, found * along(xs * ws, found, -1), ys, yz)


def _whole_matmul(
    a: Attributes, x: Tensor, w: Tensor, xz: Tensor | None = None, wz: Tensor | None = None
) -> Tensor:
    return torch.matmul(_shifted(x, xz, -2), _shifted(w, wz, -1)).to(torch.int32)


WHOLE_WEIGHTS = {
    "DequantizeLinear": (0,), "QLinearConv": (3, 8), "QLinearMatMul": (3,), "ConvInteger": (1,),
    "MatMulInteger": (1,),
}  # fmt: skip
"""Operations with weights of whole numbers, and at which places among their inputs these stand."""

QUANTISED: dict[str, Callable[..., Any]] = {
    "QuantizeLinear": quantize,
    "DequantizeLinear": dequantize,
    "DynamicQuantizeLinear": _dynamic,
    "ConvInteger": _whole_conv,
    "MatMulInteger": _whole_matmul,
    "QLinearConv": _quantised_conv,
    "QLinearMatMul": _quantised_matmul,
}
