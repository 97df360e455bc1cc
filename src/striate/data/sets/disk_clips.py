"""Clips of one split, by index, from video files or folders of frames through worker processes."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Self

import numpy as np

from striate.data.sets.clip_sets import ClipSet
from striate.data.sets.disk_images import Files
from striate.data.sets.image_sets import Batch, Draws, Indices
from striate.data.unreadable_files import Skipped
from striate.data.video.clip_reading import ClipJob, Reading, read_clips

if TYPE_CHECKING:
    from torch import Tensor


class DiskClips(ClipSet):
    """Videos that are decoded when they are asked for; see `Files` for those that cannot be."""

    in_memory = False

    def __init__(
        self,
        paths: Sequence[str],
        labels: np.ndarray,
        classes: Sequence[str],
        *,
        how: Reading,
        workers: int,
        moments: np.ndarray | None = None,
        crops: np.ndarray | None = None,
    ) -> None:
        super().__init__(labels, paths, how.sampling, moments, crops)
        self._classes, self._how, self._workers = classes, how, workers
        read = partial(read_clips, how=how)
        self._files: Files[ClipJob] = Files(paths, labels, classes, read=read, workers=workers, kind="clips")

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        return self._files.skipped

    def take(self, indices: Indices) -> "Tensor":
        import torch

        return torch.from_numpy(self._files.take(np.asarray(indices, np.int64), self._jobs))

    def batches(
        self, batches_of_indices: Iterable[Indices], draws: Draws | None = None
    ) -> "Generator[Batch, None, None]":
        import torch

        with closing(self._files.batches(batches_of_indices, partial(self._jobs, draws=draws))) as batches:
            for clips, indices in batches:
                yield torch.from_numpy(clips), torch.from_numpy(self.labels[indices]), indices

    def _jobs(self, indices: np.ndarray, draws: Draws | None = None) -> list[ClipJob]:
        everyones = self._chances(indices, draws)
        return [
            ClipJob(self.names[index], chances, float(self._crops[index]))
            for index, chances in zip(indices, everyones, strict=True)
        ]

    def _viewed(self, items: np.ndarray, moments: np.ndarray, crops: np.ndarray) -> Self:
        return type(self)(
            [self.names[item] for item in items],
            self.labels[items],
            self._classes,
            how=self._how,
            workers=self._workers,
            moments=moments,
            crops=crops,
        )
