"""Convolutions as matrix products: 1×1, kernel = stride, and t×1×1 as a sum of shifted products."""

from collections.abc import Iterable
from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.algorithms.algorithm import Algorithm, Geometry, Operation, Shape, channels_last
from striate.algorithms.plain import spread

LARGEST = 8_000_000
"""Values that patches may have; larger ones leave the processor's cache, and much memory."""


class Product(Algorithm):
    """Kernel = stride, no padding: patches are rows, filters columns. A 1×1 takes every stride-th place."""

    name = "matrix product"

    def fits(self, g: Geometry) -> bool:
        whole = g.reach == tuple(k - 1 for k in g.kernel)
        apart = g.kernel == g.stride or set(g.kernel) == {1}
        return whole and apart and g.groups == 1 and not any(g.padding)

    def output(self, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        return _from_rows(_patches(x, g) @ _columns(w).T, (x.shape[0], *g.output_size(tuple(x.shape[2:]))))

    def input_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        return _from_patches(_rows(d) @ _columns(w), d, x, g)

    def weight_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        found = _rows(d).T @ _patches(x, g)
        return found.view(w.shape[0], *g.kernel, w.shape[1]).movedim(-1, 1)


def _rows(x: Tensor) -> Tensor:
    """(N, C, …) → (N·places, C), a view with channels last."""
    return channels_last(x).movedim(1, -1).flatten(0, -2)


def _from_rows(rows: Tensor, places: tuple[int, ...]) -> Tensor:
    """(N·places, C) → (N, C, …)."""
    return rows.reshape(*places, -1).movedim(-1, 1)


def _columns(w: Tensor) -> Tensor:
    """(O, C, *kernel) → (O, kernel·C), channels innermost as in a patch."""
    return w.movedim(1, -1).flatten(1)


def _patches(x: Tensor, g: Geometry) -> Tensor:
    """What each place of the output sees: (N·places, kernel·C), a view of x where the kernel is 1×1."""
    if any(g.padding):
        x = F.pad(x, [p for side in reversed(g.padding) for p in (side, side)])
    seen = channels_last(x).movedim(1, -1)  # (N, …, C)
    for axis, (k, s) in enumerate(zip(g.kernel, g.stride, strict=True), start=1):
        seen = seen.unfold(axis, k, s)  # (N, places, …, C, kernel)
    return seen.movedim(1 + g.axes, -1).flatten(1 + g.axes).flatten(0, g.axes)


def _from_patches(rows: Tensor, d: Tensor, x: Tensor, g: Geometry) -> Tensor:
    """(N·places, kernel·C) → x's shape; what lies in no patch is 0."""
    if set(g.kernel) == {1}:
        found = _from_rows(rows, (d.shape[0], *d.shape[2:]))
        return found if g.unit_stride else spread(found, tuple(x.shape[2:]), g)
    axes = g.axes
    split = rows.view(x.shape[0], *d.shape[2:], *g.kernel, x.shape[1])
    order = [part for axis in range(axes) for part in (1 + axis, 1 + axes + axis)]
    joined = split.permute(0, *order, 2 * axes + 1)  # (N, places, k, …, C)
    sides = [n * k for n, k in zip(d.shape[2:], g.kernel, strict=True)]
    found = joined.reshape(x.shape[0], *sides, x.shape[1]).movedim(-1, 1)
    rest = [n - side for n, side in zip(x.shape[2:], sides, strict=True)]
    return F.pad(found, [p for side in reversed(rest) for p in (0, side)])


class PatchProduct(Algorithm):
    """The weight's gradient of any kernel as one product with all patches, for small maps."""

    name = "product of patches"
    offers = (Operation.WEIGHT_GRADIENT,)

    def fits(self, g: Geometry) -> bool:
        new = g.kernel != g.stride and set(g.kernel) != {1}
        return new and g.groups == 1 and set(g.dilation) == {1}

    def affords(self, g: Geometry, shape: Shape) -> bool:
        places = shape[0] * prod(g.output_size(shape[2:]))
        return places * prod(g.weight_shape[1:]) <= LARGEST

    def weight_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        return Product().weight_gradient(d, x, w, g)


class ShiftedProducts(Algorithm):
    """t×1×1 as one matrix product per kernel frame over all frames, added up with the shift of that frame."""

    name = "shifted products"

    def fits(self, g: Geometry) -> bool:
        flat = g.axes == 3 and g.kernel[0] > 1 and g.kernel[1:] == (1, 1) and g.padding[1:] == (0, 0)
        return flat and g.unit_stride and g.groups == 1

    def output(self, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        rows, frames = _rows(x), g.output_size(tuple(x.shape[2:]))
        parts = (
            _from_rows(rows @ w[:, :, u, 0, 0].T, (x.shape[0], *x.shape[2:])) for u in range(g.kernel[0])
        )
        return add_shifted(parts, g, frames[0])

    def input_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        rows = _rows(d)
        parts = (_from_rows(rows @ w[:, :, u, 0, 0], (d.shape[0], *d.shape[2:])) for u in range(g.kernel[0]))
        return add_shifted(parts, g, x.shape[2], back=True)

    def weight_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        parts = []
        for u in range(g.kernel[0]):
            outs, ins = overlap(u, g, x.shape[2], d.shape[2])
            parts.append(_rows(d[:, :, outs]).T @ _rows(x[:, :, ins]))
        return torch.stack(parts, dim=2)[..., None, None]


def overlap(u: int, g: Geometry, frames_in: int, frames_out: int) -> tuple[slice, slice]:
    """Output frames that kernel frame u feeds, and the input frames that it reads for them. Stride 1."""
    offset = u * g.dilation[0] - g.padding[0]  # input frame = output frame + offset
    first, last = max(0, -offset), min(frames_out, frames_in - offset)
    last = max(first, last)
    return slice(first, last), slice(first + offset, last + offset)


def add_shifted(parts: Iterable[Tensor], g: Geometry, frames: int, back: bool = False) -> Tensor:
    """The sum over u of part u, whose frame t + offset(u) goes to frame t; back: the other way round."""
    total: Tensor | None = None
    for u, part in enumerate(parts):
        if total is None:
            shape = (*part.shape[:2], frames, *part.shape[3:])
            total = part.new_zeros(shape).contiguous(memory_format=torch.channels_last_3d)
        if back:
            outs, ins = overlap(u, g, frames, part.shape[2])
            total[:, :, ins] += part[:, :, outs]
        else:
            outs, ins = overlap(u, g, part.shape[2], frames)
            total[:, :, outs] += part[:, :, ins]
    assert total is not None
    return total
