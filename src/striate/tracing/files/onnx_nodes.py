"""ONNX operations by PyTorch's (https://onnx.ai/onnx/operators). Each takes its attributes, then its
inputs.
"""

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.tracing.files.onnx_points import POINTS
from striate.tracing.files.onnx_quantised import QUANTISED
from striate.tracing.files.onnx_recurrent import ORDERS, recurrent
from striate.tracing.files.onnx_unknown import UnknownNodeError
from striate.tracing.files.onnx_windows import (
    average_pool,
    conv,
    conv_transpose,
    fold,
    max_pool,
    pad,
    resize,
)

Attributes = Mapping[str, Any]


def _global(reduce: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return lambda a, x: reduce(x, tuple(range(2, x.dim())), keepdim=True)


def _batch_norm(
    a: Attributes, x: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor
) -> Tensor:
    return F.batch_norm(x, mean, variance, scale, shift, False, 0.1, a.get("epsilon", 1e-5))


def _gemm(a: Attributes, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    left = x.t() if a.get("transA") else x
    right = weight.t() if a.get("transB") else weight
    alpha, beta = a.get("alpha", 1.0), a.get("beta", 1.0)
    if bias is not None:
        return torch.addmm(bias, left, right, alpha=alpha, beta=beta)
    return left @ right if alpha == 1 else left @ right * alpha


def _reshape(a: Attributes, x: Tensor, shape: Tensor) -> Tensor:
    wanted = [int(n) for n in shape.tolist()]
    return x.reshape([x.shape[i] if n == 0 and not a.get("allowzero") else n for i, n in enumerate(wanted)])


def _flatten(a: Attributes, x: Tensor) -> Tensor:
    axis = int(a.get("axis", 1))
    axis = axis + x.dim() if axis < 0 else axis
    return x.reshape(prod(x.shape[:axis]), -1)


def _slice(
    a: Attributes, x: Tensor, starts: Tensor, ends: Tensor, axes: Tensor | None = None, steps: Any = None
) -> Tensor:
    dims = range(len(starts)) if axes is None else axes.tolist()
    strides = [1] * len(starts) if steps is None else steps.tolist()
    index: list[slice] = [slice(None)] * x.dim()
    for dim, start, end, step in zip(dims, starts.tolist(), ends.tolist(), strides, strict=True):
        if step < 0:
            x, start, end, step = _turned(x, int(dim), start, end, step)
        index[int(dim)] = slice(start, end, step)
    return x[tuple(index)]


def _turned(x: Tensor, dim: int, start: int, end: int, step: int) -> tuple[Tensor, int, int, int]:
    """A slice that goes backwards as one that goes forwards on the axis turned round."""
    length = x.shape[dim]
    positions = range(length)[slice(start, None if end < -length else end, step)]
    first = length - 1 - positions.start
    return x.flip(dim), first, first + len(positions) * -step, -step


def _split(a: Attributes, x: Tensor, sizes: Tensor | None = None) -> Sequence[Tensor]:
    dim = a.get("axis", 0)
    if sizes is not None:
        return torch.split(x, [int(n) for n in sizes.tolist()], dim)
    parts = a.get("num_outputs", 2)
    return torch.split(x, a.get("split", -(-x.shape[dim] // parts)), dim)


def _reduce(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def run(a: Attributes, x: Tensor, axes: Tensor | None = None) -> Tensor:
        dims = a.get("axes") if axes is None else axes.reshape(-1).tolist()
        if a.get("noop_with_empty_axes") and not dims:
            raise UnknownNodeError
        return function(x, tuple(dims or range(x.dim())), keepdim=bool(a.get("keepdims", 1)))

    return run


def _product(x: Tensor, dims: Sequence[int], keepdim: bool) -> Tensor:
    for dim in sorted((dim % x.dim() for dim in dims), reverse=True):
        x = torch.prod(x, dim, keepdim)
    return x


def _squeeze(a: Attributes, x: Tensor, axes: Tensor | None = None) -> Tensor:
    dims = a.get("axes") if axes is None else axes.reshape(-1).tolist()
    return x.squeeze() if dims is None else x.squeeze(tuple(int(d) for d in dims))


def _unsqueeze(a: Attributes, x: Tensor, axes: Tensor | None = None) -> Tensor:
    dims = a["axes"] if axes is None else axes.reshape(-1).tolist()  # some exporters write one number
    for dim in sorted(int(d) for d in dims):
        x = x.unsqueeze(dim)
    return x


def _expand(a: Attributes, x: Tensor, shape: Tensor) -> Tensor:
    wanted = torch.broadcast_shapes(x.shape, [int(n) for n in shape.tolist()])  # type: ignore[no-untyped-call]
    return x.expand(wanted)


def _layer_norm(a: Attributes, x: Tensor, scale: Tensor, shift: Tensor | None = None) -> Tensor:
    axis = a.get("axis", -1) % x.dim()
    return F.layer_norm(x, x.shape[axis:], scale, shift, a.get("epsilon", 1e-5))


def _depth_to_space(a: Attributes, x: Tensor) -> Tensor:
    b, (n, c, h, w) = a["blocksize"], x.shape
    if a.get("mode", "DCR") == "CRD":
        return F.pixel_shuffle(x, b)
    apart = x.reshape(n, b, b, c // (b * b), h, w).permute(0, 3, 4, 1, 5, 2)
    return apart.reshape(n, c // (b * b), h * b, w * b)


def _space_to_depth(a: Attributes, x: Tensor) -> Tensor:
    b, (n, c, h, w) = a["blocksize"], x.shape
    if a.get("mode", "DCR") == "CRD":
        return F.pixel_unshuffle(x, b)
    apart = x.reshape(n, c, h // b, b, w // b, b).permute(0, 3, 5, 1, 2, 4)
    return apart.reshape(n, c * b * b, h // b, w // b)


def _constant_of_shape(a: Attributes, shape: Tensor) -> Tensor:
    value = a.get("value")
    return torch.full([int(n) for n in shape.tolist()], 0.0 if value is None else value.item())


def _gather(a: Attributes, x: Tensor, index: Tensor) -> Tensor:
    axis = a.get("axis", 0) % x.dim()
    if index.dim() == 0:
        return x.select(axis, int(index))
    if x.dim() == 2 and axis == 0 and index.is_meta:
        return F.embedding(index, x)
    flat = index.reshape(-1)
    flat = flat if flat.is_meta else flat % x.shape[axis]
    found = x.index_select(axis, flat)
    return found if index.dim() == 1 else found.reshape(*x.shape[:axis], *index.shape, *x.shape[axis + 1 :])


def _group_norm(a: Attributes, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    if scale.numel() != x.shape[1]:  # of groups, as it was once defined
        raise UnknownNodeError
    return F.group_norm(x, a["num_groups"], scale, shift, a.get("epsilon", 1e-5))


def _rms_norm(a: Attributes, x: Tensor, scale: Tensor) -> Tensor:
    axis = a.get("axis", -1) % x.dim()
    return F.rms_norm(x, list(x.shape[axis:]), scale, a.get("epsilon", 1e-5))


def _extreme(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return lambda a, x: function(x, a.get("axis", 0), bool(a.get("keepdims", 1)))


def _top(a: Attributes, x: Tensor, count: Tensor) -> Sequence[Tensor]:
    return torch.topk(x, int(count), a.get("axis", -1), bool(a.get("largest", 1)))


def _grid_sample(a: Attributes, x: Tensor, grid: Tensor) -> Tensor:
    said = str(a.get("mode", "linear"))
    mode = {"linear": "bilinear", "cubic": "bicubic"}.get(said, said)
    align = bool(a.get("align_corners"))
    return F.grid_sample(x, grid, mode, a.get("padding_mode", "zeros"), align)


def _range(a: Attributes, start: Tensor, end: Tensor, step: Tensor) -> Tensor:
    return torch.arange(start.item(), end.item(), step.item(), dtype=start.dtype)


WEIGHTED = frozenset(
    ["Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization", "InstanceNormalization",
     "LayerNormalization", "GroupNormalization", "RMSNormalization", "PRelu", "Add", "Mul", "Gather", "LSTM",
     "GRU", "RNN", "Einsum"]
)  # fmt: skip
"""Operations whose fractions that the file holds are weights."""
NODES: dict[str, Callable[..., Any]] = {
    **POINTS,
    **QUANTISED,
    **{kind: recurrent(kind) for kind in ORDERS},
    "GroupNormalization": _group_norm,
    "RMSNormalization": _rms_norm,
    "LRN": lambda a, x: F.local_response_norm(
        x, a["size"], a.get("alpha", 1e-4), a.get("beta", 0.75), a.get("bias", 1.0)
    ),
    "ArgMax": _extreme(torch.argmax),
    "ArgMin": _extreme(torch.argmin),
    "TopK": _top,
    "GatherElements": lambda a, x, index: torch.gather(x, a.get("axis", 0), index),
    "GridSample": _grid_sample,
    "Range": _range,
    "Size": lambda a, x: torch.tensor(x.numel()),
    "ReduceProd": _reduce(_product),
    "ReduceL1": _reduce(lambda x, dims, keepdim: torch.linalg.vector_norm(x, 1, dims, keepdim)),
    "ReduceL2": _reduce(lambda x, dims, keepdim: torch.linalg.vector_norm(x, 2, dims, keepdim)),
    "ReduceLogSumExp": _reduce(torch.logsumexp),
    "ReduceSumSquare": _reduce(lambda x, dims, keepdim: torch.sum(x * x, dims, keepdim)),
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "MaxPool": max_pool,
    "AveragePool": average_pool,
    "GlobalAveragePool": _global(torch.mean),
    "GlobalMaxPool": _global(torch.amax),
    "BatchNormalization": _batch_norm,
    "InstanceNormalization": lambda a, x, w, b: F.instance_norm(
        x, weight=w, bias=b, eps=a.get("epsilon", 1e-5)
    ),
    "LayerNormalization": _layer_norm,
    "Gemm": _gemm,
    "MatMul": lambda a, x, y: torch.matmul(x, y),
    "Einsum": lambda a, *inputs: torch.einsum(a["equation"], *inputs),
    "Softmax": lambda a, x: torch.softmax(x, a.get("axis", -1)),
    "LogSoftmax": lambda a, x: torch.log_softmax(x, a.get("axis", -1)),
    "Concat": lambda a, *inputs: torch.cat(inputs, a["axis"]),
    "Col2Im": fold,
    "AffineGrid": lambda a, theta, size: F.affine_grid(
        theta, size.tolist(), align_corners=bool(a.get("align_corners", 0))
    ),
    "Split": _split,
    "Slice": _slice,
    "Pad": pad,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Transpose": lambda a, x: x.permute(a.get("perm") or list(range(x.dim()))[::-1]),
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Expand": _expand,
    "Tile": lambda a, x, times: x.repeat([int(n) for n in times.tolist()]),
    "Gather": _gather,
    "Resize": resize,
    "Upsample": lambda a, x, scales: resize(a, x, None, scales),
    "DepthToSpace": _depth_to_space,
    "SpaceToDepth": _space_to_depth,
    "ReduceMean": _reduce(torch.mean),
    "ReduceSum": _reduce(torch.sum),
    "ReduceMax": _reduce(torch.amax),
    "ReduceMin": _reduce(torch.amin),
    "Shape": lambda a, x: torch.tensor(list(x.shape))[a.get("start", 0) : a.get("end")],
    "Constant": lambda a: a["value"] if "value" in a else torch.tensor(next(iter(a.values()))),
    "ConstantOfShape": _constant_of_shape,
}
