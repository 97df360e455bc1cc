"""The verb `demo`: the main jobs on built-in data, from nothing to classified images and compared ways."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from striate.checked import checked
from striate.comparing import Comparison, compare
from striate.data import open_data
from striate.evaluating.predict import predict
from striate.evaluating.predictions import Predictions
from striate.pages import Shown
from striate.training.train import Run, train

SAMPLES = 5
"""Test images that are written as files and classified."""
CLIPS, WAYS = "motion-digits", ("2d", "tsm")
"""What is compared: a network that is blind to order, and one at the same cost that is not."""


@dataclass(frozen=True)
class Demo(Shown):
    """What the demonstration came to, as far as it went before somebody stopped it."""

    run: Run
    predictions: Predictions | None = None
    compared: Comparison | None = None

    @property
    def finished(self) -> bool:
        """Whether all of it was done."""
        return self.compared is not None and self.compared.status == "finished"

    @property
    def ways(self) -> Path:
        """The folder of the comparison."""
        return self.run.path / "ways"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        parts = {"train": self.run, "predict": self.predictions, "compare": self.compared}
        return {name: part.to_json() for name, part in parts.items() if part is not None}


@checked
def demo(out: str | Path | None = None, *, progress: Callable[[Demo], object] | None = None) -> Demo:
    """Trains on real handwritten digits and classifies images; then compares two ways to look at clips.

    Args:
        out: the run's folder. By default a new one under runs/.
        progress: is called with the demonstration so far once images are classified.

    Returns:
        The run, its predictions and the comparison.

    Raises:
        RunError: the folder cannot be used.
    """
    run = train("digits", out=out)
    if run.status == "stopped":
        return Demo(run)
    so_far = Demo(run, predict(run.path, _samples(run.path / "samples")))
    if progress is not None:
        progress(so_far)
    return Demo(run, so_far.predictions, compare(CLIPS, WAYS, seeds=1, out=so_far.ways))


def _samples(folder: Path) -> list[Path]:
    """Writes the first test images, enlarged eightfold so that they can be looked at."""
    data = open_data("digits")
    test = data.splits["test"]
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, pixels in enumerate(test.take(range(SAMPLES)).numpy()):
        path = folder / f"{number}-is-{data.classes[test.labels[number]]}.png"
        Image.fromarray(np.kron(pixels[0], np.ones((8, 8), np.uint8))).save(path)
        paths.append(path)
    return paths
