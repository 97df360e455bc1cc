"""The built-in data set: 1,797 real handwritten digits, 8 × 8 pixels, that come with scikit-learn.

E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998
(its test set).
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from striate.data.options import Options
from striate.data.sets.image_sets import MemoryImages
from striate.data.sources.listing import Contents
from striate.data.sources.splits import stratified

_SHARES = {"test": 0.2, "val": 0.1}


def digits(options: Options) -> Contents:
    """The digits, ink 255 on paper 0. Their split is fixed, whatever the seed."""
    pixels, labels = load_digits()
    names = [str(row) for row in range(len(labels))]
    return Contents(
        name="digits",
        source="digits",
        classes=tuple("0123456789"),
        images=MemoryImages(
            pixels,
            labels,
            names,
            channels=options.channels,
            size=options.square,
            limit=options.memory_limit,
            framing=options.framing(),
        ),
        fit=options.framing().fit,
        keys=names,
        rows=digit_splits(labels),
        numbered=True,
        notes=("1 channel: every image is grey",) if options.channels is None else (),
    )


def digit_splits(labels: np.ndarray) -> dict[str, np.ndarray]:
    """Split → rows."""
    return stratified(labels, [str(row) for row in range(len(labels))], _SHARES, seed=0)


def load_digits() -> tuple[np.ndarray, np.ndarray]:
    """Images (1797, 1, 8, 8) uint8 and labels (1797,) int64."""
    images, labels = _load()
    return np.rint(images * (255 / 16)).astype(np.uint8)[:, None], labels


def _load() -> tuple[np.ndarray, np.ndarray]:
    """Images (1797, 8, 8) with values 0 to 16, and labels.

    Importing scikit-learn's loader takes a second; the file that it reads takes a fiftieth of that.
    """
    spec = find_spec("sklearn")
    file = Path(spec.origin or "").parent / "datasets" / "data" / "digits.csv.gz" if spec else None
    if file is None or not file.is_file():  # scikit-learn has moved it
        from sklearn.datasets import load_digits

        loaded = load_digits()
        return loaded.images, loaded.target.astype(np.int64)
    table = np.loadtxt(file, delimiter=",")  # 64 pixels and the label
    return table[:, :-1].reshape(-1, 8, 8), table[:, -1].astype(np.int64)
