"""Images of one split, by index: what every set can do, and sets that lie in memory."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Hashable, Iterable, Sequence
from copy import copy
from typing import TYPE_CHECKING, Self, TypeAlias

import numpy as np

from striate.data.images.framing import DEFAULT, Framing
from striate.data.images.reading import refit
from striate.data.sets.duplicates import pixel_keys
from striate.data.unreadable_files import Skipped

if TYPE_CHECKING:  # at run time torch is imported where the first tensor is made
    from torch import Tensor

Indices: TypeAlias = "Sequence[int] | np.ndarray"
Draws: TypeAlias = tuple[int, int]  # seed, epoch
Batch: TypeAlias = "tuple[Tensor, Tensor, np.ndarray]"  # uint8 (B, C, H, W), int64 (B,), indices (B,)


class ImageSet(ABC):
    """N images of one size, with their labels and names: a split of a data set, or all of it."""

    in_memory = True
    channels: int
    size: tuple[int, int]
    """(H, W) of what `take` gives."""

    def __init__(self, labels: np.ndarray, names: Sequence[str]) -> None:
        self.labels = labels  # (N,) int64
        self.names = names
        self._rows = np.arange(len(labels))  # (N,) of what this set shares with those it was selected from

    def __len__(self) -> int:
        return len(self.labels)

    def select(self, items: np.ndarray) -> Self:
        """A set of these items, in this order; one may be there several times."""
        chosen = copy(self)
        chosen.labels, chosen._rows = self.labels[items], self._rows[items]
        chosen.names = [self.names[item] for item in items]
        return chosen

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Files that turned out unreadable after opening."""
        return ()

    @abstractmethod
    def keys(self) -> Sequence[Hashable]:
        """One key an item, equal for equal images."""

    def take(self, indices: Indices) -> "Tensor":
        """The images at these indices: uint8 (B, C, H, W)."""
        import torch

        return torch.from_numpy(self._read(np.asarray(indices, np.int64), None))

    def batches(
        self, batches_of_indices: "Iterable[Indices]", draws: Draws | None = None
    ) -> "Generator[Batch, None, None]":
        """Batches in the order asked for.

        Close the iterator, or exhaust it, to end what works behind it. Where worker processes read the
        images, a few more batches are taken from `batches_of_indices` than have been given.

        Args:
            batches_of_indices: (B,) indices of one batch after another.
            draws: (seed, epoch) of a training, whose random choices among the frames of a clip follow from
                these and the index; images have nothing to choose. None takes what evaluation takes.

        Yields:
            Images uint8 (B, C, H, W), labels int64 (B,), and the indices.
        """
        import torch

        for asked in batches_of_indices:
            indices = np.asarray(asked, np.int64)
            pixels = torch.from_numpy(self._read(indices, draws))
            yield pixels, torch.from_numpy(self.labels[indices]), indices

    @abstractmethod
    def _read(self, indices: np.ndarray, draws: Draws | None) -> np.ndarray:
        """uint8 (B, C, H, W)."""


class MemoryImages(ImageSet):
    """An array of images (N, C, H, W) uint8, brought to the channels and size asked for.

    That is done at once if the result fits into `limit` bytes, and otherwise to each image as it is taken.
    """

    def __init__(
        self,
        pixels: np.ndarray,
        labels: np.ndarray,
        names: Sequence[str],
        *,
        channels: int | None = None,
        size: tuple[int, int] | None = None,
        limit: int = 0,
        framing: Framing = DEFAULT,
    ) -> None:
        super().__init__(labels, names)
        N, C, H, W = pixels.shape
        self.channels, self.size = channels or C, size or (H, W)
        self._framing = framing
        fits = N * self.channels * self.size[0] * self.size[1] <= limit
        self._pixels = self._refitted(pixels) if fits else pixels
        self._framing = DEFAULT if fits else framing

    def keys(self) -> Sequence[Hashable]:
        return pixel_keys(self._pixels[row] for row in self._rows)

    def _read(self, indices: np.ndarray, draws: Draws | None) -> np.ndarray:
        return self._refitted(self._pixels[self._rows[indices]])

    def _refitted(self, pixels: np.ndarray) -> np.ndarray:
        return refit(pixels, self.channels, self.size, framing=self._framing)
