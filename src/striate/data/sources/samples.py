"""Samples given in Python: pictures or paths, each with a label, as whatever holds them hands them out.

A picture is one of Pillow's, or H×W, H×W×C or C×H×W numbers: uint8 from 0 to 255, or fractions from 0 to 1,
which are brought to that.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from striate.checked.words import came
from striate.data.images.reading import decode_image
from striate.errors import ArgumentError, DataError
from striate.numbers import by

_EXPECTED = (
    "a name or a path; or a data set, or list, of (picture, label) or (path, label), a pair (pictures, "
    'labels), or a dict of these as {"train": …, "test": …}'
)


@dataclass(frozen=True)
class Sample:
    """A path, or a picture (C, H, W) in uint8, with what it shows."""

    picture: "str | np.ndarray"
    label: int | str
    split: str


def samples_of(source: Any, split: str) -> Iterator[Sample]:
    """Each sample of a data set, a list or a pair of columns, one after another.

    Raises:
        ArgumentError: nothing that samples can be taken from.
        DataError: a sample without a picture or a label.
    """
    for number, (picture, label) in enumerate(_pairs(source)):
        taken = str(Path(picture).expanduser().absolute()) if isinstance(picture, str | Path) else None
        yield Sample(taken or _pixels(picture, number), _label(label, number), split)


def _pairs(source: Any) -> Iterable[tuple[Any, Any]]:
    """(picture, label), one after another."""
    if (length := _length(source)) is None:
        raise ArgumentError(f"data must be {_EXPECTED}; got {came(source)}")
    if isinstance(source, tuple) and len(source) == 2 and not _is_pair(source[0]):
        return _columns(*source)
    return (_pair(_sample(source, number), number) for number in range(length))


def _length(column: Any) -> int | None:
    """Of what can be asked for its samples; None for anything else."""
    if isinstance(column, str | bytes) or not hasattr(column, "__getitem__"):
        return None
    try:
        return len(column)
    except (TypeError, NotImplementedError):  # an array of no axes, a stream without an end
        return None


def _sample(source: Any, number: int) -> Any:
    try:
        return source[number]
    except Exception as error:  # of code that is not ours
        raise DataError(
            f"sample {number} of the data cannot be had: {type(error).__name__}: {error}"
        ) from error


def _is_pair(sample: Any) -> bool:
    return isinstance(sample, tuple) and len(sample) == 2


def _columns(pictures: Any, labels: Any) -> Iterable[tuple[Any, Any]]:
    counts = _length(pictures), _length(labels)
    if None in counts:
        raise ArgumentError(f"data must be {_EXPECTED}; got {came((pictures, labels))}")
    if counts[0] != counts[1]:
        raise DataError(f"{counts[0]} pictures came with {counts[1]} labels: give one label a picture")
    return zip(pictures, labels, strict=True)


def _pair(sample: Any, number: int) -> tuple[Any, Any]:
    if isinstance(sample, Mapping) and {"image", "label"} <= {*sample}:
        return sample["image"], sample["label"]
    if isinstance(sample, tuple | list) and len(sample) == 2:
        return sample[0], sample[1]
    raise DataError(f"sample {number} of the data is {came(sample)}: expected (picture, label)")


def _label(label: Any, number: int) -> int | str:
    """A whole number or a name, also as an array or a tensor of one."""
    if getattr(label, "ndim", None) == 0 or getattr(label, "shape", None) == (1,):
        label = label.item()
    if isinstance(label, str) or (isinstance(label, int) and not isinstance(label, bool)):
        return label
    raise DataError(
        f"the label of sample {number} is {came(label)}: expected a whole number or a name, one class a "
        "picture"
    )


def array_of(held: Any) -> np.ndarray:
    """Of an array, a tensor or a list. Raises DataError."""
    if hasattr(held, "detach"):  # a tensor, without loading torch to know it
        held = held.detach().cpu().numpy()
    try:
        return np.asarray(held)
    except (TypeError, ValueError):
        raise DataError(f"the data hold {came(held)}: expected an array") from None


def _pixels(picture: Any, number: int) -> np.ndarray:
    """uint8 (C, H, W)."""
    if isinstance(picture, Image.Image):
        grey = picture.mode in ("1", "L", "LA", "I", "F") or picture.mode.startswith("I;16")
        return decode_image(picture, channels=1 if grey else 3, size=None)
    values = _in_bytes(array_of(picture), number)
    if values.ndim == 2:
        return values[None]
    if values.ndim == 3 and values.size and (values.shape[0] in (1, 3) or values.shape[2] in (1, 3)):
        return values if values.shape[0] in (1, 3) else np.moveaxis(values, 2, 0)
    raise DataError(
        f"the picture of sample {number} is {by(values.shape) or 'one number'}: expected H×W, or 1 or 3 "
        "channels before or behind that"
    )


def _in_bytes(values: np.ndarray, number: int) -> np.ndarray:
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind != "f":
        raise DataError(
            f"the picture of sample {number} holds {values.dtype}: expected uint8 from 0 to 255, or "
            "fractions from 0 to 1"
        )
    if not np.isfinite(values).all() or (values.size and (values.min() < 0 or values.max() > 1)):
        raise DataError(
            f"the picture of sample {number} holds numbers from {values.min():.3g} to {values.max():.3g}: "
            "give fractions from 0 to 1, or uint8; it is the training that takes mean and deviation off"
        )
    return np.rint(values.astype(np.float64) * 255).astype(np.uint8)
