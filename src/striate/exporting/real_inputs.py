"""Real inputs to check a file with: single ones, or streams of clips one behind the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from striate.data import ImageData, ImageSet
from striate.errors import DataError
from striate.evaluating.run_model import Trained, class_numbers, open_for

STREAMS = 4
"""Side by side."""
FRAMES = 64
"""Of each of them, at least."""
INPUTS = 64
"""Single images or clips."""


@dataclass(frozen=True)
class RealInputs:
    """A split of a set, as the run takes it."""

    images: ImageSet
    labels: np.ndarray
    """(N,), as the network numbers the classes."""
    frames: int
    """Of each: 1 for an image."""

    def rows(self, count: int) -> np.ndarray:
        """So many items, spread evenly over the set; all where there are fewer."""
        return np.unique(np.linspace(0, len(self.images) - 1, count).round().astype(np.int64))

    def batches(self, count: int, size: int) -> Iterator[tuple[Tensor, np.ndarray]]:
        """So many items in batches: uint8 (B, …) and labels (B,).

        Args:
            count: of the items.
            size: of a batch.
        """
        rows = self.rows(count)
        parts = [rows[start : start + size] for start in range(0, len(rows), size)]
        for pixels, _, indices in self.images.batches(parts):
            yield pixels, self.labels[indices]

    def streams(self, frames: int, late: int = 0) -> Iterator[tuple[Tensor, np.ndarray]]:
        """Streams side by side, each of clips that follow each other.

        Where there are too few clips for that, streams are shorter, but not than `FRAMES`: then clips come
        again, in another order.

        Args:
            frames: of each stream.
            late: how many frames later an answer comes: so many more, for the last ones to be answered.

        Yields:
            one clip of every stream, uint8 (S, C, T, H, W), and labels (S,).
        """
        most, least = (-(-length // self.frames) for length in (frames, min(frames, FRAMES)))
        rows = self.rows(STREAMS * most)
        streams = min(STREAMS, len(rows))
        clips = max(len(rows) // streams, least) + -(-late // self.frames)
        draw = np.random.default_rng(0)
        rounds = [draw.permutation(rows) for _ in range(-(-streams * clips // len(rows)))]
        mixed = np.concatenate(rounds)[: streams * clips].reshape(streams, clips)
        for pixels, _, indices in self.images.batches(list(mixed.T)):
            yield pixels.unsqueeze(2) if pixels.ndim == 4 else pixels, self.labels[indices]


@dataclass(frozen=True)
class RealData:
    """What a file is calibrated with, and what it is checked with."""

    name: str
    calibrate: RealInputs
    check: RealInputs
    split: str
    """Of what it is checked with."""


def real_data(trained: Trained, data: str | Path | None) -> RealData:
    """Opens the data.

    Args:
        trained: the run.
        data: as for `open_data`; by default what the run was trained on.

    Raises:
        DataError: it cannot be opened, or does not fit.
    """
    try:
        images = open_for(trained, data)
    except DataError as problem:
        if data is not None:
            raise
        raise DataError(
            f"{problem}; an exported file is checked with real inputs: name others with --calibrate"
        ) from None
    split = next(name for name in ("test", "val", "train") if name in images.splits)
    return RealData(
        name=images.name,
        calibrate=_inputs(trained, images, next(iter(images.splits))),
        check=_inputs(trained, images, split),
        split=split,
    )


def _inputs(trained: Trained, images: ImageData, split: str) -> RealInputs:
    found = images.splits[split]
    numbers = class_numbers(trained, images)
    frames = 1 if trained.sampling is None else trained.sampling.frames
    return RealInputs(found, numbers[found.labels], frames)
