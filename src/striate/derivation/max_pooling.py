"""Max pooling: the largest value under each window, and the position that won.

Forward, over the kernel positions u of a window (the padding holds −∞, so it never wins):

    y[n,c,i] = max_u xp[n, c, i·s + u·d]         u*(n,c,i) = the first u that reaches it

Backward. A small change of the winner changes y by as much, a small change of any other cell changes
nothing, so ∂y/∂xp is 1 at the winner and 0 elsewhere. Overlapping windows add up:

    ∂L/∂xp[n,c,j] = Σ_{i : i·s + u*(n,c,i)·d = j}  δ[n,c,i]

Where several cells are equal the maximum has no derivative; like torch, the first in row-major order takes
the whole gradient.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np

from striate.derivation.geometry import Padding, Sliding, pooling
from striate.derivation.shapes import Array, PerAxis, Sizes, expect_gradient, expect_spatial, per_axis
from striate.sizes import adaptive_windows


class Saved(NamedTuple):
    """`winner` (N, C, *out): the number of the winning kernel position, row-major; the geometry."""

    winner: Array
    slide: Sliding


@dataclass(frozen=True)
class MaxPool:
    """A max pool's geometry; the stride is the kernel unless given, as in torch.

    >>> y, saved = MaxPool(2).forward(np.array([[[[1, 5], [3, 5]]]]))
    >>> y, saved.winner
    (array([[[[5]]]]), array([[[[1]]]], dtype=uint8))
    """

    kernel: PerAxis
    stride: PerAxis | None = None
    padding: Padding = 0
    dilation: PerAxis = 1
    ceil_mode: bool = False

    def slide(self, x: Array) -> Sliding:
        """The geometry on this input; raises ArgumentError where they do not fit."""
        size = expect_spatial(x, "a max pool")
        return pooling(size, self.kernel, self.stride, self.padding, self.dilation, self.ceil_mode)

    def forward(self, x: Array) -> tuple[Array, Saved]:
        """(N, C, *size) → y (N, C, *out), and the winners."""
        slide = self.slide(x)
        padded = slide.pad(x, fill=lowest(x.dtype))
        best, winner = first_largest(slide, padded)
        return np.moveaxis(best, -1, 1), Saved(np.moveaxis(winner, -1, 1), slide)

    def backward(self, dy: Array, saved: Saved) -> Array:
        """δ (N, C, *out) → ∂L/∂x (N, C, *size): each δ goes to its winner."""
        winner, slide = saved
        expect_gradient(dy, winner.shape, "a max pool")
        dx = np.zeros(slide.padded_shape(dy), dy.dtype)
        delta, winner = np.moveaxis(dy, 1, -1), np.moveaxis(winner, 1, -1)
        for number, u in enumerate(slide.positions):
            seen, part = slide.seen(dx, u), winner == number
            if slide.apart:
                np.multiply(delta, part, out=seen)
            else:
                seen += delta * part
        return np.moveaxis(slide.inside(dx), -1, 1)


def lowest(dtype: "np.dtype[Any]") -> float:
    """The value that no other is below."""
    return -np.inf if np.issubdtype(dtype, np.floating) else int(np.iinfo(dtype).min)


def first_largest(slide: Sliding, padded: Array) -> tuple[Array, Array]:
    """(N, *padded, C) → the largest (N, *out, C) and the number of the first position that reaches it.

    A running maximum over kernel positions: a later one wins only if it is larger. (Where a value is not a
    number, the maximum is not one either, and no winner means anything.)
    """
    views = [slide.seen(padded, u) for u in slide.positions]
    number = np.min_scalar_type(len(views) - 1)
    best = np.copy(views[0])
    winner = np.zeros_like(best, dtype=number)
    winner += first_inside(slide).astype(number)[..., None]
    for u, seen in enumerate(views[1:], start=1):
        np.maximum(winner, (seen > best) * number.type(u), out=winner)  # u only grows: faster than a mask
        np.maximum(best, seen, out=best)
    return best, winner


def first_inside(slide: Sliding) -> Array:
    """The number of the first kernel position that is not in the padding, per place: (*out).

    It is the winner where every cell is −∞, and so no larger than the padding.
    """
    axes = zip(slide.out, slide.stride, slide.dilation, slide.pads, strict=True)
    along = [np.maximum(0, -((np.arange(o) * s - p) // d)) for o, s, d, (p, _) in axes]
    numbers: Array = np.ravel_multi_index(tuple(np.meshgrid(*along, indexing="ij")), slide.kernel)
    return numbers


def winner_cells(saved: Saved) -> Array:
    """The input cell that won each window: (axes, N, C, *out), counted in the unpadded input.

    Args:
        saved: what `MaxPool.forward` returned beside the output.
    """
    slide = saved.slide
    axes = len(slide.size)
    inside = np.unravel_index(saved.winner, slide.kernel)  # per axis (N, C, *out)
    corner = slide.input_positions((0,) * axes)[:, None, None]  # (axes, 1, 1, *out)
    dilation = np.reshape(slide.dilation, (axes,) + (1,) * saved.winner.ndim)
    cells: Array = corner + np.stack(inside) * dilation
    return cells


@dataclass(frozen=True)
class AdaptiveMaxPool:
    """The largest number of each bin [⌊i·n/out⌋, ⌈(i+1)·n/out⌉), whatever the input's size.

    >>> AdaptiveMaxPool(2).forward(np.array([[[1.0, 4.0, 3.0]]]))[0]
    array([[[4., 4.]]])
    """

    out: PerAxis

    def bins(self, size: Sizes) -> Iterator[tuple[Sizes, tuple[Any, ...]]]:
        """(output place, its cells) for every output."""
        out = per_axis(self.out, len(size), "output size")
        spans = [adaptive_windows(n, o) for n, o in zip(size, out, strict=True)]
        for place in product(*map(range, out)):
            ranges = [span[i] for span, i in zip(spans, place, strict=True)]
            yield place, tuple(slice(one.start, one.stop) for one in ranges)

    def forward(self, x: Array) -> tuple[Array, tuple[Sizes, Array]]:
        """(N, C, *size) → y (N, C, *out), and the winners' places in the flattened map."""
        size = expect_spatial(x, "an adaptive max pool")
        flat = np.arange(prod(size)).reshape(size)
        winners = np.empty((*x.shape[:2], *per_axis(self.out, len(size), "output size")), int)
        for place, cells in self.bins(size):
            window = x[(slice(None), slice(None), *cells)].reshape(*x.shape[:2], -1)
            where: Any = (slice(None), slice(None), *place)
            winners[where] = flat[cells].reshape(-1)[window.argmax(axis=-1)]
        y = np.take_along_axis(x.reshape(*x.shape[:2], -1), winners.reshape(*x.shape[:2], -1), axis=-1)
        return y.reshape(winners.shape), (x.shape, winners)

    def backward(self, dy: Array, saved: tuple[Sizes, Array]) -> Array:
        """Each δ goes to its winner."""
        shape, winners = saved
        expect_gradient(dy, winners.shape, "an adaptive max pool")
        maps = np.arange(prod(shape[:2])).reshape(*shape[:2], *(1,) * (dy.ndim - 2))
        places = (maps * prod(shape[2:]) + winners).reshape(-1)
        dx = np.bincount(places, weights=dy.reshape(-1), minlength=prod(shape))
        return dx.reshape(shape).astype(dy.dtype)
