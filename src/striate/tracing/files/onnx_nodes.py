"""ONNX operations by PyTorch's (https://onnx.ai/onnx/operators). Each takes its attributes, then its
inputs.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

Attributes = Mapping[str, Any]


def _sides(
    a: Attributes, x: Tensor, kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int]
) -> list[int]:
    """Padding as ONNX says it, [begins…, ends…], with `auto_pad` worked out."""
    count, mode = len(kernel), a.get("auto_pad", "NOTSET")
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        return list(a.get("pads", [0] * (2 * count)))
    begins, ends = [], []
    for n, k, s, d in zip(x.shape[2:], kernel, strides, dilations, strict=True):
        total = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
        small, large = total // 2, total - total // 2
        begins.append(small if mode == "SAME_UPPER" else large)
        ends.append(large if mode == "SAME_UPPER" else small)
    return begins + ends


def _padded(x: Tensor, sides: Sequence[int], value: float = 0.0) -> tuple[Tensor, list[int]]:
    """The input padded where its sides differ, and the padding that is left to do evenly."""
    count = len(sides) // 2
    begins, ends = list(sides[:count]), list(sides[count:])
    if begins == ends:
        return x, begins
    pairs = [n for begin, end in reversed(list(zip(begins, ends, strict=True))) for n in (begin, end)]
    return F.pad(x, pairs, value=value), [0] * count


def _conv(a: Attributes, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    count = weight.dim() - 2
    strides, dilations = a.get("strides", [1] * count), a.get("dilations", [1] * count)
    x, padding = _padded(x, _sides(a, x, weight.shape[2:], strides, dilations))
    return torch.convolution(
        x, weight, bias, strides, padding, dilations, False, [0] * count, a.get("group", 1)
    )


def _conv_transpose(a: Attributes, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    count = weight.dim() - 2
    sides = list(a.get("pads", [0] * (2 * count)))
    extra = list(a.get("output_padding", [0] * count))
    extra = [e + begin - end for e, begin, end in zip(extra, sides[:count], sides[count:], strict=True)]
    strides, dilations = a.get("strides", [1] * count), a.get("dilations", [1] * count)
    return torch.convolution(
        x, weight, bias, strides, sides[:count], dilations, True, extra, a.get("group", 1)
    )


def _max_pool(a: Attributes, x: Tensor) -> Tensor:
    kernel = a["kernel_shape"]
    strides, dilations = a.get("strides", [1] * len(kernel)), a.get("dilations", [1] * len(kernel))
    x, padding = _padded(x, _sides(a, x, kernel, strides, dilations), float("-inf"))
    pool = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[len(kernel) - 1]
    result: Tensor = pool(x, kernel, strides, padding, dilations, bool(a.get("ceil_mode", 0)))
    return result


def _average_pool(a: Attributes, x: Tensor) -> Tensor:
    kernel = a["kernel_shape"]
    strides = a.get("strides", [1] * len(kernel))
    x, padding = _padded(x, _sides(a, x, kernel, strides, [1] * len(kernel)))
    pool: Callable[..., Tensor] = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[len(kernel) - 1]
    return pool(x, kernel, strides, padding, bool(a.get("ceil_mode", 0)), bool(a.get("count_include_pad", 0)))


def _global(reduce: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return lambda a, x: reduce(x, tuple(range(2, x.dim())), keepdim=True)


def _batch_norm(
    a: Attributes, x: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor
) -> Tensor:
    return F.batch_norm(x, mean, variance, scale, shift, False, 0.1, a.get("epsilon", 1e-5))


def _gemm(a: Attributes, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    left = x.t() if a.get("transA") else x
    right = weight.t() if a.get("transB") else weight
    return left @ right if bias is None else torch.addmm(bias, left, right)


def _reshape(a: Attributes, x: Tensor, shape: Tensor) -> Tensor:
    wanted = [int(n) for n in shape.tolist()]
    return x.reshape([x.shape[i] if n == 0 and not a.get("allowzero") else n for i, n in enumerate(wanted)])


def _flatten(a: Attributes, x: Tensor) -> Tensor:
    axis = a.get("axis", 1) % (x.dim() + 1)
    rows = 1
    for n in x.shape[:axis]:
        rows *= n
    return x.reshape(rows, -1)


def _slice(
    a: Attributes, x: Tensor, starts: Tensor, ends: Tensor, axes: Tensor | None = None, steps: Any = None
) -> Tensor:
    dims = range(len(starts)) if axes is None else axes.tolist()
    strides = [1] * len(starts) if steps is None else steps.tolist()
    index: list[slice] = [slice(None)] * x.dim()
    for dim, start, end, step in zip(dims, starts.tolist(), ends.tolist(), strides, strict=True):
        if step < 0:
            raise NotImplementedError("a slice that goes backwards")
        index[int(dim)] = slice(start, end, step)
    return x[tuple(index)]


def _pad(
    a: Attributes, x: Tensor, pads: Tensor, value: Tensor | None = None, axes: Tensor | None = None
) -> Tensor:
    amounts = [int(n) for n in pads.tolist()]
    count = len(amounts) // 2
    dims = [int(d) % x.dim() for d in axes.tolist()] if axes is not None else list(range(count))
    begins = dict(zip(dims, amounts[:count], strict=True))
    ends = dict(zip(dims, amounts[count:], strict=True))
    first = min((d for d in dims if begins[d] or ends[d]), default=x.dim() - 1)
    pairs = [n for d in range(x.dim() - 1, first - 1, -1) for n in (begins.get(d, 0), ends.get(d, 0))]
    mode = {"edge": "replicate", "reflect": "reflect"}.get(a.get("mode", "constant"), "constant")
    return F.pad(x, pairs, mode) if mode != "constant" else F.pad(x, pairs, value=float(value or 0))


def _resize(
    a: Attributes, x: Tensor, roi: Any = None, scales: Tensor | None = None, sizes: Tensor | None = None
) -> Tensor:
    spatial = ["", "linear", "bilinear", "trilinear"][x.dim() - 2]
    mode = {"linear": spatial, "cubic": "bicubic"}.get(a.get("mode", "nearest"), "nearest")
    align = (
        {}
        if mode == "nearest"
        else {"align_corners": a.get("coordinate_transformation_mode") == "align_corners"}
    )
    if sizes is not None and len(sizes):
        return F.interpolate(x, [int(n) for n in sizes.tolist()[2:]], mode=mode, **align)
    factors = [] if scales is None else [float(n) for n in scales.tolist()[2:]]
    return F.interpolate(x, scale_factor=factors, mode=mode, **align)


def _split(a: Attributes, x: Tensor, sizes: Tensor | None = None) -> Sequence[Tensor]:
    dim = a.get("axis", 0)
    if sizes is not None:
        return torch.split(x, [int(n) for n in sizes.tolist()], dim)
    parts = a.get("num_outputs", 2)
    return torch.split(x, a.get("split", -(-x.shape[dim] // parts)), dim)


def _reduce(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def run(a: Attributes, x: Tensor, axes: Tensor | None = None) -> Tensor:
        dims = a.get("axes") if axes is None else axes.tolist()
        return function(x, tuple(dims or range(x.dim())), keepdim=bool(a.get("keepdims", 1)))

    return run


def _squeeze(a: Attributes, x: Tensor, axes: Tensor | None = None) -> Tensor:
    dims = a.get("axes") if axes is None else axes.tolist()
    return x.squeeze() if dims is None else x.squeeze(tuple(int(d) for d in dims))


def _unsqueeze(a: Attributes, x: Tensor, axes: Tensor | None = None) -> Tensor:
    dims = a["axes"] if axes is None else axes.tolist()
    for dim in sorted(int(d) for d in dims):
        x = x.unsqueeze(dim)
    return x


def _expand(a: Attributes, x: Tensor, shape: Tensor) -> Tensor:
    wanted = torch.broadcast_shapes(x.shape, [int(n) for n in shape.tolist()])  # type: ignore[no-untyped-call]
    return x.expand(wanted)


def _gather(a: Attributes, x: Tensor, index: Tensor) -> Tensor:
    axis = a.get("axis", 0)
    if index.dim() == 0:
        return x.select(axis, int(index))
    if index.dim() == 1:
        return x.index_select(axis, index % x.shape[axis])
    return F.embedding(index, x)


def _clip(a: Attributes, x: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    least, most = a.get("min", low), a.get("max", high)
    return torch.clamp(x, None if least is None else float(least), None if most is None else float(most))


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
    apart = x.reshape(n, c, h // b, b, w // b, b).permute(0, 3, 5, 1, 2, 4)
    return apart.reshape(n, c * b * b, h // b, w // b)


def _constant_of_shape(a: Attributes, shape: Tensor) -> Tensor:
    value = a.get("value")
    return torch.full([int(n) for n in shape.tolist()], 0.0 if value is None else value.item())


_TYPES = {
    1: torch.float32,
    6: torch.int32,
    7: torch.int64,
    9: torch.bool,
    10: torch.float16,
    11: torch.float64,
}


def _point(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a, *inputs: function(*inputs)


NODES: dict[str, Callable[..., Any]] = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "MaxPool": _max_pool,
    "AveragePool": _average_pool,
    "GlobalAveragePool": _global(torch.mean),
    "GlobalMaxPool": _global(torch.amax),
    "BatchNormalization": _batch_norm,
    "InstanceNormalization": lambda a, x, w, b: F.instance_norm(x, weight=w, bias=b),
    "LayerNormalization": _layer_norm,
    "Gemm": _gemm,
    "MatMul": _point(torch.matmul),
    "Einsum": lambda a, *inputs: torch.einsum(a["equation"], *inputs),
    "Relu": _point(torch.relu),
    "LeakyRelu": lambda a, x: F.leaky_relu(x, a.get("alpha", 0.01)),
    "PRelu": _point(lambda x, w: torch.where(x > 0, x, x * w)),
    "Sigmoid": _point(torch.sigmoid),
    "HardSigmoid": _point(F.hardsigmoid),
    "HardSwish": _point(F.hardswish),
    "Tanh": _point(torch.tanh),
    "Erf": _point(torch.erf),
    "Gelu": lambda a, x: F.gelu(x, approximate=a.get("approximate", "none")),
    "Elu": lambda a, x: F.elu(x, a.get("alpha", 1.0)),
    "Softmax": lambda a, x: torch.softmax(x, a.get("axis", -1)),
    "LogSoftmax": lambda a, x: torch.log_softmax(x, a.get("axis", -1)),
    "Clip": _clip,
    "Exp": _point(torch.exp),
    "Log": _point(torch.log),
    "Sqrt": _point(torch.sqrt),
    "Neg": _point(torch.neg),
    "Abs": _point(torch.abs),
    "Pow": _point(torch.pow),
    "Add": _point(torch.add),
    "Sub": _point(torch.sub),
    "Mul": _point(torch.mul),
    "Div": _point(
        lambda x, y: torch.div(x, y) if x.is_floating_point() else torch.div(x, y, rounding_mode="trunc")
    ),
    "Where": _point(torch.where),
    "Identity": _point(lambda x: x),
    "Dropout": lambda a, x, *rest: x,
    "Concat": lambda a, *inputs: torch.cat(inputs, a["axis"]),
    "Split": _split,
    "Slice": _slice,
    "Pad": _pad,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Transpose": lambda a, x: x.permute(a.get("perm") or list(range(x.dim()))[::-1]),
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Expand": _expand,
    "Tile": _point(lambda x, times: x.repeat([int(n) for n in times.tolist()])),
    "Gather": _gather,
    "Resize": _resize,
    "Upsample": lambda a, x, scales: _resize(a, x, None, scales),
    "DepthToSpace": _depth_to_space,
    "SpaceToDepth": _space_to_depth,
    "ReduceMean": _reduce(torch.mean),
    "ReduceSum": _reduce(torch.sum),
    "ReduceMax": _reduce(torch.amax),
    "ReduceMin": _reduce(torch.amin),
    "Shape": lambda a, x: torch.tensor(list(x.shape))[a.get("start", 0) : a.get("end")],
    "Constant": lambda a: a["value"] if "value" in a else torch.tensor(next(iter(a.values()))),
    "ConstantOfShape": _constant_of_shape,
    "Cast": lambda a, x: x.to(_TYPES.get(a["to"], torch.float32)),
}
