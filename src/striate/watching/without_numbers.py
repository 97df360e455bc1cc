"""Networks made and run for their shapes alone, on PyTorch's meta device."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional, init
from torch.overrides import TorchFunctionMode

from striate.watching.shapes import recurrent, shape_of

_FILLS = frozenset(
    {
        *(Tensor.normal_, Tensor.uniform_, Tensor.fill_, Tensor.zero_, Tensor.copy_, Tensor.bernoulli_),
        *(Tensor.clamp_, Tensor.erfinv_, Tensor.mul_, Tensor.add_, Tensor.exponential_),
        *(init.normal_, init.uniform_, init.constant_, init.ones_, init.zeros_, init.trunc_normal_),
        *(init.kaiming_normal_, init.kaiming_uniform_, init.xavier_normal_, init.xavier_uniform_),
    }
)
"""What changes numbers only, in place."""

_ALIKE = frozenset(
    {
        *(functional.batch_norm, torch.batch_norm, functional.layer_norm, functional.group_norm),
        *(functional.relu, functional.relu6, functional.hardtanh, functional.leaky_relu, functional.elu),
        *(functional.gelu, functional.silu, functional.mish, functional.hardswish, functional.hardsigmoid),
        *(functional.dropout, functional.dropout2d, functional.dropout3d),
        *(torch.relu, torch.sigmoid, torch.tanh, Tensor.relu, Tensor.sigmoid, Tensor.tanh),
    }
)
"""What gives a tensor like its first."""

_NEW = frozenset({torch.empty_like, torch.zeros_like, torch.ones_like})
"""The same, where nothing else is asked of it."""

_PAIRS = frozenset({Tensor.add, Tensor.sub, Tensor.mul, torch.add, torch.sub, torch.mul})
"""What joins two tensors element by element."""


class _ShapesOnly(TorchFunctionMode):
    """Answers by rule where only shapes count.

    PyTorch has these functions for meta tensors in Python only, whose first call loads its compiler: two
    seconds, in every program that opens a ResNet.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        named = kwargs or {}
        first = args[0] if args else named.get("tensor")
        if isinstance(first, Tensor) and first.is_meta:
            if func in _FILLS:
                return first
            if func in _ALIKE or (func in _NEW and not named) or (func in _PAIRS and _alike(*args[:2])):
                return first.new_empty(first.shape)
            if (shape := shape_of(func, args, named)) is not None:
                return first.new_empty(shape)
            if found := recurrent(func, args):
                return found
        return func(*args, **named) if func is not torch.cat else _cat(*args, **named)


def _alike(one: Tensor, two: object) -> bool:
    return isinstance(two, Tensor) and one.shape == two.shape and one.dtype == two.dtype


def _cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    first = tensors[0]
    alike = {(one.shape[:dim], one.shape[dim + 1 :], one.dtype, one.device) for one in tensors}
    if not first.is_meta or dim < 0 or len(alike) > 1:
        return torch.cat(list(tensors), dim)
    return first.new_empty(
        *first.shape[:dim], sum(one.shape[dim] for one in tensors), *first.shape[dim + 1 :]
    )


@contextmanager
def without_numbers() -> Iterator[None]:
    """What is made inside the block has shapes and no numbers; what runs on such tensors gives shapes.

    >>> with without_numbers():
    ...     layer = torch.nn.Conv2d(3, 8, 3)
    >>> layer.weight.device
    device(type='meta')
    """
    with torch.device("meta"), _ShapesOnly():
        yield
