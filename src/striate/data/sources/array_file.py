"""Images in a `.npz`: arrays of pixels and of labels, by the names that are usual.

    x_train, y_train, x_test, y_test          as Keras has its sets
    train_images, train_labels, val_images …  as MedMNIST has them
    images, labels                            all in one, to be split

Pixels are uint8, (N, H, W), (N, H, W, C) or (N, C, H, W); labels one number or name each. `classes` names
numbered ones.
"""

import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from striate.data.options import Options
from striate.data.sets.image_sets import MemoryImages
from striate.data.sources.listing import Contents, in_order
from striate.data.sources.split_names import SPLITS, split_named
from striate.errors import DataError, plain_reason
from striate.numbers import by

_PIXELS = frozenset(["x", "image", "images", "img", "imgs", "data", "pixels"])
_LABELS = frozenset(["y", "label", "labels", "target", "targets", "class"])
_NAMES = ("classes", "class_names", "label_names")


def is_array_file(path: Path) -> bool:
    """Whether it is a file of NumPy arrays."""
    return path.suffix.lower() == ".npz" and path.is_file()


def array_contents(path: Path, options: Options) -> Contents:
    """The images in such a file.

    Raises:
        DataError: it cannot be read, or holds no images with labels.
    """
    return contents_of(path, path.stem, _read(path), options)


def contents_of(path: str | Path, stem: str, arrays: Mapping[str, np.ndarray], options: Options) -> Contents:
    """The images in arrays that are named as in such a file.

    Args:
        path: what sentences call them.
        stem: the name of the set.
        arrays: name → array.
        options: how they are to be opened.

    Raises:
        DataError: they hold no images with labels.
    """
    pairs = _pairs(path, arrays)
    pixels = [_channels_first(path, name, arrays[name]) for name, _ in pairs.values()]
    if len({one.shape[1:] for one in pixels}) > 1:
        raise DataError(f"{path} holds images of several shapes: give splits of one")
    labels = [_labels(path, *pair, arrays) for pair in pairs.values()]
    numbers, classes = _classes(path, np.concatenate(labels), arrays)
    images = MemoryImages(
        np.concatenate(pixels),
        numbers,
        keys := [str(row) for row in range(len(numbers))],
        channels=options.channels,
        size=options.square,
        limit=options.memory_limit,
        framing=options.framing(),
    )
    ends = np.cumsum([len(one) for one in labels])
    rows = {
        split: np.arange(end - len(own), end) for split, own, end in zip(pairs, labels, ends, strict=True)
    }
    C, H, W = pixels[0].shape[1:]
    return Contents(
        name=stem,
        source=str(path),
        classes=classes,
        images=images,
        keys=keys,
        rows=rows,
        numbered=True,
        fit=options.framing().fit,
        notes=(f"{C} channel{'s' * (C > 1)}, {H} × {W} pixels, as the arrays have",),
    )


def _read(path: Path) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, MemoryError) as error:
        raise DataError(
            f"cannot read the arrays in {path}: {plain_reason(error)}; give what numpy.savez writes"
        ) from None


def _pairs(path: str | Path, arrays: Mapping[str, np.ndarray]) -> dict[str, tuple[str, str]]:
    """Split → the names of its pixels and its labels, train first."""
    found: dict[str, dict[str, str]] = {}
    for name in arrays:
        words = [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]
        role = next((role for role, known in (("x", _PIXELS), ("y", _LABELS)) if known & {*words}), None)
        split = next((split for word in words if (split := split_named(word))), "train")
        if role is not None and name not in _NAMES:
            found.setdefault(split, {}).setdefault(role, name)
    pairs = {
        split: (found[split]["x"], found[split]["y"]) for split in SPLITS if len(found.get(split, ())) == 2
    }
    if "train" not in pairs:
        raise DataError(
            f"{path} holds {', '.join(arrays) or 'nothing'}: expected images and labels, or x_train, "
            "y_train, x_test and y_test"
        )
    return pairs


def _channels_first(path: str | Path, name: str, pixels: np.ndarray) -> np.ndarray:
    """(N, C, H, W)."""
    if pixels.dtype != np.uint8 or pixels.ndim not in (3, 4) or not pixels.size:
        raise DataError(
            f"{name} in {path} is {_given(pixels)}: expected uint8 pixels from "
            "0 to 255, N×H×W, N×H×W×C or N×C×H×W"
        )
    if pixels.ndim == 3:
        return pixels[:, None]
    if pixels.shape[-1] in (1, 3):
        return np.ascontiguousarray(np.moveaxis(pixels, -1, 1))
    if pixels.shape[1] in (1, 3):
        return pixels
    raise DataError(f"{name} in {path} is of {by(pixels.shape)}: expected 1 or 3 channels")


def _labels(path: str | Path, pixels: str, name: str, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """(N,), numbers or texts."""
    labels = arrays[name]
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2:
        raise DataError(
            f"{name} in {path} has a column for each of {labels.shape[1]} classes, which may be multi-label: "
            "give one class an image, as labels.argmax(axis=1)"
        )
    if labels.dtype.kind == "f" and (labels == np.rint(labels)).all():
        labels = labels.astype(np.int64)  # as tables write whole numbers
    if labels.ndim != 1 or labels.dtype.kind not in "iuUS" or len(labels) != len(arrays[pixels]):
        raise DataError(
            f"{name} in {path} is {_given(labels)}: expected a number or name "
            f"for each of the {len(arrays[pixels])} images"
        )
    return labels.astype(str) if labels.dtype.kind == "S" else labels


def _classes(
    path: str | Path, labels: np.ndarray, arrays: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels from 0 on, and the classes' names."""
    names = next((arrays[name] for name in _NAMES if name in arrays and arrays[name].ndim == 1), None)
    if names is not None and labels.dtype.kind in "iu":
        if labels.min() < 0 or labels.max() >= len(names):
            raise DataError(
                f"{path} names {len(names)} classes, and has labels {labels.min()} to {labels.max()}"
            )
        return labels.astype(np.int64), tuple(map(str, names.tolist()))
    classes = in_order({str(label) for label in labels.tolist()})
    numbers = {name: number for number, name in enumerate(classes)}
    return np.array([numbers[str(label)] for label in labels.tolist()], np.int64), classes


def _given(array: np.ndarray) -> str:
    return f"{array.dtype} of {by(array.shape) or 'no axes'}"
