"""ONNX operations that act element by element, those of whole numbers that stand for others among them."""

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.tracing.files.onnx_unknown import TYPES

Attributes = Mapping[str, Any]
_PLAIN = (
    "sigmoid", "tanh", "erf", "exp", "log", "sqrt", "neg", "abs", "pow", "add", "sub", "mul", "where", "relu",
    "floor", "ceil", "round", "sign", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "asinh",
    "acosh", "atanh", "reciprocal",
)  # fmt: skip
"""Those that PyTorch calls as ONNX does."""
_OTHERWISE: dict[str, Callable[..., Any]] = {
    "HardSwish": F.hardswish, "Mish": F.mish, "Softplus": F.softplus, "Softsign": F.softsign,
    "Not": torch.logical_not, "And": torch.logical_and, "Or": torch.logical_or, "Xor": torch.logical_xor,
    "Equal": torch.eq, "Greater": torch.gt, "Less": torch.lt, "GreaterOrEqual": torch.ge,
    "LessOrEqual": torch.le, "IsNaN": torch.isnan,
}  # fmt: skip


SELU = 1.67326319217681884765625, 1.05070102214813232421875
"""Its α and γ where a file does not say them."""


def _point(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a, *inputs: function(*inputs)


def _clip(a: Attributes, x: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    least, most = a.get("min", low), a.get("max", high)
    if least is None and most is None:
        return x
    return torch.clamp(x, None if least is None else float(least), None if most is None else float(most))


def _hard_sigmoid(a: Attributes, x: Tensor) -> Tensor:
    slope, offset = a.get("alpha", 0.2), a.get("beta", 0.5)
    if abs(slope - 1 / 6) < 1e-6 and offset == 0.5:
        return F.hardsigmoid(x)
    return torch.clamp(x * slope + offset, 0, 1)


def _divide(x: Tensor, y: Tensor) -> Tensor:
    return torch.div(x, y) if x.is_floating_point() else torch.div(x, y, rounding_mode="trunc")


def _selu(a: Attributes, x: Tensor) -> Tensor:
    alpha, gamma = a.get("alpha", SELU[0]), a.get("gamma", SELU[1])
    usual = abs(alpha - SELU[0]) < 1e-6 and abs(gamma - SELU[1]) < 1e-6
    return torch.selu(x) if usual else F.elu(x, alpha) * gamma


def _shrink(a: Attributes, x: Tensor) -> Tensor:
    bias, edge = a.get("bias", 0.0), a.get("lambd", 0.5)
    return torch.where(x < -edge, x + bias, torch.where(x > edge, x - bias, torch.zeros_like(x)))


def _all(function: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    return lambda a, *inputs: reduce(function, inputs)


def _mean(a: Attributes, *inputs: Tensor) -> Tensor:
    return reduce(torch.add, inputs) / len(inputs)


POINTS: dict[str, Callable[..., Any]] = {
    **{name.title(): _point(getattr(torch, name)) for name in _PLAIN},
    **{name: _point(function) for name, function in _OTHERWISE.items()},
    "LeakyRelu": lambda a, x: F.leaky_relu(x, a.get("alpha", 0.01)),
    "PRelu": lambda a, x, w: torch.where(x > 0, x, x * w),
    "ThresholdedRelu": lambda a, x: F.threshold(x, a.get("alpha", 1.0), 0.0),
    "HardSigmoid": _hard_sigmoid,
    "Gelu": lambda a, x: F.gelu(x, approximate=a.get("approximate", "none")),
    "Elu": lambda a, x: F.elu(x, a.get("alpha", 1.0)),
    "Celu": lambda a, x: F.celu(x, a.get("alpha", 1.0)),
    "Swish": lambda a, x: F.silu(x) if a.get("alpha", 1.0) == 1 else x * torch.sigmoid(x * a["alpha"]),
    "Selu": _selu,
    "Shrink": _shrink,
    "Clip": _clip,
    "Div": lambda a, x, y: _divide(x, y),
    "Mod": lambda a, x, y: torch.fmod(x, y) if a.get("fmod") else torch.remainder(x, y),
    "Min": _all(torch.minimum),
    "Max": _all(torch.maximum),
    "Sum": _all(torch.add),
    "Mean": _mean,
    "Identity": _point(lambda x: x),
    "Dropout": lambda a, x, *rest: x,
    "Cast": lambda a, x: x.to(TYPES.get(a["to"], torch.float32)),
    "CastLike": lambda a, x, like: x.to(like.dtype),
}
