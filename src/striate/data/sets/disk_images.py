"""Images of one split, by index, from files through worker processes."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import cached_property, partial
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from striate.data.images.reading import read_many
from striate.data.sets.image_sets import Batch, Draws, ImageSet, Indices
from striate.data.sets.workers import ordered_map
from striate.data.unreadable_files import Skipped, refuse_many

if TYPE_CHECKING:
    from torch import Tensor

Job = TypeVar("Job")
Read = Callable[[Sequence[Job]], tuple[np.ndarray, list[tuple[int, str]]]]
"""Pixels, one row a job, and (row, reason) of those that cannot be read."""


class Files(Generic[Job]):
    """Files of one split, read when they are asked for.

    A file that has become unreadable is named in `skipped`, and the next readable file of its class stands
    in for it from then on; more than a tenth of a class raises DataError.
    """

    def __init__(
        self,
        names: Sequence[str],
        labels: np.ndarray,
        classes: Sequence[str],
        *,
        read: Read[Job],
        workers: int,
        kind: str = "images",
    ) -> None:
        self._names, self._labels, self._classes, self._kind = names, labels, classes, kind
        self._read, self._workers = read, workers
        self._broken: dict[int, str] = {}  # index → reason

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The files that turned out unreadable, each once."""
        return tuple({self._names[index]: self._skipped(index) for index in self._broken}.values())

    def take(self, indices: np.ndarray, jobs: Callable[[np.ndarray], list[Job]]) -> np.ndarray:
        """Pixels at these indices, read in this process."""
        with closing(self.batches(iter([indices]), jobs, workers=0)) as batches:
            return next(batches)[0]

    def batches(
        self,
        batches_of_indices: Iterable[Indices],
        jobs: Callable[[np.ndarray], list[Job]],
        workers: int | None = None,
    ) -> Generator[tuple[np.ndarray, np.ndarray], None, None]:
        """Pixels and indices of one batch after another.

        jobs: what is to be done to read the files at some indices.
        """
        under_way: deque[tuple[np.ndarray, np.ndarray]] = deque()  # indices asked for, indices read

        def all_jobs() -> Iterator[list[Job]]:
            for asked in batches_of_indices:
                indices = np.asarray(asked, np.int64)
                read = self._readable_ones(indices)
                under_way.append((indices, read))
                yield jobs(read)

        crew = self._workers if workers is None else workers
        with closing(ordered_map(self._read, all_jobs(), crew)) as results:
            for pixels, broken in results:
                indices, read = under_way.popleft()
                for row, reason in broken:
                    self._leave_out(int(read[row]), reason)
                    pixels[row] = self._stand_in(int(read[row]), jobs)
                yield pixels, indices

    def _readable_ones(self, indices: np.ndarray) -> np.ndarray:
        if not self._broken:
            return indices
        return np.array([self._readable(int(index)) for index in indices], np.int64)

    def _readable(self, index: int) -> int:
        """The index itself, or the next one of its class, around the end, that is not known to be broken."""
        if index not in self._broken:
            return index
        members = self._members[self._labels[index]]
        at = int(np.searchsorted(members, index))
        return next(int(other) for other in np.roll(members, -at) if int(other) not in self._broken)

    @cached_property
    def _members(self) -> dict[int, np.ndarray]:
        return {int(label): np.flatnonzero(self._labels == label) for label in np.unique(self._labels)}

    def _stand_in(self, index: int, jobs: Callable[[np.ndarray], list[Job]]) -> np.ndarray:
        while True:  # ends: at most a tenth of the class may be left out
            other = self._readable(index)
            pixels, broken = self._read(jobs(np.array([other])))
            if not broken:
                only: np.ndarray = pixels[0]
                return only
            self._leave_out(other, broken[0][1])

    def _leave_out(self, index: int, reason: str) -> None:
        self._broken[index] = reason
        label = self._labels[index]
        same = [self._skipped(other) for other in self._broken if self._labels[other] == label]
        refuse_many(same, {self._classes[label]: len(self._members[label])}, self._kind)

    def _skipped(self, index: int) -> Skipped:
        return Skipped(self._names[index], self._broken[index], self._classes[self._labels[index]])


class DiskImages(ImageSet):
    """Image files that are decoded when they are asked for; see `Files` for those that cannot be."""

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
        read = partial(read_many, channels=channels, size=size)
        self._files: Files[str] = Files(paths, labels, classes, read=read, workers=workers)

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        return self._files.skipped

    def take(self, indices: Indices) -> "Tensor":
        import torch

        return torch.from_numpy(self._files.take(np.asarray(indices, np.int64), self._paths))

    def batches(
        self, batches_of_indices: Iterable[Indices], draws: Draws | None = None
    ) -> "Generator[Batch, None, None]":
        import torch

        with closing(self._files.batches(batches_of_indices, self._paths)) as batches:
            for pixels, indices in batches:
                yield torch.from_numpy(pixels), torch.from_numpy(self.labels[indices]), indices

    def _paths(self, indices: np.ndarray) -> list[str]:
        return [self.names[index] for index in indices]
