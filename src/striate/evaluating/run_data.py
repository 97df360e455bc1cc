"""The data that a run is to be tried on, opened as its own were."""

import numpy as np

from striate.data import ImageData, open_data
from striate.data.sources.given import Source
from striate.errors import DataError
from striate.evaluating.run_model import Trained
from striate.numbers import by


def open_for(trained: Trained, data: Source | None) -> ImageData:
    """A set, made as the network's training images were.

    Args:
        trained: the run.
        data: as for `open_data`; by default what the run was trained on.

    Raises:
        DataError: it cannot be opened, is of the other kind, or has another size.
    """
    H, W = trained.size
    options = trained.data_options | {"channels": trained.channels, "size": H if H == W else None}
    try:
        images = open_data(trained.source if data is None else data, **options)
    except DataError:
        if trained.sampling is not None and data is not None:
            _refuse_other_kind(trained, open_data(data))  # images, which have no frames to take
        raise
    _refuse_other_kind(trained, images)
    if images.size != trained.size:
        raise DataError(
            f"{images.name} has {images.unit} of {by(images.size)}, and {trained.run} was trained on "
            f"{by(trained.size)}: resize them first"
        )
    return images


def _refuse_other_kind(trained: Trained, images: ImageData) -> None:
    expected = "images" if trained.sampling is None else "clips"
    if images.unit != expected:
        raise DataError(
            f"{images.name} holds {images.unit}, and {trained.run} was trained on {expected}: give {expected}"
        ) from None


def class_numbers(trained: Trained, images: ImageData) -> np.ndarray:
    """For each class of the set, its number in the network.

    Raises:
        DataError: the network does not know one of them.
    """
    known = {name: number for number, name in enumerate(trained.classes)}
    foreign = [name for name in images.classes if name not in known]
    if foreign:
        raise DataError(
            f"{images.name} has {len(foreign)} classes that {trained.run} does not know "
            f"({', '.join(foreign[:3])}): it was trained on {', '.join(trained.classes[:10])}"
        )
    return np.array([known[name] for name in images.classes])
