"""Operations that only move numbers: every output is one input, or a constant from outside.

    y[j] = x[source(j)]              ∂L/∂x[i] = Σ_{j : source(j) = i} δ[j]

Reshaping, shuffling pixels and channels, choosing frames and padding of every kind differ in `source` alone.
So each of them says what becomes of the numbers 0, 1, 2, … of the input's places; −1 is a place outside.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import NamedTuple

import numpy as np

from striate.derivation.shapes import Array, Sizes, expect_gradient
from striate.errors import ArgumentError

OUTSIDE = -1
MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""Torch's names for padding with numbers of the input, and NumPy's."""


class Saved(NamedTuple):
    """The input's shape, and where each output came from, by its place in the flattened input."""

    shape: Sizes
    sources: Array


class Moving(ABC):
    """A rearrangement; `fill` is what stands where no input does."""

    fill: float = 0.0

    @abstractmethod
    def moved(self, places: Array) -> Array:
        """What becomes of an array of the input's places; OUTSIDE where nothing comes from it."""

    def sources(self, shape: Sizes) -> Array:
        """Where each output comes from, as a place in the flattened input."""
        return self.moved(np.arange(prod(shape)).reshape(shape))

    def forward(self, x: Array) -> tuple[Array, Saved]:
        """Every number at its new place."""
        sources = self.sources(x.shape)
        y = x.reshape(-1)[sources]
        y[sources == OUTSIDE] = self.fill
        return y, Saved(x.shape, sources)

    def backward(self, dy: Array, saved: Saved) -> Array:
        """Every gradient back at its number; what was copied adds up."""
        shape, sources = saved
        expect_gradient(dy, sources.shape, "a rearrangement")
        inside = sources != OUTSIDE
        dx = np.bincount(sources[inside], weights=dy[inside], minlength=prod(shape))
        return dx.reshape(shape).astype(dy.dtype)


@dataclass(frozen=True)
class Reshape(Moving):
    """The same numbers in the same order, in another shape."""

    shape: Sizes

    def moved(self, places: Array) -> Array:
        return places.reshape(self.shape)


@dataclass(frozen=True)
class PixelShuffle(Moving):
    """(N, C·r², H, W) → (N, C, H·r, W·r): channels become pixels (Shi et al. 2016)."""

    factor: int

    def moved(self, places: Array) -> Array:
        n, c, h, w = places.shape
        r = self.factor
        parts = places.reshape(n, c // r**2, r, r, h, w)
        return parts.transpose(0, 1, 4, 2, 5, 3).reshape(n, c // r**2, h * r, w * r)


@dataclass(frozen=True)
class PixelUnshuffle(Moving):
    """(N, C, H·r, W·r) → (N, C·r², H, W): pixels become channels."""

    factor: int

    def moved(self, places: Array) -> Array:
        n, c, h, w = places.shape
        r = self.factor
        parts = places.reshape(n, c, h // r, r, w // r, r)
        return parts.transpose(0, 1, 3, 5, 2, 4).reshape(n, c * r**2, h // r, w // r)


@dataclass(frozen=True)
class ChannelShuffle(Moving):
    """Channels of groups take turns (Zhang et al. 2018)."""

    groups: int

    def moved(self, places: Array) -> Array:
        n, c, *size = places.shape
        return places.reshape(n, self.groups, c // self.groups, *size).swapaxes(1, 2).reshape(places.shape)


@dataclass(frozen=True)
class Frames(Moving):
    """Some frames of a clip: (N, C, T, H, W) → (N, C, chosen, H, W)."""

    chosen: Sizes

    def moved(self, places: Array) -> Array:
        return places[:, :, list(self.chosen)]


@dataclass(frozen=True)
class Pad(Moving):
    """Cells around the input: constant, or numbers of it. A negative number of cells is cut off.

    pads: (before, after) for each of the last axes. mode: "constant", "reflect" (the mirrored input without
    its edge), "replicate" (the edge), "circular" (the other end).

    >>> Pad(((1, 2),), "reflect").forward(np.array([[1.0, 2.0, 3.0]]))[0]
    array([[2., 1., 2., 3., 2., 1.]])
    """

    pads: Sequence[tuple[int, int]]
    mode: str = "constant"
    fill: float = field(default=0.0)

    def __post_init__(self) -> None:
        if self.mode not in ("constant", *MODES):
            raise ArgumentError(f"padding of the kind {self.mode!r}: expected constant, {', '.join(MODES)}")

    def moved(self, places: Array) -> Array:
        every = [(0, 0)] * (places.ndim - len(self.pads)) + list(self.pads)
        sizes = zip(every, places.shape, strict=True)
        kept = places[tuple(slice(max(0, -a), n - max(0, -b)) for (a, b), n in sizes)]
        grown = [(max(0, a), max(0, b)) for a, b in every]
        if self.mode == "constant":
            return np.pad(kept, grown, constant_values=OUTSIDE)
        return np.pad(kept, grown, mode=MODES[self.mode])  # type: ignore[call-overload, no-any-return]
