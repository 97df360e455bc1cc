"""The picture that receptive fields are drawn on: an image, or the frames of a clip."""

import base64
import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from striate.errors import DataError

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff"}


def frames_of(path: str | Path, size: tuple[int, int], frames: int | None) -> list[str]:
    """Images of `size` (height, width) as data addresses: one, or as many frames as the network sees."""
    files = _files(Path(path))
    if frames is not None:
        files = [files[place * len(files) // frames] for place in range(frames)]
    return [_address(file, size) for file in (files if frames is not None else files[:1])]


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
        if not files:
            raise DataError(f"there is no image in {path}: give a picture, or a folder of frames")
        return files
    if not path.is_file():
        raise DataError(f"there is no picture {path}: give an image file, or a folder of frames")
    return [path]


def _address(path: Path, size: tuple[int, int]) -> str:
    """An image at the network's size, as text that a page can hold."""
    try:
        with Image.open(path) as image:
            small = image.convert("RGB").resize((size[1], size[0]), Image.Resampling.BILINEAR)
    except (UnidentifiedImageError, OSError) as error:
        raise DataError(f"{path} cannot be read as a picture: {error}") from error
    data = io.BytesIO()
    small.save(data, "PNG")
    return "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()


def size_of(shape: Sequence[int], axes: Sequence[str]) -> tuple[int, int] | None:
    """Height and width of an input, if it has them."""
    named = dict(zip(axes, shape, strict=True))
    return (named["H"], named["W"]) if "H" in named and "W" in named else None
