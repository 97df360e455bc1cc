"""Where a sliding kernel looks. Convolutions and pools share these positions, so they stand here once.

On each axis, output i and kernel position u meet the input at

    i·s + u·d − p        (s stride, d dilation, p padding before)

Inside an operation, arrays are kept with channels last, `(N, *spatial, C)`: what one kernel position sees
is then a strided view whose innermost run is contiguous, and unfolding is a copy at the speed of memory.
At every border the shape stays `(N, C, *spatial)`; only the order in memory differs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from striate.derivation.shapes import Array, PerAxis, Sizes, per_axis
from striate.errors import ArgumentError
from striate.sizes import window_count

Padding = int | Sequence[int] | Sequence[tuple[int, int]]
Pads = tuple[tuple[int, int], ...]


def pads_per_axis(padding: Padding, axes: int) -> Pads:
    """(before, after) for every axis, from one number, one per axis, or one pair per axis.

    >>> pads_per_axis((1, 2), 2), pads_per_axis([(2, 0)], 1)
    (((1, 1), (2, 2)), ((2, 0),))
    """
    given: Sequence[int | tuple[int, int]] = (padding,) * axes if isinstance(padding, int) else padding
    pairs = tuple(map(pair_of, given))
    if len(pairs) != axes:
        raise ArgumentError(
            f"padding {padding!r} has {len(pairs)} entries, but the input has {axes} spatial axes: "
            f"give one number, or {axes} numbers or (before, after) pairs"
        )
    if min(min(pair) for pair in pairs) < 0:
        raise ArgumentError(f"padding {padding!r} must not be negative")
    return pairs


def pair_of(padding: int | tuple[int, int]) -> tuple[int, int]:
    """One number stands for both ends."""
    if isinstance(padding, int | np.integer):
        return int(padding), int(padding)
    before, after = padding
    return int(before), int(after)


@dataclass(frozen=True)
class Sliding:
    """A kernel sliding over an input of `size`: every place it takes, and what it sees there."""

    size: Sizes
    kernel: Sizes
    stride: Sizes
    pads: Pads
    dilation: Sizes
    ceil_mode: bool = False

    @property
    def out(self) -> Sizes:
        """Places per axis: the spatial size of the output."""
        axes = zip(self.size, self.kernel, self.stride, self.pads, self.dilation, strict=True)
        return tuple(window_count(*axis, self.ceil_mode) for axis in axes)

    @property
    def span(self) -> Sizes:
        """Input cells from the first to the last that a window touches, per axis: d·(k − 1) + 1."""
        return tuple(d * (k - 1) + 1 for d, k in zip(self.dilation, self.kernel, strict=True))

    @property
    def apart(self) -> bool:
        """Whether no two windows share a cell."""
        return all(s >= span for s, span in zip(self.stride, self.span, strict=True))

    @property
    def positions(self) -> Iterator[Sizes]:
        """Every position u in the kernel, the last axis fastest."""
        return product(*map(range, self.kernel))

    @property
    def full_pads(self) -> Pads:
        """`pads`, with more after the end where a rounded-up last window reaches further."""
        axes = zip(self.size, self.pads, self.out, self.stride, self.span, strict=True)
        return tuple((p, max(q, (o - 1) * s + r - n - p)) for n, (p, q), o, s, r in axes)

    def pad(self, x: Array, fill: float = 0) -> Array:
        """(N, C, *size) → (N, *padded, C); a view where nothing needs padding."""
        last = np.moveaxis(x, 1, -1)
        pads = self.full_pads
        if not any(map(any, pads)):
            return last
        padded = np.full(self.padded_shape(x), fill, x.dtype)
        self.inside(padded)[...] = last
        return padded

    def padded_shape(self, x: Array) -> Sizes:
        """(N, *padded, C) for `x` of (N, C, *size)."""
        grown = tuple(n + p + q for n, (p, q) in zip(self.size, self.full_pads, strict=True))
        return (x.shape[0], *grown, x.shape[1])

    def inside(self, padded: Array) -> Array:
        """The view of (N, *padded, ...) that is the input itself: (N, *size, ...)."""
        axes = zip(self.size, self.full_pads, strict=True)
        return padded[(slice(None), *(slice(p, p + n) for n, (p, _) in axes))]

    def seen(self, padded: Array, position: Sizes) -> Array:
        """What one kernel position sees from every output place: the view (N, *out, ...) of `padded`."""
        axes = zip(position, self.dilation, self.stride, self.out, strict=True)
        return padded[(slice(None), *(slice(u * d, u * d + s * (o - 1) + 1, s) for u, d, s, o in axes))]

    def windows(self, padded: Array) -> Array:
        """All that `seen` gives at once, still a view: (N, *padded, C) → (N, *out, C, *kernel)."""
        axes = len(self.size)
        view = np.lib.stride_tricks.sliding_window_view(padded, self.span, tuple(range(1, axes + 1)))
        places = (slice(0, s * (o - 1) + 1, s) for s, o in zip(self.stride, self.out, strict=True))
        inner = (slice(None, None, d) for d in self.dilation)
        return view[(slice(None), *places, slice(None), *inner)]

    def input_positions(self, position: Sizes) -> Array:
        """The input cell that kernel position u meets from each output place, per axis: (axes, *out).

        Cells below 0 or at `size` and above lie in the padding.
        """
        axes = zip(self.out, self.stride, position, self.dilation, self.pads, strict=True)
        starts = [np.arange(o) * s + u * d - p for o, s, u, d, (p, _) in axes]
        return np.stack(np.meshgrid(*starts, indexing="ij"))

    def output_that_meets(self, cell: Sizes, position: Sizes) -> Sizes | None:
        """The output place from which kernel position u meets an input cell; None where there is none.

        >>> sliding((5,), (3,), stride=2, padding=0, dilation=1).output_that_meets((3,), (1,))
        (1,)
        """
        axes = zip(cell, position, self.stride, self.pads, self.dilation, self.out, strict=True)
        found = [(*divmod(j + p - u * d, s), o) for j, u, s, (p, _), d, o in axes]
        if any(off or not 0 <= i < o for i, off, o in found):
            return None
        return tuple(i for i, _, _ in found)

    def in_padding(self, cells: Array) -> Array:
        """Which of the cells (axes, ...) lie outside the input."""
        size = np.reshape(self.size, (-1,) + (1,) * (cells.ndim - 1))
        outside: Array = np.logical_or.reduce((cells < 0) | (cells >= size), axis=0)
        return outside


def sliding(
    size: Sizes,
    kernel: Sizes,
    stride: PerAxis,
    padding: Padding,
    dilation: PerAxis,
    ceil_mode: bool = False,
) -> Sliding:
    """The checked geometry of `kernel` on an input of `size`.

    Raises ArgumentError where the numbers do not fit the axes, or the kernel does not fit the input.
    """
    axes = len(size)
    pads = pads_per_axis(padding, axes)
    slide = Sliding(
        size,
        kernel,
        per_axis(stride, axes, "stride"),
        pads,
        per_axis(dilation, axes, "dilation"),
        ceil_mode,
    )
    padded = tuple(n + sum(pair) for n, pair in zip(size, pads, strict=True))
    # a rounded-up window may be larger than all there is; what it has beyond is nothing
    if min(slide.out) < 1:
        raise ArgumentError(
            f"a kernel that spans {slide.span} does not fit an input of {size}, {padded} when padded: "
            "give a larger input, more padding or less dilation"
        )
    return slide


def pooling(
    size: Sizes,
    kernel: PerAxis,
    stride: PerAxis | None,
    padding: Padding,
    dilation: PerAxis,
    ceil_mode: bool,
) -> Sliding:
    """The checked geometry of a pool: the stride is the kernel unless given; no window is all padding."""
    window = per_axis(kernel, len(size), "kernel")
    slide = sliding(size, window, window if stride is None else stride, padding, dilation, ceil_mode)
    if any(2 * max(pair) > span for pair, span in zip(slide.pads, slide.span, strict=True)):
        raise ArgumentError(
            f"the padding {slide.pads} is more than half of the {slide.span} cells that a window spans: "
            "a window could lie wholly in the padding; give less padding"
        )
    return slide
