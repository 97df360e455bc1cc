"""A folder of IDX files: images and labels in pairs, one pair a split, as MNIST and its kin are published."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from striate.data.options import Options
from striate.data.sets.image_sets import MemoryImages
from striate.data.sources.contents import Contents
from striate.data.sources.finding import PUBLISHED
from striate.data.sources.idx import as_bytes, read_idx
from striate.data.sources.splits import FOLDER_SHARES, SPLITS
from striate.errors import DataError

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
    )
    return Contents(
        name=folder.resolve().name,
        source=str(folder),
        classes=classes,
        images=images,
        keys=keys,
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
