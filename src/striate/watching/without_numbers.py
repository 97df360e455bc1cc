"""Networks made and run for their shapes alone, on PyTorch's meta device.

Shapes of what convolutions, pools, sums and recurrent layers give are worked out here without asking PyTorch.
Each rule gives None for what it leaves to PyTorch: inputs that it refuses, unusual ways of asking.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional, init
from torch.overrides import TorchFunctionMode

from striate.sizes import window_count

Shape = tuple[int, ...]
Rule = Callable[..., Shape | None]


def _linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Shape:
    if input.shape[-1] != weight.shape[1]:  # in PyTorch's words, which it loads its compiler to say
        sizes = f"{input.shape[:-1].numel()}x{input.shape[-1]} and {weight.shape[1]}x{weight.shape[0]}"
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({sizes})")
    return (*input.shape[:-1], weight.shape[0])


def _convolved(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Shape | None:
    if x.ndim != weight.ndim or x.shape[1] != weight.shape[1] * groups or isinstance(padding, str):
        return None
    sizes = _slid(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    return (x.shape[0], weight.shape[0], *sizes) if sizes else None


def _max_pooled(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Shape | None:
    spatial = input.shape[2:]
    kernel = _each(kernel_size, len(spatial))
    sizes = _slid(spatial, kernel, stride, padding, dilation, ceil_mode)
    fits = all(2 * around <= width for around, width in zip(_each(padding, len(kernel)), kernel, strict=True))
    return (*input.shape[:2], *sizes) if sizes and fits and not return_indices else None


def _mean_pooled(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    *_: Any,
    **__: Any,
) -> Shape | None:
    return _max_pooled(input, kernel_size, stride, padding, 1, ceil_mode)


def _adaptive(input: Tensor, output_size: Any, return_indices: bool = False) -> Shape | None:
    lengths = input.shape[2:]
    sizes = _each(output_size, len(lengths))
    kept = tuple(old if new is None else new for old, new in zip(lengths, sizes, strict=True))
    return None if return_indices or min(kept) < 1 else (*input.shape[:2], *kept)


def _reduced(input: Tensor, dim: Any = None, keepdim: bool = False, **more: Any) -> Shape | None:
    rank = input.ndim
    dims = range(rank) if dim is None else [dim] if isinstance(dim, int) else dim
    if more or not input.is_floating_point() or any(not -rank <= one < rank for one in dims):
        return None
    gone = {one % rank for one in dims or range(rank)}
    return tuple(
        1 if one in gone else size for one, size in enumerate(input.shape) if keepdim or one not in gone
    )


def _slid(
    lengths: Sequence[int],
    kernel: Sequence[int],
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil: bool = False,
) -> Shape:
    rows = [_each(one, len(lengths)) for one in (stride or kernel, padding, dilation)]
    sizes = tuple(
        window_count(length, width, step, around, apart, ceil)
        for length, width, step, around, apart in zip(lengths, kernel, *rows, strict=True)
    )
    return sizes if min(sizes) > 0 else ()


def _each(value: Any, count: int) -> Shape:
    row = tuple(value) if isinstance(value, Sequence) else (value,)
    return row * count if len(row) == 1 else row


_FAMILIES: dict[Rule, Sequence[Callable[..., Any]]] = {
    _convolved: (torch.conv1d, torch.conv2d, torch.conv3d),
    _max_pooled: (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d),
    _mean_pooled: (functional.avg_pool1d, functional.avg_pool2d, functional.avg_pool3d),
    _adaptive: (
        *(functional.adaptive_avg_pool1d, functional.adaptive_avg_pool2d, functional.adaptive_avg_pool3d),
        *(functional.adaptive_max_pool1d, functional.adaptive_max_pool2d, functional.adaptive_max_pool3d),
    ),
}
_RULES: dict[Callable[..., Any], tuple[int, Rule]] = {
    function: (axes, rule)
    for rule, functions in _FAMILIES.items()
    for axes, function in zip((3, 4, 5) * 2, functions, strict=False)
}
_RULES |= dict.fromkeys((torch.mean, Tensor.mean, torch.sum, Tensor.sum), (0, _reduced))
_RULES[functional.linear] = (0, _linear)
"""Functions of torch → axes of their input with a batch, 0 for any, and the shape that they give."""

_RECURRENT = frozenset({torch.rnn_tanh, torch.rnn_relu, torch.gru, torch.lstm})


def shape_of(func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Shape | None:
    """Of what a function of torch gives, on a tensor without numbers; None where no rule says it."""
    axes, rule = _RULES.get(func, (0, None))
    return rule(*args, **kwargs) if rule and args and axes in (0, args[0].ndim) else None


def recurrent(func: Callable[..., Any], args: Sequence[Any]) -> tuple[Tensor, ...]:
    """What the last layer says at every step, then the last states of all layers; nothing otherwise."""
    if func not in _RECURRENT or len(args) != 9:  # with fewer, they are given packed sequences
        return ()
    x, state, bidirectional = args[0], args[1], args[7]
    states = (state,) if isinstance(state, Tensor) else state
    out = x.new_empty(*x.shape[:-1], (1 + bidirectional) * states[0].shape[-1])
    return (out, *(one.new_empty(one.shape) for one in states))


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

_RULED = _FILLS | _ALIKE | _NEW | _PAIRS | _RECURRENT | _RULES.keys() | {torch.cat}
"""All others are PyTorch's; to ask whether their tensors have numbers would take longer than they do."""


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
        if func not in _RULED:
            return func(*args, **named)
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
