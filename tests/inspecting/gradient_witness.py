"""The second witness of receptive fields: where the gradient of one output unit is not zero.

The network is copied, its weights made positive, and ReLU and max pool replaced while it runs, so that
every way from the input to the unit carries a positive gradient and none is lost.
"""

import copy
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

PASSED_ON = {
    "relu",
    "relu_",
    "relu6",
    "hardtanh",
    "hardtanh_",
    "hardswish",
    "gelu",
    "leaky_relu",
    "silu",
    "tanh",
}


class Softened(TorchFunctionMode):
    """Activations pass their input on, a maximum over a window is the sum over it."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        name, kwargs = getattr(func, "__name__", ""), kwargs or {}
        if name in PASSED_ON:
            return args[0]
        if name.startswith("max_pool"):
            return summed_pool(*args, **{k: v for k, v in kwargs.items() if k != "return_indices"})
        if name.startswith("adaptive_max_pool"):
            return getattr(F, name.replace("max", "avg"))(args[0], args[1])
        return func(*args, **kwargs)


def summed_pool(
    x: Tensor, kernel: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Tensor:
    """A pool that adds its window, as a depthwise convolution of ones."""
    count = x.dim() - 2
    full = lambda v: tuple(v) if isinstance(v, (tuple, list)) else (v,) * count  # noqa: E731
    kernel, padding, dilation = full(kernel), full(padding), full(dilation)
    stride = kernel if stride is None or stride == [] else full(stride)
    after = []
    for n, k, s, p, d in zip(x.shape[2:], kernel, stride, padding, dilation, strict=True):
        span = d * (k - 1) + 1
        out = (n + 2 * p - span) / s
        out = math.ceil(out) if ceil_mode else math.floor(out)
        if ceil_mode and out * s >= n + p:
            out -= 1
        after.append(max(out * s + span - n - p, p))
    pads = [amount for p, a in reversed(list(zip(padding, after, strict=True))) for amount in (p, a)]
    weight = torch.ones(x.shape[1], 1, *kernel, dtype=x.dtype)
    convolve = (F.conv1d, F.conv2d, F.conv3d)[count - 1]
    return convolve(F.pad(x, pads), weight, stride=stride, dilation=dilation, groups=x.shape[1])


def positive(network: nn.Module) -> nn.Module:
    """A copy in double precision with positive weights that add up to about one per output."""
    twin = copy.deepcopy(network).double().eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in twin.parameters():
            fan_in = parameter[0].numel() if parameter.dim() > 1 else 1
            parameter.copy_((torch.rand(parameter.shape, generator=generator) + 0.5) / fan_in)
    return twin


def support(
    network: nn.Module, shape: Sequence[int], place: Sequence[int | slice], axes: Sequence[int]
) -> list[tuple[int, int] | None]:
    """First and last input position along each of `axes` on which the outputs at `place` depend."""
    twin = positive(network)
    x = (
        torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) + 0.5
    ).requires_grad_()
    with Softened():
        result = twin(x)
    result = result[0] if isinstance(result, tuple) else result
    return support_in(result[tuple(place)].sum(), x, axes)


def support_in(value: Tensor, x: Tensor, axes: Sequence[int]) -> list[tuple[int, int] | None]:
    """First and last position of the input along each axis where the gradient of `value` is not zero."""
    if not value.requires_grad:
        return [None for _ in axes]
    (gradient,) = torch.autograd.grad(value, x, retain_graph=True, allow_unused=True)
    if gradient is None or not bool((gradient != 0).any()):
        return [None for _ in axes]
    found: list[tuple[int, int] | None] = []
    for axis in axes:
        others = [dim for dim in range(gradient.dim()) if dim != axis]
        hit = (gradient != 0).any(dim=others).nonzero()
        found.append((int(hit.min()), int(hit.max())))
    return found
