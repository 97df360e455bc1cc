"""Photographs made on the spot: coloured shapes on noise, of several sizes and formats."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

COLOURS = {"red circle": (200, 40, 40), "green square": (40, 180, 60), "blue bar": (50, 70, 210)}


def photograph(kind: str, random: np.random.Generator) -> Image.Image:
    """One picture between 40 and 90 pixels a side."""
    width, height = (int(side) for side in random.integers(40, 90, 2))
    noise = random.integers(90, 160, (height, width, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    side = int(min(width, height) * random.uniform(0.45, 0.7))
    left, top = int(random.integers(0, width - side)), int(random.integers(0, height - side))
    draw, box = ImageDraw.Draw(image), (left, top, left + side, top + side)
    if kind == "red circle":
        draw.ellipse(box, COLOURS[kind])
    elif kind == "green square":
        draw.rectangle(box, COLOURS[kind])
    else:
        draw.rectangle((left, top + side // 3, left + side, top + 2 * side // 3), COLOURS[kind])
    return image


def write_photographs(folder: Path, each: int, seed: int = 0, broken: bool = True) -> Path:
    """A folder of class folders with `each` pictures, JPEG and PNG in turn; one is cut short if `broken`."""
    random = np.random.default_rng(seed)
    for kind in COLOURS:
        (folder / kind).mkdir(parents=True)
        for number in range(each):
            suffix = "jpg" if number % 2 else "png"
            photograph(kind, random).save(folder / kind / f"{number:03}.{suffix}")
    if broken:
        path = folder / "blue bar" / "001.jpg"
        path.write_bytes(path.read_bytes()[:300])
    (folder / "red circle" / "notes.txt").write_text("not a picture")
    return folder
