"""How training images are varied: the policy, as one frozen value, and what is drawn by it for a batch."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from striate.checked import checked
from striate.data.exchanges import NEVER, Exchanges
from striate.errors import ArgumentError


@checked
@dataclass(frozen=True)
class Augmentation:
    """How training images are varied. The defaults vary nothing."""

    crop_area: tuple[float, float] = (1.0, 1.0)
    """Random resized crop: share of the image's area that is kept, lowest and highest. Above 1 zooms out."""
    crop_aspect: float = 1.0
    """Crops are stretched by up to this ratio of width to height, either way (1: not at all)."""
    rotate: float = 0.0
    """Rotation by up to this many degrees, either way."""
    shift: float = 0.0
    """Shift by up to this share of the width and of the height, either way. Where nothing else moves the
    image it is by whole pixels: what is read between pixels is blurred."""
    flip: bool = False
    """Mirror left and right: each image every other time that it is seen."""
    jitter: float = 0.0
    """Brightness, contrast and saturation scaled by up to this much, either way."""
    erase: float = 0.0
    """Probability that a rectangle of up to a quarter of the image is blanked."""
    mixup: float = 0.0
    """Mix pairs of images and their labels; the Beta distribution's parameter (0: off)."""
    cutmix: float = 0.0
    """Paste a rectangle of one image into another and mix their labels accordingly (0: off)."""

    def __post_init__(self) -> None:
        low, high = self.crop_area
        if not 0 < low <= high <= 4:
            raise ArgumentError(
                f"crop_area must be two numbers 0 < low <= high <= 4; got {low} and {high}: try 0.5 1.0"
            )
        if not 1 <= self.crop_aspect < math.inf:
            raise ArgumentError(
                f"crop_aspect must be at least 1 (1 keeps the shape); got {self.crop_aspect}: try 1.33"
            )
        for name in ("rotate", "shift", "jitter", "erase", "mixup", "cutmix"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ArgumentError(
                    f"{name} must be a number from 0 on; got {getattr(self, name)}: 0 turns it off"
                )

    @property
    def moves(self) -> bool:
        """Whether images are resampled at all."""
        return (
            self.crop_area != (1.0, 1.0)
            or self.crop_aspect != 1
            or self.rotate > 0
            or self.shift > 0
            or self.flip
        )

    @property
    def only_shifts(self) -> bool:
        """Whether images are moved by nothing that would blur them: a shift is by whole pixels then."""
        return self.crop_area == (1.0, 1.0) and self.crop_aspect == 1 and self.rotate == 0

    @property
    def mixes(self) -> bool:
        """Whether a sample can carry two labels."""
        return self.mixup > 0 or self.cutmix > 0


_STREAM = 2**43  # apart from the counters of steps, of epochs (2⁴⁰ on) and of frames (2⁴¹ on)


class Draws(NamedTuple):
    """The random numbers of one batch, one row an image."""

    affine: np.ndarray | None  # (N, 2, 3) output to input, in [-1, 1] coordinates
    jitter: np.ndarray | None  # (N, 3) factors of brightness, contrast, saturation
    erased: np.ndarray | None  # (N, 4) rectangle as shares: top, left, bottom, right
    share: np.ndarray | None  # (N,) of the sample's own label
    pasted: np.ndarray | None  # (N, 4) rectangle that the partner fills; None where images are blended
    mirrored: np.ndarray | None = None  # (N,) bool: left and right are to be exchanged
    reversed: np.ndarray | None = None  # (N,) bool: is to be played backwards

    def of(self, part: slice) -> "Draws":
        """The rows of one process."""
        return Draws(*(None if rows is None else rows[part] for rows in self))


def draw(
    policy: Augmentation,
    batch: int,
    *,
    size: tuple[int, int],
    seed: int,
    step: int,
    exchanges: Exchanges | None = None,
) -> Draws:
    """The random numbers of step `step` for a global batch of `batch` images of `size` (H, W).

    What `exchanges` allows is drawn for every sample, and done to those of the classes for which it does.
    """
    random = np.random.Generator(np.random.Philox(key=[seed, step]))
    flip = policy.flip or (exchanges is not None and bool((exchanges.mirrored != NEVER).any()))
    affine, mirrored = (
        _draw_affine(policy, flip, batch, size, random) if policy.moves or flip else (None, None)
    )
    spread = min(policy.jitter, 0.9)
    jitter = random.uniform(1 - spread, 1 + spread, (batch, 3)) if policy.jitter else None
    erased = _draw_erased(policy.erase, batch, random) if policy.erase else None
    share, pasted = _draw_mix(policy, batch, random) if policy.mixes else (None, None)
    backwards = None
    if exchanges is not None and (exchanges.reversed != NEVER).any():
        backwards = random.random(batch) < 0.5
    return Draws(affine, jitter, erased, share, pasted, mirrored, backwards)


def mirrored_first(images: int, seed: int) -> np.ndarray:
    """(images,) bool: which are mirrored in the first epoch, and then in every other one."""
    return np.random.Generator(np.random.Philox(key=[seed, _STREAM])).random(images) < 0.5


def _draw_affine(
    policy: Augmentation, flip: bool, batch: int, size: tuple[int, int], random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray | None]:
    """The maps, not mirrored yet, and which of them are to be."""
    side = np.sqrt(random.uniform(*policy.crop_area, batch))
    stretch = np.exp(random.uniform(-0.5, 0.5, batch) * math.log(policy.crop_aspect))
    width, height = side * stretch, side / stretch
    angle = np.deg2rad(random.uniform(-policy.rotate, policy.rotate, batch))
    # A crop may lie anywhere inside the image; one that zooms out may place the image anywhere inside itself.
    slack = 2 * policy.shift
    centre_x, centre_y = random.uniform(-1, 1, (2, batch))
    if policy.only_shifts:
        centre_x, centre_y = (
            _whole(u, policy.shift, s) for u, s in ((centre_x, size[1]), (centre_y, size[0]))
        )
    else:
        centre_x, centre_y = centre_x * (np.abs(1 - width) + slack), centre_y * (np.abs(1 - height) + slack)
    mirrored = random.random(batch) < 0.5 if flip else None
    cosine, sine = np.cos(angle), np.sin(angle)
    rows = [
        [width * cosine, -height * sine, centre_x],
        [width * sine, height * cosine, centre_y],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=1).astype(np.float32), mirrored


def _whole(uniform: np.ndarray, shift: float, pixels: int) -> np.ndarray:
    """Shifts by whole pixels, each as likely, of a side from −1 to 1: between pixels, they would blur."""
    most = max(1, round(shift * pixels)) if shift else 0
    return (np.floor((uniform + 1) / 2 * (2 * most + 1)) - most) * 2 / pixels


def _rectangles(area: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Squares of the given share of the image, anywhere that they fit: (N, 4) top, left, bottom, right."""
    side = np.sqrt(area)
    top, left = random.random((2, len(area))) * (1 - side)
    return np.stack([top, left, top + side, left + side], axis=1)


def _draw_erased(probability: float, batch: int, random: np.random.Generator) -> np.ndarray:
    area = random.uniform(0.02, 0.25, batch) * (random.random(batch) < probability)
    return _rectangles(area, random)


def _draw_mix(
    policy: Augmentation, batch: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray | None]:
    """One kind for the whole batch; where both are on, a coin decides."""
    paste = policy.cutmix > 0 and (policy.mixup == 0 or random.random() < 0.5)
    strength = policy.cutmix if paste else policy.mixup
    share = random.beta(strength, strength, batch)
    return share, _rectangles(1 - share, random) if paste else None
