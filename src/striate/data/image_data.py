"""A data set of images or of clips, opened."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from striate.data.augment.mirror import handed_images, handed_name
from striate.data.exchanges import Exchanges, Pairs, check_pairs, exchanged
from striate.data.images.framing import Fit
from striate.data.sets.image_sets import ImageSet
from striate.data.unreadable_files import Skipped
from striate.data.video.sampling import Sampling
from striate.pages import Shown
from striate.plain_values import picked


@dataclass(frozen=True)
class ImageData(Shown):
    """Splits of labelled images of one size."""

    rows_in = "counts"

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
    mirrored: Pairs = field(default=(), kw_only=True)
    """Classes that a mirror exchanges, as somebody who knows them has said."""
    fit: Fit = field(default="crop", kw_only=True)
    """How pictures were brought to their size."""

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Images of each class in each split."""
        return {split: self._per_class(images.labels) for split, images in self.splits.items()}

    @cached_property
    def handed(self) -> str | None:
        """Why a mirrored image may not keep its label, as a sentence; None if it does.

        Names of classes are looked at first, then a sample of the training images. Classes that a mirror is
        known to exchange are not asked.
        """
        exchanged = {name for pair in self.mirrored for name in pair}
        others = [label for label, name in enumerate(self.classes) if name not in exchanged]
        named = handed_name(self.classes[label] for label in others)
        if named is not None:
            return f"class {named!r} may be told by its handedness"
        images = self.splits["train"]
        each = (2000 if images.in_memory else 400 if self.unit == "images" else 200) // len(self.classes)
        of_class = [np.flatnonzero(images.labels == label) for label in others] or [np.zeros(0, np.int64)]
        rows = np.concatenate([members[: max(1, each)] for members in of_class])
        if not len(rows):
            return None
        parts = [rows[start : start + 64] for start in range(0, len(rows), 64)]
        with closing(images.batches(parts)) as batches:
            pixels = np.concatenate([batch.numpy()[:, : self.channels] for batch, _, _ in batches])
        return handed_images(pixels, images.labels[rows], self.classes)

    @property
    def mirror_safe(self) -> bool:
        """Whether a mirrored image keeps its label."""
        return self.handed is None

    def with_exchanges(self, mirrored: Pairs, reversed: Pairs) -> "ImageData":
        """The same with what is known of these classes. Raises ArgumentError for classes that it lacks."""
        check_pairs("mirrored", mirrored, self.classes)
        check_pairs("reversed", reversed, self.classes)
        return replace(self, mirrored=mirrored)

    def exchanges(self, flip: bool) -> Exchanges:
        """What labels become where samples are mirrored and played backwards.

        Args:
            flip: whether classes that are in no pair are mirrored too.
        """
        return Exchanges(
            exchanged(self.mirrored, self.classes, others=flip),
            exchanged(getattr(self, "reversed", ()), self.classes, others=False),
        )

    def _per_class(self, labels: np.ndarray) -> dict[str, int]:
        numbers = np.bincount(labels, minlength=len(self.classes))
        return dict(zip(self.classes, numbers.tolist(), strict=True))

    def to_rows(self) -> list[dict[str, Any]]:
        """A row a class of a split: how many images or clips it holds."""
        return [
            {"split": split, "class": name, self.unit: count}
            for split, counts in self.counts.items()
            for name, count in counts.items()
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        images = {split: len(images) for split, images in self.splits.items()}
        in_memory = all(images.in_memory for images in self.splits.values())
        return picked(self, "name source classes channels size") | {
            "images": images,
            "counts": self.counts,
            "in_memory": in_memory,
            **picked(self, "notes skipped duplicates mirror_safe mirrored"),
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
    reversed: Pairs = ()
    """Those of them whose clips are played backwards in training."""

    def with_exchanges(self, mirrored: Pairs, reversed: Pairs) -> "ClipData":
        """The same with what is known of these classes. What has a partner either way is a pair."""
        data = super().with_exchanges(mirrored, reversed)
        assert isinstance(data, ClipData)
        known = [*self.pairs]
        for pair in (*reversed, *mirrored):
            if pair[0] != pair[1] and not {name for pair in known for name in pair} & set(pair):
                known.append(pair)
        return replace(data, reversed=reversed, pairs=tuple(known))

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
        ours = """frames stride=sampling.stride seconds_per_frame=sampling.step
            frame_rate=sampling.frame_rate flow pairs reversed"""
        return super().to_json() | picked(self, ours)
