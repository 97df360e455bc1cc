"""Images or clips of one split, by index, from files through worker processes."""

from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import cached_property, partial
from typing import Any, Self

import numpy as np

from striate.data.images.framing import DEFAULT, Framing
from striate.data.images.reading import decode_image
from striate.data.sets.clip_sets import ClipSet
from striate.data.sets.duplicates import clip_keys, file_keys
from striate.data.sets.image_sets import Batch, Draws, ImageSet, Indices
from striate.data.unreadable_files import Broken, Skipped, read_batch, refuse_many
from striate.data.video.clip_reading import ClipRequest, Reading, read_request
from striate.data.workers import ordered_map


class FileSet(ImageSet):
    """Files that are read when they are asked for.

    A file that has become unreadable is named in `skipped`, and the next readable file of its class stands
    in for it from then on; more than a tenth of a class raises DataError.
    """

    in_memory = False
    items = "images"
    _classes: Sequence[str]
    _workers: int
    _read_batch: Callable[[Sequence[Any]], tuple[np.ndarray, Broken]]
    """Requests → their pixels, and which cannot be read. Called in worker processes."""
    _broken: dict[int, str]
    """Index → reason."""

    @abstractmethod
    def _requests(self, indices: np.ndarray, draws: Draws | None) -> list[Any]:
        """What is to be read."""

    def select(self, items: np.ndarray) -> Self:
        chosen = super().select(items)
        chosen._broken = {}
        chosen.__dict__.pop("_members", None)
        return chosen

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        return tuple({self.names[index]: self._skipped(index) for index in self._broken}.values())

    def batches(
        self, batches_of_indices: Iterable[Indices], draws: Draws | None = None
    ) -> "Generator[Batch, None, None]":
        import torch

        with closing(self._in_order(batches_of_indices, draws, self._workers)) as batches:
            for pixels, indices in batches:
                yield torch.from_numpy(pixels), torch.from_numpy(self.labels[indices]), indices

    def _read(self, indices: np.ndarray, draws: Draws | None) -> np.ndarray:
        with closing(self._in_order([indices], draws, num_workers=0)) as batches:
            return next(batches)[0]

    def _in_order(
        self, batches_of_indices: Iterable[Indices], draws: Draws | None, num_workers: int
    ) -> Generator[tuple[np.ndarray, np.ndarray], None, None]:
        """Pixels and indices of one batch after another."""
        under_way: deque[tuple[np.ndarray, np.ndarray]] = deque()  # indices asked for, indices read

        def all_requests() -> Iterator[list[Any]]:
            for asked in batches_of_indices:
                indices = np.asarray(asked, np.int64)
                read = np.array([self._readable(int(index)) for index in indices], np.int64)
                under_way.append((indices, read))
                yield self._requests(read, draws)

        with closing(ordered_map(self._read_batch, all_requests(), num_workers)) as results:
            for pixels, broken in results:
                indices, read = under_way.popleft()
                for row, reason in broken:
                    self._leave_out(int(read[row]), reason)
                    pixels[row] = self._stand_in(int(read[row]), draws)
                yield pixels, indices

    def _readable(self, index: int) -> int:
        """The index itself, or the next one of its class, around the end, that is not known to be broken."""
        if index not in self._broken:
            return index
        members = self._members[int(self.labels[index])]
        at = int(np.searchsorted(members, index))
        return next(int(other) for other in np.roll(members, -at) if int(other) not in self._broken)

    @cached_property
    def _members(self) -> dict[int, np.ndarray]:
        return {int(label): np.flatnonzero(self.labels == label) for label in np.unique(self.labels)}

    def _stand_in(self, index: int, draws: Draws | None) -> np.ndarray:
        while True:  # ends: at most a tenth of the class may be left out
            other = self._readable(index)
            pixels, broken = self._read_batch(self._requests(np.array([other]), draws))
            if not broken:
                only: np.ndarray = pixels[0]
                return only
            self._leave_out(other, broken[0][1])

    def _leave_out(self, index: int, reason: str) -> None:
        self._broken[index] = reason
        label = int(self.labels[index])
        same = [self._skipped(other) for other in self._broken if self.labels[other] == label]
        refuse_many(same, {self._classes[label]: len(self._members[label])}, self.items)

    def _skipped(self, index: int) -> Skipped:
        return Skipped(self.names[index], self._broken[index], self._classes[self.labels[index]])


class DiskImages(FileSet):
    """Image files that are decoded when they are asked for."""

    def __init__(
        self,
        paths: Sequence[str],
        labels: np.ndarray,
        classes: Sequence[str],
        *,
        channels: int,
        size: tuple[int, int],
        workers: int,
        framing: Framing = DEFAULT,
    ) -> None:
        super().__init__(labels, paths)
        self.channels, self.size = channels, size
        self._classes, self._workers, self._broken = classes, workers, {}
        self._read_batch = image_reader(channels, size, framing)

    def keys(self) -> Sequence[Hashable]:
        return file_keys(self.names)

    def _requests(self, indices: np.ndarray, draws: Draws | None) -> list[str]:
        return [self.names[index] for index in indices]


def image_reader(
    channels: int, size: tuple[int, int], framing: Framing = DEFAULT
) -> Callable[[Sequence[str]], tuple[np.ndarray, Broken]]:
    """What reads many image files at once, in any process."""
    read = partial(decode_image, channels=channels, size=size, framing=framing)
    return partial(read_batch, read=read, shape=(channels, *size))


class DiskClips(FileSet, ClipSet):
    """Video files and folders of frames that are decoded when they are asked for."""

    items = "clips"

    def __init__(
        self,
        paths: Sequence[str],
        labels: np.ndarray,
        classes: Sequence[str],
        *,
        how: Reading,
        workers: int,
    ) -> None:
        ClipSet.__init__(self, labels, paths, how.sampling)
        assert how.size
        self.channels, self.size, self.flow = how.channels, how.size, how.flow
        self._classes, self._workers, self._broken = classes, workers, {}
        shape = (how.planes, how.sampling.frames, *how.size)
        self._read_batch = partial(read_batch, read=partial(read_request, how=how), shape=shape)

    def keys(self) -> Sequence[Hashable]:
        return clip_keys(self.names)

    def _requests(self, indices: np.ndarray, draws: Draws | None) -> list[ClipRequest]:
        offsets = self._sampling_offsets(indices, draws)
        return [
            ClipRequest(self.names[index], its_offsets, float(self._crops[index]))
            for index, its_offsets in zip(indices, offsets, strict=True)
        ]
