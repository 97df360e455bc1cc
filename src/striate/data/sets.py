"""Images of one split, by index: from memory, or from files through worker processes."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from striate.data.reading import read_many, refit, try_read
from striate.data.skipped import Skipped, refuse_many
from striate.data.workers import ordered_map

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


class DiskImages(ImageSet):
    """Image files that are decoded when they are asked for.

    A file that has become unreadable is named in `skipped`, and the next readable image of its class stands
    in for it from then on; more than a tenth of a class raises DataError.
    """

    in_memory = False

    def __init__(
        self,
        paths: Sequence[str],
        labels: np.ndarray,
        classes: Sequence[str],
        *,
        channels: int,
        size: tuple[int, int],
        workers: int,
    ) -> None:
        super().__init__(labels, paths)
        self._classes = classes
        self._channels, self._size, self._workers = channels, size, workers
        self._broken: dict[int, str] = {}  # index → reason

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        return tuple(self._skipped(index) for index in self._broken)

    def take(self, indices: Indices) -> "Tensor":
        asked = np.asarray(indices, np.int64)
        with closing(self._batches(iter([asked]), workers=0)) as batches:
            return next(batches)[0]

    def batches(
        self, batches_of_indices: Iterable[Indices], draws: Draws | None = None
    ) -> "Generator[Batch, None, None]":
        return self._batches(batches_of_indices, self._workers)

    def _batches(self, batches_of_indices: Iterable[Indices], workers: int) -> "Generator[Batch, None, None]":
        import torch

        under_way: deque[tuple[np.ndarray, np.ndarray]] = deque()  # indices asked for, indices read

        def jobs() -> Iterator[list[str]]:
            for asked in batches_of_indices:
                indices = np.asarray(asked, np.int64)
                read = self._readable_ones(indices)
                under_way.append((indices, read))
                yield [self.names[index] for index in read]

        reader = partial(read_many, channels=self._channels, size=self._size)
        with closing(ordered_map(reader, jobs(), workers)) as results:
            for pixels, broken in results:
                indices, read = under_way.popleft()
                for row, reason in broken:
                    self._leave_out(int(read[row]), reason)
                    pixels[row] = self._stand_in(int(read[row]))
                yield torch.from_numpy(pixels), torch.from_numpy(self.labels[indices]), indices

    def _readable_ones(self, indices: np.ndarray) -> np.ndarray:
        if not self._broken:
            return indices
        return np.array([self._readable(int(index)) for index in indices], np.int64)

    def _readable(self, index: int) -> int:
        """The index itself, or the next one of its class, around the end, that is not known to be broken."""
        if index not in self._broken:
            return index
        members = self._members[self.labels[index]]
        at = int(np.searchsorted(members, index))
        return next(int(other) for other in np.roll(members, -at) if int(other) not in self._broken)

    @cached_property
    def _members(self) -> dict[int, np.ndarray]:
        return {int(label): np.flatnonzero(self.labels == label) for label in np.unique(self.labels)}

    def _stand_in(self, index: int) -> np.ndarray:
        while True:  # ends: at most a tenth of the class may be left out
            other = self._readable(index)
            pixels = try_read(self.names[other], self._channels, self._size)
            if not isinstance(pixels, str):
                return pixels
            self._leave_out(other, pixels)

    def _leave_out(self, index: int, reason: str) -> None:
        self._broken[index] = reason
        label = self.labels[index]
        same = [self._skipped(other) for other in self._broken if self.labels[other] == label]
        refuse_many(same, {self._classes[label]: len(self._members[label])})

    def _skipped(self, index: int) -> Skipped:
        return Skipped(self.names[index], self._broken[index], self._classes[self.labels[index]])
