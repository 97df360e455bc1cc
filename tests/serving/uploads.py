"""Files as clients send them."""

import io

import numpy as np
from PIL import Image


def picture(seed: int, size: tuple[int, int] = (16, 16), form: str = "PNG") -> bytes:
    """A small image file."""
    pixels = np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, form)
    return content.getvalue()
