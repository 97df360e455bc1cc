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

    A file that cannot be read when its turn comes is named in `skipped`, and the next readable file of its
    class stands in for it: which one depends on nothing that was read before, so that a training that is gone
    on with sees the same. More than a tenth of a class raises DataError.
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
        under_way: deque[np.ndarray] = deque()

        def all_requests() -> Iterator[list[Any]]:
            for asked in batches_of_indices:
                under_way.append(np.asarray(asked, np.int64))
                yield self._requests(under_way[-1], draws)

        with closing(ordered_map(self._read_batch, all_requests(), num_workers)) as results:
            for pixels, broken in results:
                indices = under_way.popleft()
                for row, reason in broken:
                    pixels[row] = self._stand_in(int(indices[row]), reason, draws)
                yield pixels, indices

    @cached_property
    def _members(self) -> dict[int, np.ndarray]:
        return {int(label): np.flatnonzero(self.labels == label) for label in np.unique(self.labels)}

    def _stand_in(self, index: int, reason: str, draws: Draws | None) -> np.ndarray:
        """The pixels of the next one of its class, around the end, that can be read."""
        self._leave_out(index, reason)
        members = self._members[int(self.labels[index])]
        at = int(np.searchsorted(members, index))
        for other in np.roll(members, -at)[1:]:  # at most a tenth of the class may be left out
            pixels, broken = self._read_batch(self._requests(other[None], draws))
            if not broken:
                break
            self._leave_out(int(other), broken[0][1])
        only: np.ndarray = pixels[0]
        return only

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
