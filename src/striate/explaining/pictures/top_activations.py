"""What a filter looks for (its largest activations over a data set), and what really acts on a unit."""

from collections.abc import Callable

import numpy as np
from torch import Tensor

from striate.data import ImageSet, open_data
from striate.derivation.shapes import Array
from striate.errors import NetworkError
from striate.explaining.checking import as_array
from striate.explaining.pictures.context import Scene
from striate.explaining.pictures.picture import Picture
from striate.explaining.unit_field import Seen
from striate.tracing.single_layer import probe

BEST = 16
"""Images shown."""
IMAGES = 5000
"""Images of the data set that are looked through, at most."""
BATCH = 128
FADED = 1 - 0.9545
"""A position counts as effective where its gradient is at least this share of the largest."""

Best = tuple[float, int, tuple[int, ...]]
"""Activation, number of the image, place in the map."""


def largest(scene: Scene) -> list[Picture]:
    """The images of the run's data set in which a filter answers most, with what its strongest place sees.

    For a module, of the inputs that were given.
    """
    record, channel = scene.needed_layer(), scene.chosen_filter()
    found: list[Best] = []
    numbers, shown, source = _inputs(scene)
    for start in range(0, len(shown), BATCH):
        part = numbers(start, min(start + BATCH, len(shown)))
        output = as_array(probe(scene.subject.network, record.title, part)[0][:, channel])
        each = output.reshape(len(part), -1, *output.shape[1:])  # folded frames are of one input
        found += [_peak(one, start + row) for row, one in enumerate(each)]
        found = sorted(found, key=lambda best: -best[0])[:BEST]
    marks = tuple(_frame(scene.fields.of(record, (0, channel, *place))) for _, _, place in found)
    names = tuple(f"{number}: {value:.3g}" for value, number, _ in found)
    facts = {"layer": record.title, "filter": channel, "source": source, "images": len(shown)}
    tiles = tuple(shown(number) for _, number, _ in found)
    return [Picture("largest", tiles, names, facts, marks=marks)]


def _peak(answers: Array, number: int) -> Best:
    """(frames, *size) → the largest, and where in its frame."""
    place = np.unravel_index(int(np.argmax(answers)), answers.shape)
    return float(answers[place]), number, tuple(int(one) for one in place[1:])


class _Shown:
    """Pictures by number."""

    def __init__(self, scene: Scene, pixels: ImageSet | None, count: int) -> None:
        self.scene, self.pixels, self.count = scene, pixels, count

    def __len__(self) -> int:
        return self.count

    def __call__(self, number: int) -> Array:
        if self.pixels is None:
            return _seen(as_array(self.scene.subject.inputs[number]))
        taken: Array = self.pixels.take([number]).numpy()[0].astype(float)
        return _seen(taken)


def _seen(image: Array) -> Array:
    """(C, H, W) or (C, T, H, W) → (H, W) or (3, H, W)."""
    flat = image[:, image.shape[1] // 2] if image.ndim == 4 else image
    if flat.ndim != 3:
        raise NetworkError(f"there is no picture to show: the input has shape {image.shape}, expected C×H×W")
    return flat if len(flat) == 3 else flat[0]


def _inputs(scene: Scene) -> tuple[Callable[[int, int], Tensor], _Shown, str]:
    """Inputs from `start` to `stop`, their pictures, and where they are from."""
    trained = scene.subject.trained
    if trained is None:
        inputs = scene.subject.inputs
        return (lambda start, stop: inputs[start:stop]), _Shown(scene, None, len(inputs)), "inputs"
    data = open_data(trained.source, **trained.data_options)
    split = next(name for name in ("test", "val", "train") if name in data.splits)
    images = data.splits[split]
    count = min(len(images), IMAGES)
    return (
        (lambda start, stop: trained.normalise(images.take(range(start, stop)))),
        _Shown(scene, images, count),
        f"{trained.source}/{split}",
    )


def effective_field(scene: Scene) -> list[Picture]:
    """How strongly each position of the input acts on one unit, beside what could act on it at most.

    Mean over the inputs of |∂y/∂x|, summed over channels and frames. Luo, Li, Urtasun and Zemel,
    "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks", 2016.
    """
    record, index = scene.needed_layer(), scene.needed_unit()
    _, gradient = probe(scene.subject.network, record.title, scene.subject.inputs, index[1:])
    assert gradient is not None
    size = np.abs(as_array(gradient)).mean(axis=0).sum(axis=0)  # (*size)
    heat = size.sum(axis=0) if size.ndim == 3 else size
    if heat.ndim != 2:
        raise NetworkError(
            f"there is no picture to show: the input has shape {tuple(scene.subject.inputs.shape)}"
        )
    seen = scene.fields.of(record, index)
    area = int((heat >= FADED * heat.max()).sum()) if heat.max() > 0 else 0
    facts = {
        "layer": record.title,
        "unit": ",".join(map(str, index)),
        "effective": float(np.sqrt(area)),
        "theoretical": None if seen is None else list(seen.size),
    }
    return [Picture("effective_field", (heat,), ("",), facts, marks=(_frame(seen),))]


def _frame(seen: Seen | None) -> tuple[int, int, int, int] | None:
    """Top, left, bottom, right of a receptive field in the picture."""
    if seen is None or len(seen.inside) < 2:
        return None
    rows, columns = seen.inside[-2:]
    return None if rows is None or columns is None else (rows[0], columns[0], rows[1], columns[1])
