"""The worst mistakes of a network: images whose true class it thinks least probable, with their pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
from PIL import Image

from striate.data import ImageSet
from striate.plain_values import ToJson, to_plain

KEPT = 24
"""Mistakes that a page shows where no other number is asked for."""
FRAMES = 8
"""Frames of a clip that are shown side by side, at most."""
TALL = 96
"""Pixels: smaller pictures are drawn with each pixel a square."""


@dataclass(frozen=True)
class Mistake(ToJson):
    """An image or video of which the network says something else."""

    file: str
    label: str
    """Its true class."""
    given: str
    """What the network says."""
    probability: float
    """Of what it says."""
    probability_of_label: float
    picture: np.ndarray = field(repr=False, compare=False)
    """(H, W, 3) uint8 as the network sees it; of a clip some frames side by side."""

    def to_json(self) -> dict[str, object]:
        """Plain values, without the picture."""
        return {name: value for name, value in to_plain(vars(self)).items() if name != "picture"}

    def png(self) -> bytes:
        """The picture as a file; of a small one each pixel is a square."""
        H, W, _ = self.picture.shape
        times = max(1, TALL // H)
        file = BytesIO()
        enlarged = Image.fromarray(self.picture).resize((W * times, H * times), Image.Resampling.NEAREST)
        enlarged.save(file, format="PNG")
        return file.getvalue()


@dataclass(frozen=True)
class Scored:
    """Where each scored image is: of which split, at which index of it."""

    splits: Sequence[ImageSet]
    split: np.ndarray
    """(N,), numbers of `splits`."""
    index: np.ndarray
    """(N,)."""

    def picture(self, number: int, channels: int) -> np.ndarray:
        """(H, W, 3) uint8 of scored image `number`; planes beyond `channels` hold optical flow."""
        pixels = self.splits[self.split[number]].take([self.index[number]]).numpy()[0]
        return strip_of(pixels[:channels])


def strip_of(pixels: np.ndarray) -> np.ndarray:
    """An image (C, H, W), or frames of a clip (C, T, H, W) side by side, as RGB (H, W, 3).

    >>> strip_of(np.zeros((1, 30, 4, 5), np.uint8)).shape
    (4, 40, 3)
    """
    if pixels.ndim == 4:
        T = pixels.shape[1]
        chosen = np.linspace(0, T - 1, min(T, FRAMES)).round().astype(int)
        pixels = np.concatenate([pixels[:, t] for t in chosen], axis=-1)
    rgb = pixels if len(pixels) == 3 else np.repeat(pixels[:1], 3, axis=0)
    return np.ascontiguousarray(rgb.transpose(1, 2, 0))


def worst_mistakes(
    rows: np.ndarray,
    labels: np.ndarray,
    files: Sequence[str],
    classes: Sequence[str],
    most: int,
    scored: Scored,
    channels: int,
) -> tuple[Mistake, ...]:
    """The mistakes whose true class is least probable, the worst first.

    Args:
        rows: probabilities (N, K).
        labels: (N,), the right classes.
        files: names of the N.
        classes: names of the K.
        most: so many of them.
        scored: where their pictures are.
        channels: colours of a picture.
    """
    own, given = rows[np.arange(len(labels)), labels], rows.argmax(axis=1)
    wrong = np.flatnonzero(given != labels)
    worst = wrong[np.argsort(own[wrong], kind="stable")][:most]
    return tuple(
        Mistake(
            file=str(files[i]),
            label=classes[labels[i]],
            given=classes[given[i]],
            probability=float(rows[i, given[i]]),
            probability_of_label=float(own[i]),
            picture=scored.picture(i, channels),
        )
        for i in worst.tolist()
    )
