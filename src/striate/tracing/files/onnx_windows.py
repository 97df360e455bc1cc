"""ONNX operations that slide a window, pad or resize, by PyTorch's. Each takes its attributes, then its
inputs.
"""

from collections.abc import Callable, Mapping, Sequence
from math import ceil, floor
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.tracing.files.onnx_unknown import UnknownNodeError

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


def _padded(
    x: Tensor, sides: Sequence[int], value: float = 0.0, most: Sequence[int] = ()
) -> tuple[Tensor, list[int]]:
    """The input padded where its sides differ or are too long, and the padding that is left to do evenly."""
    count = len(sides) // 2
    begins, ends = list(sides[:count]), list(sides[count:])
    if begins == ends and all(n <= limit for n, limit in zip(begins, most, strict=False)):
        return x, begins
    pairs = [n for begin, end in reversed(list(zip(begins, ends, strict=True))) for n in (begin, end)]
    return F.pad(x, pairs, value=value), [0] * count


def conv(a: Attributes, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """A convolution."""
    count = weight.dim() - 2
    strides, dilations = a.get("strides", [1] * count), a.get("dilations", [1] * count)
    x, padding = _padded(x, _sides(a, x, weight.shape[2:], strides, dilations))
    return torch.convolution(
        x, weight, bias, strides, padding, dilations, False, [0] * count, a.get("group", 1)
    )


def conv_transpose(a: Attributes, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """The convolution that turns its outputs into its inputs' shape."""
    count = weight.dim() - 2
    strides, dilations = a.get("strides", [1] * count), a.get("dilations", [1] * count)
    extra = list(a.get("output_padding", [0] * count))
    full = [
        s * (n - 1) + e + (k - 1) * d + 1
        for n, k, s, d, e in zip(x.shape[2:], weight.shape[2:], strides, dilations, extra, strict=True)
    ]
    begins, ends = _cut_off(a, full, [s * n for n, s in zip(x.shape[2:], strides, strict=True)])
    extra = [e + begin - end for e, begin, end in zip(extra, begins, ends, strict=True)]
    fits = all(0 <= e < max(s, d) for e, s, d in zip(extra, strides, dilations, strict=True))
    padding, kept = (begins, extra) if fits else ([0] * count, list(a.get("output_padding", [0] * count)))
    out = torch.convolution(x, weight, bias, strides, padding, dilations, True, kept, a.get("group", 1))
    if fits:
        return out
    inside = (slice(b, n - e) for b, e, n in zip(begins, ends, full, strict=True))
    return out[(slice(None), slice(None), *inside)]


def _cut_off(a: Attributes, full: Sequence[int], usual: Sequence[int]) -> tuple[list[int], list[int]]:
    """How much of a transposed convolution's whole output is left out at the beginnings and at the ends."""
    same = a.get("auto_pad") in ("SAME_UPPER", "SAME_LOWER")
    wanted = a.get("output_shape", usual if same else None)
    if wanted is None:
        sides = list(a.get("pads", [0] * (2 * len(full))))
        return sides[: len(full)], sides[len(full) :]
    total = [n - w for n, w in zip(full, list(wanted)[-len(full) :], strict=True)]
    small = [max(n, 0) // 2 for n in total]
    large = [n - half for n, half in zip(total, small, strict=True)]
    return (large, small) if a.get("auto_pad") == "SAME_LOWER" and min(total) >= 0 else (small, large)


def max_pool(a: Attributes, x: Tensor) -> Tensor:
    """The largest of each window."""
    kernel = a["kernel_shape"]
    strides, dilations = a.get("strides", [1] * len(kernel)), a.get("dilations", [1] * len(kernel))
    x, padding = _padded(x, _sides(a, x, kernel, strides, dilations), float("-inf"), _halves(kernel))
    pool = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[len(kernel) - 1]
    result: Tensor = pool(x, kernel, strides, padding, dilations, bool(a.get("ceil_mode", 0)))
    return result


def average_pool(a: Attributes, x: Tensor) -> Tensor:
    """The mean of each window."""
    kernel = a["kernel_shape"]
    strides = a.get("strides", [1] * len(kernel))
    if any(n != 1 for n in a.get("dilations", [])):
        raise UnknownNodeError
    x, padding = _padded(x, _sides(a, x, kernel, strides, [1] * len(kernel)), most=_halves(kernel))
    pool: Callable[..., Tensor] = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[len(kernel) - 1]
    return pool(x, kernel, strides, padding, bool(a.get("ceil_mode", 0)), bool(a.get("count_include_pad", 0)))


def _halves(kernel: Sequence[int]) -> list[int]:
    """As much padding as PyTorch lets a pool have."""
    return [k // 2 for k in kernel]


def pad(
    a: Attributes, x: Tensor, pads: Tensor, value: Tensor | None = None, axes: Tensor | None = None
) -> Tensor:
    """With a value, or with what stands at the edges."""
    amounts = [int(n) for n in pads.tolist()]
    count = len(amounts) // 2
    dims = [int(d) % x.dim() for d in axes.tolist()] if axes is not None else list(range(count))
    begins = dict(zip(dims, amounts[:count], strict=True))
    ends = dict(zip(dims, amounts[count:], strict=True))
    if a.get("mode") == "wrap":
        for d in dims:
            x = x.index_select(d, torch.arange(-begins[d], x.shape[d] + ends[d]) % x.shape[d])
        return x
    first = min((d for d in dims if begins[d] or ends[d]), default=x.dim() - 1)
    pairs = [n for d in range(x.dim() - 1, first - 1, -1) for n in (begins.get(d, 0), ends.get(d, 0))]
    mode = {"edge": "replicate", "reflect": "reflect"}.get(a.get("mode", "constant"), "constant")
    return F.pad(x, pairs, mode) if mode != "constant" else F.pad(x, pairs, value=float(value or 0))


def fold(a: Attributes, x: Tensor, out: Tensor, kernel: Tensor) -> Tensor:
    """The sum of what windows lay over a map."""
    count = len(kernel)
    sides = list(a.get("pads", [0] * (2 * count)))
    if count != 2 or sides[:count] != sides[count:]:
        raise UnknownNodeError
    said = [tuple(a.get(name, [1] * count)) for name in ("dilations", "strides")]
    size, window = tuple(out.tolist()), tuple(kernel.tolist())
    return F.fold(x, size, window, said[0], tuple(sides[:count]), said[1])


def resize(
    a: Attributes, x: Tensor, roi: Any = None, scales: Tensor | None = None, sizes: Tensor | None = None
) -> Tensor:
    """To other heights and widths, in the ways that PyTorch knows."""
    count = x.dim() - 2
    if a.get("axes"):
        raise UnknownNodeError
    said = [] if scales is None else scales.tolist()
    out = [] if sizes is None or not len(sizes) else [int(n) for n in sizes.tolist()]
    whole = out or [int(n * scale) for n, scale in zip(x.shape, said, strict=True)]
    odd = {"antialias", "exclude_outside"} & {name for name, value in a.items() if value}
    if odd or a.get("keep_aspect_ratio_policy", "stretch") != "stretch" or whole[:2] != list(x.shape[:2]):
        raise UnknownNodeError
    factors = [n / m for n, m in zip(out, x.shape, strict=True)] if out else said
    way = a.get("coordinate_transformation_mode", "half_pixel")
    if a.get("mode", "nearest") == "nearest":
        return _nearest(x, whole, factors, way, a.get("nearest_mode", "round_prefer_floor"))
    mode = ["linear", "bilinear", "trilinear"][count - 1] if a["mode"] == "linear" else "bicubic"
    known = way in ("half_pixel", "align_corners") or (way == "pytorch_half_pixel" and min(whole[2:]) > 1)
    if not known or (mode == "bicubic" and (count != 2 or abs(a.get("cubic_coeff_a", -0.75) + 0.75) > 1e-6)):
        raise UnknownNodeError
    align = way == "align_corners"
    if out:
        return F.interpolate(x, out[2:], mode=mode, align_corners=align)
    return F.interpolate(x, scale_factor=said[2:], mode=mode, align_corners=align)


def _nearest(x: Tensor, whole: Sequence[int], factors: Sequence[float], way: str, rounding: str) -> Tensor:
    """The nearest element for each, by ONNX's rules of what is near; by PyTorch's function where it is it."""
    rows = [_near(x.shape[dim], whole[dim], factors[dim], way, rounding) for dim in range(2, x.dim())]
    usual = [[i * n // m for i in range(m)] for n, m in zip(x.shape[2:], whole[2:], strict=True)]
    if rows == usual:
        return F.interpolate(x, list(whole[2:]), mode="nearest")
    for dim, row in enumerate(rows, 2):
        x = x.index_select(dim, torch.tensor(row))
    return x


def _near(length: int, out: int, factor: float, way: str, rounding: str) -> list[int]:
    """For each of `out` positions the one of `length` that is nearest."""
    if way not in _PLACES or rounding not in _ROUNDED:
        raise UnknownNodeError
    places = [_PLACES[way](i, length, out, factor) for i in range(out)]
    return [min(max(_ROUNDED[rounding](place), 0), length - 1) for place in places]


_PLACES: dict[str, Callable[[int, int, int, float], float]] = {
    "asymmetric": lambda i, length, out, factor: i / factor,
    "half_pixel": lambda i, length, out, factor: (i + 0.5) / factor - 0.5,
    "pytorch_half_pixel": lambda i, length, out, factor: (i + 0.5) / factor - 0.5 if out > 1 else 0.0,
    "align_corners": lambda i, length, out, factor: i * (length - 1) / (out - 1) if out > 1 else 0.0,
}
"""Where position i of the result lies in the input."""
_ROUNDED: dict[str, Callable[[float], int]] = {
    "round_prefer_floor": lambda place: ceil(place - 0.5),
    "round_prefer_ceil": lambda place: floor(place + 0.5),
    "floor": floor,
    "ceil": ceil,
}
