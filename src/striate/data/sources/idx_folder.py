"""A folder of IDX files: images and labels in pairs, one pair a split, as MNIST and its kin are published."""

import gzip
import math
import os
import re
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from striate.data.options import Options
from striate.data.sets.image_sets import MemoryImages
from striate.data.sources.finding import PUBLISHED
from striate.data.sources.listing import Contents
from striate.data.sources.split_names import SPLITS
from striate.data.sources.splits import FOLDER_SHARES
from striate.data.unreadable_files import open_regular
from striate.errors import DataError

# The IDX format of the MNIST files: a header, then numbers, nothing else.
#
# Bytes 0 and 1 are zero, byte 2 says the type of the numbers, byte 3 how many axes there are; then the
# length of each axis as a big-endian 32-bit integer, then the numbers, big-endian, last axis fastest.
# Source: "THE IDX FILE FORMAT" at the foot of LeCun, Cortes and Burges' MNIST page.

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP = b"\x1f\x8b"
_MOST_AXES = 4
_BOMB_BYTES, _BOMB_RATIO = 256 << 20, 100
"""What unpacks to more than both, in bytes and by size packed, is taken for a trap: photographs do not."""


def read_idx(path: str | Path) -> np.ndarray:
    """The array in an IDX file, gzipped or not, in this machine's byte order.

    Raises DataError if the file is not IDX, is damaged, or holds less or more than its header promises.
    """
    try:
        with open_regular(path) as file:
            packed = file.read(2) == _GZIP
            file.seek(0)
            size = os.fstat(file.fileno()).st_size
            content = cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file
            return _array(path, content, size, packed)
    except (zlib.error, gzip.BadGzipFile, EOFError) as error:
        raise DataError(f"{path} is damaged ({error}): fetch it again") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None


def _array(path: str | Path, file: BinaryIO, size: int, packed: bool) -> np.ndarray:
    kind, shape = _header(path, file)
    start, length = 4 + 4 * len(shape), math.prod((kind.itemsize, *shape))  # may be beyond 64 bits
    if packed and length > max(_BOMB_BYTES, _BOMB_RATIO * size):
        raise DataError(f"{path} unpacks from {size:,} to {length:,} bytes, as images do not: fetch it again")
    content = _up_to(file, length + 1) if packed or start + length == size else b""
    found = start + len(content) if packed else size
    if found != start + length:
        raise DataError(
            f"{path} {'is cut short' if found < start + length else 'is too long'}: its header promises "
            f"{start + length} bytes, {found} were found; fetch it again"
        )
    return np.frombuffer(content, kind).reshape(shape).astype(kind.newbyteorder("="), copy=False)


def _up_to(file: BinaryIO, most: int) -> bytearray:
    """What comes from a file, at most so much; less where it is cut."""
    content = bytearray()
    with suppress(EOFError):
        while len(content) < most and (part := file.read(min(most - len(content), 1 << 20))):
            content += part
    return content


def _header(path: str | Path, file: BinaryIO) -> tuple[np.dtype, tuple[int, ...]]:
    head = file.read(4)
    kind, axes = (_TYPES.get(head[2]), head[3]) if len(head) == 4 else (None, 0)
    lengths = file.read(4 * axes)
    if kind is None or head[:2] != b"\0\0" or not 1 <= axes <= _MOST_AXES or len(lengths) != 4 * axes:
        raise DataError(
            f"{path} is not an IDX file: expected two zero bytes, a type of number (8 to 14) and the number "
            f"of axes (1 to {_MOST_AXES}) at its beginning, found {head.hex(' ') or 'nothing'}"
        )
    return np.dtype(kind), tuple(int(n) for n in np.frombuffer(lengths, ">u4"))


def as_bytes(path: str | Path, values: np.ndarray) -> np.ndarray:
    """Pixels of any IDX type as uint8: whole numbers in [0, 255] as they are, fractions in [0, 1] times 255.

    Raises DataError if they lie elsewhere: what their black and white are is not for us to guess.
    """
    if values.dtype == np.uint8:
        return values
    low, high = (values.min(), values.max()) if values.size else (0, 0)
    fraction = values.dtype.kind == "f" and high <= 1
    if not (low >= 0 and high <= 255):  # catches values that are not numbers, too
        raise DataError(
            f"{path} has pixels from {low:g} to {high:g}: "
            "expected whole numbers in [0, 255] or fractions in [0, 1]"
        )
    return np.rint(values * (255.0 if fraction else 1.0)).astype(np.uint8)


_FILE = re.compile(r"(?P<prefix>.*?)[-_. ]?(?P<kind>images|labels)[-_.]idx\d[-_.]\w+(\.gz)?", re.IGNORECASE)
_ROLES = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test", "t10k": "test"}
_VAL_SHARE = 1 / 12  # 5,000 of MNIST's 60,000, as is usual


def is_idx_folder(folder: Path) -> bool:
    """Whether any file in it is named as IDX images or labels are."""
    return any(_FILE.fullmatch(path.name) for path in folder.iterdir())


