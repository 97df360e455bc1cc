"""Shapes of results without running an operation, for the operations that networks are made of.

PyTorch's own shape functions take 50 to 2,000 µs for each of these, because many of them are Python
decompositions; a network is mostly made of them. A test runs every shortcut beside PyTorch's own function.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload

from striate.errors import NetworkError
from striate.sizes import transposed_length, window_count
from striate.tracing.arguments import META, base_name, bind, from_front, spread

Named = dict[str, Any]
Shortcut = Callable[[Named], Any]


def outcome(func: OpOverload, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """The result of an operation on tensors without memory, by shortcut where there is one."""
    name = base_name(func)
    shortcut = SHORTCUTS.get(name)
    if shortcut is None:
        if name in POINTWISE:
            result = _pointwise(args, kwargs)
            if result is not None:
                return result
        return func(*args, **kwargs)
    result = shortcut(bind(func, args, kwargs))
    return func(*args, **kwargs) if result is None else result


def empty(shape: Sequence[int], like: Tensor) -> Tensor:
    """A tensor without memory."""
    return torch.empty(shape, dtype=like.dtype, device=META)


def _pointwise(args: Sequence[Any], kwargs: dict[str, Any]) -> Tensor | None:
    """The broadcast shape, where all tensors are of one floating type."""
    tensors = [arg for arg in args if isinstance(arg, Tensor)]
    if kwargs or not tensors or not tensors[0].is_floating_point():
        return None
    first = tensors[0]
    if len(tensors) == 1:
        return empty(first.shape, first) if not any(isinstance(arg, complex) for arg in args) else None
    if any(tensor.dtype != first.dtype for tensor in tensors[1:]):
        return None
    shape = first.shape
    if any(tensor.shape != shape for tensor in tensors[1:]):
        shape = torch.broadcast_shapes(*(tensor.shape for tensor in tensors))  # type: ignore[no-untyped-call]
    return empty(shape, first)


def _convolution(named: Named) -> Tensor | None:
    x, weight, groups = named["input"], named["weight"], named["groups"]
    count = weight.dim() - 2
    if x.dim() != weight.dim() or x.dtype != weight.dtype:
        return None
    stride, padding = spread(named["stride"], count, 1), spread(named["padding"], count, 0)
    dilation = spread(named["dilation"], count, 1)
    if named["transposed"]:
        extra = spread(named["output_padding"], count, 0)
        channels, expected = weight.shape[1] * groups, weight.shape[0]
        out = [
            transposed_length(
                x.shape[2 + i], weight.shape[2 + i], stride[i], padding[i], dilation[i], extra[i]
            )
            for i in range(count)
        ]
    else:
        channels, expected = weight.shape[0], weight.shape[1] * groups
        out = [
            window_count(x.shape[2 + i], weight.shape[2 + i], stride[i], padding[i], dilation[i])
            for i in range(count)
        ]
    _check(x, weight, expected, out, padding)
    return empty((x.shape[0], channels, *out), x)


def _check(x: Tensor, weight: Tensor, expected: int, out: Sequence[int], padding: Sequence[int]) -> None:
    if x.shape[1] != expected:
        raise NetworkError(f"it expects {expected} input channels, not {x.shape[1]}")
    if min(out, default=1) < 1:
        kernel = _by(weight.shape[2:])
        padded = _by([n + 2 * p for n, p in zip(x.shape[2:], padding, strict=True)])
        raise NetworkError(
            f"a kernel of {kernel} does not fit into the input, which is {padded} with its padding"
        )


def _batch_norm(named: Named) -> tuple[Tensor, ...]:
    x, weight = named["input"], named["weight"]
    if weight is not None and x.dim() > 1 and weight.shape[0] != x.shape[1]:
        raise NetworkError(f"it expects {weight.shape[0]} channels, not {x.shape[1]}")
    small = empty((x.shape[1],), x)
    return empty(x.shape, x), small, small.clone()


def _group_norm(named: Named) -> tuple[Tensor, ...]:
    x = named["input"]
    small = empty((named["N"], named["group"]), x)
    return empty(x.shape, x), small, small.clone()


def _layer_norm(named: Named) -> tuple[Tensor, ...] | None:
    x, count = named["input"], len(named["normalized_shape"])
    if tuple(x.shape[x.dim() - count :]) != tuple(named["normalized_shape"]):
        return None
    small = empty((*x.shape[: x.dim() - count], *[1] * count), x)
    return empty(x.shape, x), small, small.clone()


def _addmm(named: Named) -> Tensor | None:
    bias, left, right = named["self"], named["mat1"], named["mat2"]
    if left.shape[1] != right.shape[0] or len({bias.dtype, left.dtype, right.dtype}) > 1:
        return None
    return empty((left.shape[0], right.shape[1]), left)


def _product(left: str, right: str) -> Shortcut:
    def shapes(named: Named) -> Tensor | None:
        a, b = named[left], named[right]
        row = (*a.shape[:-1], b.shape[-1])
        fits = a.dtype == b.dtype and a.dim() == b.dim() and (*a.shape[:-2], a.shape[-1]) == b.shape[:-1]
        return empty(row, a) if fits and (left == "self" or named["self"].shape == row) else None

    return shapes


def _softmax(named: Named) -> Tensor | None:
    x = named["self"]
    return None if named.get("half_to_float") or named.get("dtype") else empty(x.shape, x)


def _mean(named: Named) -> Tensor | None:
    x = named["self"]
    if "dim" not in named or named.get("dtype") is not None or not x.is_floating_point():
        return None
    gone, keep = from_front(named["dim"], x.dim()), named["keepdim"]
    lengths = [1 if dim in gone else n for dim, n in enumerate(x.shape) if keep or dim not in gone]
    return empty(lengths, x)


def _pool(count: int, indices: bool) -> Shortcut:
    def shapes(named: Named) -> Tensor | tuple[Tensor, Tensor] | None:
        x = named["self"]
        if x.dim() != count + 2:
            return None
        kernel = spread(named["kernel_size"], count, 1)
        stride = spread(named["stride"], count, 1) if named["stride"] else kernel
        padding = spread(named["padding"], count, 0)
        dilation = spread(named.get("dilation"), count, 1)
        geometry = zip(x.shape[2:], kernel, stride, padding, dilation, strict=True)
        out = [window_count(*axis, ceil_mode=named["ceil_mode"]) for axis in geometry]
        if min(out) < 1:
            raise NetworkError(
                f"a window of {_by(kernel)} does not fit into the input, which is {_by(x.shape[2:])}"
            )
        result = empty((*x.shape[:2], *out), x)
        return (result, torch.empty(result.shape, dtype=torch.int64, device=META)) if indices else result

    return shapes


def _by(lengths: Sequence[int]) -> str:
    return "×".join(map(str, lengths))


def _adaptive(named: Named) -> Tensor:
    x, size = named["self"], named["output_size"]
    return empty((*x.shape[: x.dim() - len(size)], *size), x)


def _resample(named: Named) -> Tensor | None:
    x = named.get("input", named.get("self"))
    size = named.get("output_size")
    return None if size is None or x is None else empty((*x.shape[:2], *size), x)


SHORTCUTS: dict[str, Shortcut] = {
    "convolution": _convolution,
    "native_batch_norm": _batch_norm,
    "native_group_norm": _group_norm,
    "native_layer_norm": _layer_norm,
    "addmm": _addmm,
    "mm": _product("self", "mat2"),
    "bmm": _product("self", "mat2"),
    "baddbmm": _product("batch1", "batch2"),
    "_softmax": _softmax,
    "_safe_softmax": _softmax,
    "mean": _mean,
    "sum": _mean,
    **{f"max_pool{n}d_with_indices": _pool(n, True) for n in (2, 3)},
    **{f"avg_pool{n}d": _pool(n, False) for n in (2, 3)},
    **{f"_adaptive_avg_pool{n}d": _adaptive for n in (2, 3)},
    "upsample_nearest2d": _resample,
    "upsample_bilinear2d": _resample,
    "upsample_trilinear3d": _resample,
    "upsample_bicubic2d": _resample,
}

POINTWISE = frozenset(
    [
        "add",
        "sub",
        "mul",
        "div",
        "relu",
        "sigmoid",
        "tanh",
        "gelu",
        "silu",
        "hardtanh",
        "hardswish",
        "hardsigmoid",
        "leaky_relu",
        "elu",
        "exp",
        "log",
        "sqrt",
        "rsqrt",
        "neg",
        "abs",
        "mish",
        "softplus",
        "clamp",
        "clamp_min",
        "clamp_max",
        "reciprocal",
        "sin",
        "cos",
        "pow",
        "erf",
        "square",
    ]
)
