"""Images of one split, by index; here from memory, in `disk_sets` from files."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from striate.data.images.reading import refit
from striate.data.unreadable_files import Skipped

if TYPE_CHECKING:  # at run time torch is imported where the first tensor is made
    from torch import Tensor

Indices: TypeAlias = "Sequence[int] | np.ndarray"
Draws: TypeAlias = tuple[int, int]  # seed, epoch
Batch: TypeAlias = "tuple[Tensor, Tensor, np.ndarray]"  # uint8 (B, C, H, W), int64 (B,), indices (B,)


class ImageSet(ABC):
    """One split of a data set: N images of one size, with their labels and names."""

    in_memory: bool

    def __init__(self, labels: np.ndarray, names: Sequence[str]) -> None:
        self.labels = labels  # (N,) int64
        self.names = names

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Files that turned out unreadable after opening."""
        return ()

    @abstractmethod
    def take(self, indices: Indices) -> "Tensor":
        """The images at these indices: uint8 (B, C, H, W)."""

    @abstractmethod
    def batches(
        self, batches_of_indices: "Iterable[Indices]", draws: Draws | None = None
    ) -> "Generator[Batch, None, None]":
        """Batches in the order asked for: images uint8 (B, C, H, W), labels int64 (B,), and the indices.

        draws: (seed, epoch) of a training, whose random choices among the frames of a clip follow from these
        and the index; images have nothing to choose. None takes what evaluation takes.
        Close the iterator, or exhaust it, to end what works behind it. Where worker processes read the
        images, a few more batches are taken from `batches_of_indices` than have been given.
        """


class MemoryImages(ImageSet):
    """Rows of an array of pixels, which several splits may share."""

    in_memory = True

    def __init__(
        self,
        pixels: np.ndarray,
        rows: np.ndarray,
        labels: np.ndarray,
        names: Sequence[str],
        *,
        channels: int,
        size: tuple[int, int],
    ) -> None:
        super().__init__(labels, names)
        self._pixels = pixels  # (rows of all splits, C, H, W) uint8
        self._rows = rows  # (N,) of this split
        self._channels, self._size = channels, size  # of what is given; the pixels may have others

    @cached_property
    def _tensors(self) -> "tuple[Tensor, Tensor, Tensor]":
        """Pixels, rows, labels."""
        import torch

        return torch.from_numpy(self._pixels), torch.from_numpy(self._rows), torch.from_numpy(self.labels)

    def take(self, indices: Indices) -> "Tensor":
        import torch

        pixels, rows, _ = self._tensors
        taken = pixels.index_select(0, rows[np.asarray(indices, np.int64)])
        return torch.from_numpy(refit(taken.numpy(), self._channels, self._size))

    def batches(
        self, batches_of_indices: Iterable[Indices], draws: Draws | None = None
    ) -> "Generator[Batch, None, None]":
        labels = self._tensors[2]
        for asked in batches_of_indices:
            indices = np.asarray(asked, np.int64)
            yield self.take(indices), labels[indices], indices
