"""Which parameters a gradient comes to, on the meta device and without PyTorch's slow rules there."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

_ALIKE = frozenset({functional.relu, functional.relu6, functional.silu})
_PAIRS = frozenset({Tensor.add, Tensor.mul, torch.add})


class _Joined(torch.autograd.Function):
    """A tensor like the first, which depends on all."""

    @staticmethod
    def forward(ctx: Any, *tensors: Tensor) -> Tensor:
        ctx.save_for_backward(*tensors)
        return torch.empty_like(tensors[0])

    @staticmethod
    def backward(ctx: Any, *_: Tensor) -> tuple[Tensor, ...]:
        return tuple(torch.empty_like(tensor) for tensor in ctx.saved_tensors)


class Connected(TorchFunctionMode):
    """Norms, ReLUs and sums answer with their shape, and pass gradients to what they were given."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        named = kwargs or {}
        if func in _PAIRS and isinstance(args[1], Tensor) and args[0].shape == args[1].shape:
            return _Joined.apply(*args[:2])
        if func in _ALIKE:
            return _Joined.apply(args[0])
        if func is functional.batch_norm:
            weight, bias = named["weight"], named["bias"]
            assert args[0].shape[1:2] == weight.shape == bias.shape
            return _Joined.apply(args[0], weight, bias)
        return func(*args, **named)
