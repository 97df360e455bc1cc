"""What a source holds before it is split: labels, names, the splits that it has, and where the pixels are."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from striate.data.images.duplicates import clip_keys, file_keys, pixel_keys
from striate.data.images.reading import refit
from striate.data.sets.clip_sets import ClipSet
from striate.data.sets.disk_clips import DiskClips
from striate.data.sets.disk_images import DiskImages
from striate.data.sets.image_sets import ImageSet, MemoryImages
from striate.data.unreadable_files import Skipped
from striate.data.video.clip_reading import Reading
from striate.data.video.sampling import Sampling


class Pixels(ABC):
    """The pixels of all splits together."""

    items = "images"  # what the rows are, in the plural
    channels: int
    size: tuple[int, int]  # H, W

    @abstractmethod
    def subset(
        self, rows: np.ndarray, labels: np.ndarray, names: Sequence[str], classes: Sequence[str]
    ) -> ImageSet:
        """The images in these rows, whose labels and names are given."""

    @abstractmethod
    def keys(self) -> Sequence[Hashable]:
        """One key a row, equal for equal images."""


class MemoryPixels(Pixels):
    """An array (N, C, H, W) uint8, which is brought to the channels and size asked for.

    That is done at once if the result fits into `limit` bytes, and otherwise to each image as it is taken.
    """

    def __init__(
        self,
        values: np.ndarray,
        channels: int | None = None,
        size: tuple[int, int] | None = None,
        limit: int = 0,
    ) -> None:
        N, own_channels, H, W = values.shape
        self.channels, self.size = channels or own_channels, size or (H, W)
        fits = N * self.channels * self.size[0] * self.size[1] <= limit
        self.values = refit(values, self.channels, self.size) if fits else values

    def subset(
        self, rows: np.ndarray, labels: np.ndarray, names: Sequence[str], classes: Sequence[str]
    ) -> ImageSet:
        return MemoryImages(self.values, rows, labels, names, channels=self.channels, size=self.size)

    def keys(self) -> Sequence[Hashable]:
        return pixel_keys(self.values)


class FilePixels(Pixels):
    """Files that are decoded when they are needed."""

    def __init__(self, paths: Sequence[str], channels: int, size: tuple[int, int], workers: int) -> None:
        self.paths, self.channels, self.size, self.workers = paths, channels, size, workers

    def subset(
        self, rows: np.ndarray, labels: np.ndarray, names: Sequence[str], classes: Sequence[str]
    ) -> ImageSet:
        paths = [self.paths[row] for row in rows]
        return DiskImages(
            paths, labels, classes, channels=self.channels, size=self.size, workers=self.workers
        )

    def keys(self) -> Sequence[Hashable]:
        return file_keys(self.paths)


class ClipPixels(Pixels):
    """The pixels of clips."""

    items = "clips"
    sampling: Sampling
    flow: str | None


class VideoPixels(ClipPixels):
    """Video files and folders of frames that are decoded when they are needed."""

    def __init__(self, paths: Sequence[str], how: Reading, size: tuple[int, int], workers: int) -> None:
        self.paths, self.how, self.size, self.workers = paths, how, size, workers
        self.channels, self.sampling, self.flow = how.channels, how.sampling, how.flow

    def subset(
        self, rows: np.ndarray, labels: np.ndarray, names: Sequence[str], classes: Sequence[str]
    ) -> ClipSet:
        paths = [self.paths[row] for row in rows]
        return DiskClips(paths, labels, classes, how=self.how, workers=self.workers)

    def keys(self) -> Sequence[Hashable]:
        return clip_keys(self.paths)


@dataclass(frozen=True)
class Contents:
    """Everything that a source holds, in rows."""

    name: str
    source: str
    classes: tuple[str, ...]
    labels: np.ndarray  # (N,) int64
    keys: Sequence[str]  # N; with the seed, they decide which split an image goes to
    pixels: Pixels
    given: Mapping[str, np.ndarray]  # split → rows; "train" at least
    shares: Mapping[str, float]  # of train, for the splits that the source lacks
    groups: Sequence[str] | None = None  # N recordings, each of which stays on one side of a split
    names: Sequence[str] | None = None  # of files; None: NAME/SPLIT/POSITION
    notes: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
