"""One image file → uint8 pixels, by stated rules.

| what Pillow finds | what becomes of it |
|---|---|
| grey (L), RGB | as it is |
| 1 bit | 0 and 255 |
| 16 bit grey (I;16, in either byte order) and I | value · 255 / 65535, rounded, clipped to [0, 255] |
| F | [0, 1] is stretched to [0, 255]; if any value lies outside, all are taken as [0, 255] and clipped |
| RGBA, LA, a palette or a colour marked as transparent | laid on white |
| palette, CMYK, YCbCr, LAB, HSV | Pillow's conversion to RGB |
| colour, where 1 channel is asked for | ITU-R BT.601 luma: 0.299 R + 0.587 G + 0.114 B |
| grey, where 3 channels are asked for | the grey value three times |

EXIF orientation is honoured. Of several frames or pages the first is taken. How a size is reached stands in
`framing`. A JPEG that is much larger than needed is decoded at 1/2, 1/4 or 1/8, never
below twice the size that is needed. PostScript and other formats that are programs, stubs or films are not
read.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import BinaryIO, NamedTuple, TypeAlias

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from striate.checked import checked
from striate.data.images.framing import DEFAULT, Framing, framed
from striate.data.images.transform import TransformError
from striate.data.unreadable_files import UnreadableError, open_regular
from striate.errors import ArgumentError, MissingExtraError, plain_reason

Picture: TypeAlias = str | Path | bytes | Image.Image
"""A file by its path, the bytes of one, or a picture that Pillow has opened."""
_REFUSED = frozenset({"EPS", "WMF", "BUFR", "GRIB", "HDF5", "MPEG"})
_PHOTOGRAPHS = frozenset({"JPEG", "MPO", "HEIF", "AVIF"})
"""Formats of cameras."""
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
"""What the second word of a HEIF file may be."""
_ORIENTATION = 0x0112  # the EXIF tag; 5 to 8 stand for images lying on their side
_GREY = ("1", "L", "LA", "La", "I", "F")


class Header(NamedTuple):
    """What the beginning of an image or a clip says: height and width as they are seen, whether it is grey,
    how many frames there are, and how long they take; None where nothing tells it.

    A palette counts as colour, whatever its entries.
    """

    height: int
    width: int
    grey: bool
    frames: int = 1
    seconds: float | None = None


@checked
def read_image(
    path: str | Path, *, channels: int = 3, size: tuple[int, int] | None = None, crop: float = 0.5
) -> np.ndarray:
    """One image as uint8 (C, H, W), by the rules at the top of this file.

    Args:
        path: of the file.
        channels: 1 (grey) or 3 (RGB).
        size: (H, W) to resize and crop to; None keeps the file's own.
        crop: where along the long side the cut lies, from 0 (at its beginning) to 1.

    Raises:
        UnreadableError: a DataError that says why the file cannot be read.
        ArgumentError: another number of channels, or a size or a place that is none.
    """
    check_pixels(channels, size)
    if not 0 <= crop <= 1:
        raise ArgumentError(f"crop must be from 0 to 1 along the long side; got {crop}")
    return decode_image(path, channels=channels, size=size, crop=crop)


def check_pixels(channels: int, size: tuple[int, int] | None) -> None:
    """Raises ArgumentError for pixels that nothing could be brought to."""
    if channels not in (1, 3):
        raise ArgumentError(f"channels must be 1 (grey) or 3 (RGB); got {channels}")
    if size is not None and min(size) < 1:
        raise ArgumentError(f"size must be (height, width) in pixels, each at least 1; got {size}")


def decode_image(
    path: Picture,
    *,
    channels: int,
    size: tuple[int, int] | None,
    crop: float = 0.5,
    framing: Framing = DEFAULT,
) -> np.ndarray:
    """What `read_image` gives, for those who know what they ask for: looking at arguments takes as long as
    decoding a small image."""
    with _opened(path) as image:
        return _pixels(image, channels, size, crop, framing)


def read_header(path: str | Path | bytes) -> Header:
    """What the head of a file, or of the bytes of one, says. Decodes nothing. Raises UnreadableError."""
    with _opened(path) as image:
        width, height = image.size
        # Only where it is at hand: asking a PNG for its EXIF data decodes it.
        if "exif" in image.info and image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8):
            width, height = height, width
        return Header(height, width, image.mode in _GREY or image.mode.startswith("I;16"))


def refit(
    pixels: np.ndarray,
    channels: int,
    size: tuple[int, int],
    crop: float = 0.5,
    framing: Framing = DEFAULT,
) -> np.ndarray:
    """Images (N, C, H, W) uint8, from an array, brought to channels and size by the same rules."""
    if pixels.shape[1:] == (channels, *size) and framing.share == 1 and framing.transform is None:
        return pixels
    result = np.empty((len(pixels), channels, *size), np.uint8)
    for row, image in enumerate(pixels):
        picture = Image.fromarray(
            image[0] if len(image) == 1 else np.ascontiguousarray(np.moveaxis(image, 0, -1))
        )
        result[row] = _channels_first(framed(_convert(picture, channels), size, framing, crop))
    return result


class _OwnRules:
    """Inside the block, in whichever thread, Pillow neither warns, which is not for users, nor limits pixels.

    `warnings.catch_warnings` in each of several threads would give back what another one has set.
    """

    def __init__(self) -> None:
        self._lock, self._inside = Lock(), 0
        self._before = warnings.catch_warnings()
        self._limit: int | None = None

    def __enter__(self) -> int | None:
        """The limit that Pillow has outside."""
        with self._lock:
            if not self._inside:
                self._before = warnings.catch_warnings()
                self._before.__enter__()
                warnings.simplefilter("ignore")
                self._limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
            self._inside += 1
            return self._limit

    def __exit__(self, *raised: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._before.__exit__(None, None, None)
                Image.MAX_IMAGE_PIXELS = self._limit


_OWN_RULES = _OwnRules()


@contextmanager
def _opened(picture: Picture) -> Iterator[Image.Image]:
    """An image, as a file has it.

    Pillow gets an open file, not its name: by name it maps an uncompressed TIFF into memory, and scrambles
    those that lie on their side (seen in Pillow 13.0).
    """
    if isinstance(picture, Image.Image):
        yield picture.copy()
        return
    try:
        with _OWN_RULES as limit, _file_of(picture) as file, _identified(file) as image:
            if image.format in _REFUSED:
                raise ValueError(f"{image.format} files are not read")
            _refuse_bombs(image, limit)
            yield image
    except TransformError:
        raise  # the file is not to blame
    except Exception as error:  # a broken file leads Pillow's plugins to raise anything
        name = "of these bytes" if isinstance(picture, bytes) else picture
        raise UnreadableError(name, _reason(error, picture)) from None


def _identified(file: BinaryIO) -> Image.Image:
    """What Pillow makes of an open file; with the extra `heif` also the pictures of telephones."""
    head = file.read(12)
    file.seek(0)
    if head[4:8] == b"ftyp" and head[8:] in _HEIF_BRANDS:
        try:
            heif = import_module("pillow_heif")
        except ImportError:
            raise MissingExtraError("heif", "reading HEIC pictures") from None
        heif.register_heif_opener()
    return Image.open(file)


def _refuse_bombs(image: Image.Image, limit: int | None) -> None:
    """Pillow's limit is 89 million pixels; the largest sensors of telephones have 200."""
    most = limit and limit * (3 if image.format in _PHOTOGRAPHS else 1)
    if most is not None and image.width * image.height > most:
        raise ValueError(f"a decompression bomb, above {most / 1e6:.3g} million pixels")


