"""A data set of images, opened, and what can be asked of it when it is opened."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from striate.data.sets.image_sets import ImageSet
from striate.data.sets.workers import default_workers
from striate.data.unreadable_files import Skipped
from striate.data.video.sampling import Sampling
from striate.errors import ArgumentError, unknown

GIB = 1 << 30
DEFAULT_FRAMES = 8
FLOWS = ("dis", "farneback")
"""Ways to optical flow: dense inverse search, and Farnebäck's polynomials."""


@dataclass(frozen=True)
class Options:
    """How a data set is to be opened. See `open_data`."""

    channels: int | None = None
    size: int | None = None
    seed: int = 0
    workers: int | None = None
    memory_limit: int = 2 * GIB
    progress: Callable[[int, int], None] | None = None
    frames: int | None = None
    stride: int | None = None
    flow: str | None = None
    group_by: str | None = None

    def __post_init__(self) -> None:
        if self.channels not in (None, 1, 3):
            raise ArgumentError(f"channels must be 1 (grey) or 3 (RGB); got {self.channels}")
        if self.size is not None and self.size < 1:
            raise ArgumentError(f"size must be a number of pixels, at least 1; got {self.size}")
        if self.workers is not None and self.workers < 0:
            raise ArgumentError(
                f"workers must not be negative; got {self.workers}: 0 reads in the main process"
            )
        self._check_clips()

    def _check_clips(self) -> None:
        if self.frames is not None and self.frames < 1:
            raise ArgumentError(f"frames must be a number of frames, at least 1; got {self.frames}")
        if self.stride is not None and self.stride < 1:
            raise ArgumentError(
                f"stride must be a distance in frames, at least 1; got {self.stride}: leave it out to spread "
                "the frames over the whole clip"
            )
        if self.flow not in (None, *FLOWS):
            raise ArgumentError(unknown("flow", str(self.flow), FLOWS))
        try:
            re.compile(self.group_by or "")
        except re.error as error:
            raise ArgumentError(
                f"group_by must be a regular expression; got {self.group_by!r}: {error}"
            ) from None

    @property
    def sampling(self) -> Sampling:
        """Which frames of a clip are taken."""
        return Sampling(DEFAULT_FRAMES if self.frames is None else self.frames, self.stride)

    @property
    def for_clips(self) -> tuple[str, ...]:
        """Those options set that mean something for clips only."""
        return tuple(
            name for name in ("frames", "stride", "flow", "group_by") if getattr(self, name) is not None
        )

    @property
    def square(self) -> tuple[int, int] | None:
        """(H, W) that is asked for."""
        return None if self.size is None else (self.size, self.size)

    @property
    def crew(self) -> int:
        """The number of worker processes."""
        return default_workers() if self.workers is None else self.workers


@dataclass(frozen=True)
class ImageData:
    """Splits of labelled images of one size."""

    unit: ClassVar[str] = "images"
    """What the items are called, in reports."""
    name: str
    source: str
    classes: tuple[str, ...]
    channels: int
    size: tuple[int, int]
    """(H, W) of what `take` gives."""
    splits: Mapping[str, ImageSet]
    """train, val, test; one that would be empty is missing, and `notes` say so."""
    notes: tuple[str, ...]
    """What is to be said aloud: choices made, splits made, files left out, duplicates."""
    skipped: tuple[Skipped, ...]
    duplicates: int
    """Images of val and test of which an exact copy is in an earlier split."""
    mirror_safe: bool
    """Whether a mirrored image keeps its label."""

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Images of each class in each split."""
        return {split: self._per_class(images.labels) for split, images in self.splits.items()}

    def _per_class(self, labels: np.ndarray) -> dict[str, int]:
        numbers = np.bincount(labels, minlength=len(self.classes))
        return dict(zip(self.classes, numbers.tolist(), strict=True))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "name": self.name,
            "source": self.source,
            "classes": list(self.classes),
            "channels": self.channels,
            "size": list(self.size),
            "images": {split: len(images) for split, images in self.splits.items()},
            "counts": self.counts,
            "in_memory": all(images.in_memory for images in self.splits.values()),
            "notes": list(self.notes),
            "skipped": [one.to_json() for one in self.skipped],
            "duplicates": self.duplicates,
            "mirror_safe": self.mirror_safe,
        }


@dataclass(frozen=True)
class ClipData(ImageData):
    """Splits of labelled clips: `ClipSet`s, all of one number of frames and one size.

    `channels` counts the planes of the picture, 1 or 3; with `flow` each clip has two more, in x and in y.
    """

    unit: ClassVar[str] = "clips"
    sampling: Sampling
    """Which frames of a clip are taken."""
    flow: str | None
    """How the optical flow was computed; None: the clips hold none."""
    pairs: tuple[tuple[str, str], ...] = ()
    """Classes whose clips are each other's, played backwards: only the order of frames tells them apart."""

    @property
    def frames(self) -> int:
        """Of each clip."""
        return self.sampling.frames

    @property
    def planes(self) -> int:
        """Of each clip: the picture's channels, and two of optical flow."""
        return self.channels + (2 if self.flow else 0)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        ours = {"frames": self.frames, "stride": self.sampling.stride, "flow": self.flow}
        return {**super().to_json(), **ours, "pairs": [list(pair) for pair in self.pairs]}
