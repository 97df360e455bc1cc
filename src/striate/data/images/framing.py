"""How a picture of any shape is brought to the size that a network sees.

| fit | what becomes of a picture that is wider or higher than the network's input |
|---|---|
| crop | the short side is resized, and what stands over at the ends of the long side is cut off |
| pad | all of it is resized alike, and the rest of the input is black |
| squash | each side is resized by itself: nothing is lost, and circles become ellipses |

Resizing is antialiased (bilinear, as the usual published networks were evaluated). A transform of one's
own sees the picture first, as it is.
"""

from typing import Literal, NamedTuple

from PIL import Image, ImageOps

from striate.data.images.transform import Transform

Fit = Literal["crop", "pad", "squash"]
FITS: tuple[Fit, ...] = ("crop", "pad", "squash")


class Framing(NamedTuple):
    """What of a picture a network sees."""

    fit: Fit = "crop"
    share: float = 1.0
    """Of each side; the rest is cut off all around. Published networks are tested on 224 of 256 pixels."""
    transform: Transform | None = None
    """What becomes of a picture before."""


DEFAULT = Framing()


def framed(
    image: Image.Image, size: tuple[int, int], framing: Framing = DEFAULT, crop: float = 0.5
) -> Image.Image:
    """The picture at that size.

    Args:
        image: of mode L or RGB.
        size: (H, W) in pixels.
        framing: how.
        crop: where along the long side the cut of `crop` lies, from 0 (at its beginning) to 1.
    """
    H, W = size
    if framing.transform is not None:
        image = framing.transform(image)
    if image.size == (W, H) and framing.share == 1:
        return image
    if framing.fit == "crop":
        margin = (1 - framing.share) / 2
        return ImageOps.fit(
            image, (W, H), method=Image.Resampling.BILINEAR, bleed=margin, centering=(crop, crop)
        )
    box = _inner(image, framing.share)
    if framing.fit == "squash":
        return image.resize((W, H), Image.Resampling.BILINEAR, box=box)
    width, height = _inside(box[2] - box[0], box[3] - box[1], size)
    small = image.resize((width, height), Image.Resampling.BILINEAR, box=box)
    result = Image.new(image.mode, (W, H))  # black
    result.paste(small, ((W - width) // 2, (H - height) // 2))
    return result


def _inner(image: Image.Image, share: float) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what is looked at."""
    margins = [side * (1 - share) / 2 for side in image.size]
    return margins[0], margins[1], image.width - margins[0], image.height - margins[1]


def _inside(width: float, height: float, size: tuple[int, int]) -> tuple[int, int]:
    """The largest width and height of that shape inside a size (H, W), at least one pixel each.

    >>> _inside(256, 64, (32, 32))
    (32, 8)
    """
    scale = min(size[1] / width, size[0] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))