def idx_contents(folder: Path, options: Options) -> Contents:
    """Images and labels of all pairs in a folder. Raises DataError if the files do not fit together."""
    pairs = _pairs(folder)
    published = PUBLISHED.get(folder.name)
    if published and "test" not in pairs:
        raise DataError(
            f"{folder} is incomplete: fetch what is missing with: striate data get {published.name}"
        )
    parts = {split: _read_pair(*pair) for split, pair in pairs.items()}
    pixels = _joined(folder, [images for images, _ in parts.values()])
    values = np.concatenate([labels for _, labels in parts.values()])
    classes, labels = _classes(folder, values, published.classes if published else None)
    keys = [str(row) for row in range(len(labels))]
    images = MemoryImages(
        pixels,
        labels,
        keys,
        channels=options.channels,
        size=options.square,
        limit=options.memory_limit,
        framing=options.framing(),
    )
    return Contents(
        name=folder.resolve().name,
        source=str(folder),
        classes=classes,
        images=images,
        keys=keys,
        fit=options.framing().fit,
        rows=_rows({split: len(labels) for split, (_, labels) in parts.items()}),
        shares=FOLDER_SHARES if len(parts) == 1 else {**FOLDER_SHARES, "val": _VAL_SHARE},
        numbered=True,
        notes=_notes(pixels.shape[1:], (images.channels, *images.size)),
    )


def _notes(own: tuple[int, ...], asked: tuple[int, ...]) -> tuple[str, ...]:
    """About (C, H, W) of the files and of what is given."""
    files = f"the files have {own[0]} channel{'s' * (own[0] > 1)}, {own[1]} × {own[2]} pixels"
    if own == asked:
        return (files,)
    return (f"{files}; converted to {asked[0]}, {asked[1]} × {asked[2]}",)


def _pairs(folder: Path) -> dict[str, tuple[Path, Path]]:
    """Split → its images and labels, train first."""
    found = _by_prefix(folder)
    if len(found) == 1:  # a single pair is the whole set, whatever it is called
        return {"train": _pair(folder, *found.popitem())}
    pairs: dict[str, tuple[Path, Path]] = {}
    for prefix, files in found.items():
        split = _ROLES.get(re.split(r"[-_. ]", prefix.lower())[-1])
        if split is None or split in pairs:
            raise DataError(
                f"{folder} holds IDX files for {', '.join(sorted(found))}: expected one pair each for train "
                "and test (or t10k), and perhaps val; give a folder of its own to each data set"
            )
        pairs[split] = _pair(folder, prefix, files)
    if "train" not in pairs:
        raise DataError(f"{folder} holds IDX files for {', '.join(sorted(found))}, but none for train")
    return {split: pairs[split] for split in SPLITS if split in pairs}


def _by_prefix(folder: Path) -> dict[str, dict[str, Path]]:
    """Prefix → kind → file. Where a file is there both packed and unpacked, the unpacked one counts."""
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.iterdir(), reverse=True):
        if match := _FILE.fullmatch(path.name):
            found.setdefault(match["prefix"], {})[match["kind"].lower()] = path
    return found


def _pair(folder: Path, prefix: str, files: Mapping[str, Path]) -> tuple[Path, Path]:
    for kind, axes, other, other_axes in (("images", 3, "labels", 1), ("labels", 1, "images", 3)):
        if kind not in files:
            name = files[other].name
            expected = name.replace(other, kind).replace(f"idx{other_axes}", f"idx{axes}")
            raise DataError(f"{folder} holds {name} but no {kind} to go with it: expected {expected}")
    return files["images"], files["labels"]


def _read_pair(images_path: Path, labels_path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, C, H, W) uint8 and labels (N,) int64, not yet told apart from class numbers."""
    images, labels = read_idx(images_path), read_idx(labels_path)
    if labels.ndim != 1 or labels.dtype.kind == "f":
        raise DataError(
            f"{labels_path} has shape {labels.shape} of {labels.dtype}: expected one whole number an image"
        )
    if len(images) != len(labels):
        raise DataError(
            f"{images_path} holds {len(images)} images and {labels_path} {len(labels)} labels: "
            "expected as many of each"
        )
    return _channels_second(images_path, as_bytes(images_path, images)), labels.astype(np.int64)


def _channels_second(path: Path, images: np.ndarray) -> np.ndarray:
    """(N, H, W), (N, H, W, C) or (N, C, H, W) with C of 1 or 3 → (N, C, H, W)."""
    if images.ndim == 3 and images.size:
        return images[:, None]
    if images.ndim == 4 and images.size and images.shape[1] in (1, 3):
        return images
    if images.ndim == 4 and images.size and images.shape[3] in (1, 3):
        return np.ascontiguousarray(np.moveaxis(images, 3, 1))
    raise DataError(
        f"{path} has shape {images.shape}: expected images (N, H, W), or with 1 or 3 channels (N, H, W, C)"
    )


def _joined(folder: Path, parts: list[np.ndarray]) -> np.ndarray:
    shapes = sorted({part.shape[1:] for part in parts})
    if len(shapes) > 1:
        raise DataError(
            f"the splits in {folder} differ in (C, H, W): {', '.join(map(str, shapes))}; expected one shape"
        )
    return np.concatenate(parts)


def _classes(
    folder: Path, values: np.ndarray, names: tuple[str, ...] | None
) -> tuple[tuple[str, ...], np.ndarray]:
    """Class names, and labels as positions in them. Without names, each number that occurs is a class."""
    numbers = np.unique(values)
    if numbers[0] < 0 or (names and numbers[-1] >= len(names)):
        wrong = numbers[0] if numbers[0] < 0 else numbers[-1]
        expected = f"0 to {len(names) - 1}" if names else "no negative ones"
        raise DataError(f"the labels in {folder} hold {wrong}: expected {expected}; fetch the files again")
    if names:
        return names, values
    return tuple(str(number) for number in numbers), np.searchsorted(numbers, values)


def _rows(lengths: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Split → rows, one split after another."""
    ends = np.cumsum(list(lengths.values()))
    return {
        split: np.arange(end - length, end)
        for (split, length), end in zip(lengths.items(), ends, strict=True)
    }
