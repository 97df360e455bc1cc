"""How training images are varied: the policy, as one frozen value. `augment` carries it out."""

import math
from dataclasses import dataclass

from striate.checked import checked
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
