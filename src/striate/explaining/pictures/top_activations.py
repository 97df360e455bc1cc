"""What a filter looks for (its largest activations over a data set), and what really acts on a unit."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from striate.data import open_data
from striate.derivation.shapes import Array
from striate.errors import NetworkError
from striate.explaining.checking import as_array
from striate.explaining.picture import Picture
from striate.explaining.pictures.request import PictureRequest
from striate.explaining.unit import rectangle
from striate.tracing.single_layers import probe

BEST = 16
"""Images shown."""
IMAGES = 5000
"""Images of the data set that are looked through, at most."""
BATCH = 128
FADED = 1 - 0.9545
"""A position counts as effective where its gradient is at least this share of the largest."""

Best = tuple[float, int, tuple[int, ...]]
"""Activation, number of the image, position in the map."""


def largest(request: PictureRequest) -> list[Picture]:
    """The images of the run's data set in which a filter answers most, with what its strongest place sees.

    For a module, of the inputs that were given.
    """
    record, channel = request.needed_layer(), request.chosen_filter()
    found: list[Best] = []
    images = _images(request)
    for start in range(0, images.count, BATCH):
        numbers = images.numbers(start, min(start + BATCH, images.count))
        output = as_array(probe(request.subject.network, record.title, numbers)[0][:, channel])
        each = output.reshape(len(numbers), -1, *output.shape[1:])  # folded frames are of one input
        found += [_peak(answers, start + row) for row, answers in enumerate(each)]
        found = sorted(found, key=lambda best: -best[0])[:BEST]
    marks = tuple(rectangle(request.fields.of(record, (0, channel, *position))) for _, _, position in found)
    names = tuple(f"{number}: {value:.3g}" for value, number, _ in found)
    facts = {"layer": record.title, "filter": channel, "source": images.source, "images": images.count}
    tiles = tuple(_flat(images.picture(number)) for _, number, _ in found)
    return [Picture("largest", tiles, names, facts, marks=marks)]


def _peak(answers: Array, number: int) -> Best:
    """(frames, *size) → the largest, and where in its frame."""
    peak = np.unravel_index(int(np.argmax(answers)), answers.shape)
    return float(answers[peak]), number, tuple(map(int, peak[1:]))


@dataclass(frozen=True)
class _Images:
    """What is looked through: inputs of the network from `start` to `stop`, and their pictures by number."""

    count: int
    source: str
    numbers: Callable[[int, int], Tensor]
    picture: Callable[[int], Array]


def _images(request: PictureRequest) -> _Images:
    """The held-out images of the run's data set; for a module, the inputs that were given."""
    trained, inputs = request.subject.trained, request.subject.inputs
    if trained is None:
        return _Images(
            len(inputs), "inputs", lambda start, stop: inputs[start:stop], lambda n: as_array(inputs[n])
        )
    data = open_data(trained.source, **trained.data_options)
    split = next(name for name in ("test", "val", "train") if name in data.splits)
    images = data.splits[split]
    return _Images(
        min(len(images), IMAGES),
        f"{trained.source}/{split}",
        lambda start, stop: trained.normalise(images.take(range(start, stop))),
        lambda n: images.take([n]).numpy()[0].astype(float),
    )


def _flat(image: Array) -> Array:
    """(C, H, W) or (C, T, H, W) → (H, W) or (3, H, W)."""
    frame = image[:, image.shape[1] // 2] if image.ndim == 4 else image
    if frame.ndim != 3:
        raise NetworkError(f"there is no picture to show: the input has shape {image.shape}, expected C×H×W")
    return frame if len(frame) == 3 else frame[0]


def effective_field(request: PictureRequest) -> list[Picture]:
    """How strongly each position of the input acts on one unit, beside what could act on it at most.

    Mean over the inputs of |∂y/∂x|, summed over channels and frames. Luo, Li, Urtasun and Zemel,
    "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks", 2016.
    """
    record, index = request.needed_layer(), request.needed_unit()
    _, gradient = probe(request.subject.network, record.title, request.subject.inputs, index[1:])
    assert gradient is not None
    size = np.abs(as_array(gradient)).mean(axis=0).sum(axis=0)  # (*size)
    heat = size.sum(axis=0) if size.ndim == 3 else size
    if heat.ndim != 2:
        raise NetworkError(
            f"there is no picture to show: the input has shape {tuple(request.subject.inputs.shape)}"
        )
    field = request.fields.of(record, index)
    area = int((heat >= FADED * heat.max()).sum()) if heat.max() > 0 else 0
    facts = {
        "layer": record.title,
        "unit": ",".join(map(str, index)),
        "effective": float(np.sqrt(area)),
        "theoretical": None if field is None else list(field.size),
    }
    return [Picture("effective_field", (heat,), ("",), facts, marks=(rectangle(field),))]