def _file_of(picture: str | Path | bytes) -> BinaryIO:
    return BytesIO(picture) if isinstance(picture, bytes) else open_regular(picture)


def _pixels(
    image: Image.Image, channels: int, size: tuple[int, int] | None, crop: float, framing: Framing
) -> np.ndarray:
    if size and framing.transform is None:  # else all of its pixels are to be seen
        side = round(2 * max(size) / framing.share)  # in both directions: the image may lie on its side
        image.draft("L" if channels == 1 else "RGB", (side, side))
    ImageOps.exif_transpose(image, in_place=True)
    image = _convert(image, channels)
    return _channels_first(framed(image, size, framing, crop) if size else image)


def _convert(image: Image.Image, channels: int) -> Image.Image:
    if image.mode == "F" or image.mode.startswith("I"):
        image = Image.fromarray(_narrow(np.asarray(image)))
    elif image.has_transparency_data:
        front = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", front.size, "white"), front)
    return image.convert("L" if channels == 1 else "RGB")


def _narrow(values: np.ndarray) -> np.ndarray:
    """Values wider than a byte → uint8."""
    if values.dtype.kind == "f":
        values = np.nan_to_num(values)
        scale = 255.0 if values.min() >= 0 and values.max() <= 1 else 1.0
    else:
        scale = 255 / 65535
    return np.rint(np.clip(values * scale, 0, 255)).astype(np.uint8)


def _channels_first(image: Image.Image) -> np.ndarray:
    pixels = np.asarray(image)  # (H, W) or (H, W, 3)
    return np.array(pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0), order="C")


def _reason(error: Exception, picture: str | Path | bytes) -> str:
    if isinstance(error, UnidentifiedImageError):
        empty = not picture if isinstance(picture, bytes) else Path(picture).stat().st_size == 0
        return "the file is empty" if empty else "not an image that Pillow knows"
    return plain_reason(error)
