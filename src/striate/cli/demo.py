"""`striate demo`: the main job on built-in data, from nothing to a classified image."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console

from striate.cli.arguments import Flag, read
from striate.cli.tables import print_predictions, print_run
from striate.data import open_data
from striate.evaluating.predict import Predictions, predict
from striate.training.train import Run, train

SAMPLES = 5
"""Test images that are written as files and classified."""


@dataclass(frozen=True)
class Demo:
    """Train the textbook network on real handwritten digits, score it, and classify images.

    example:
      striate demo
    """

    out: Path | None = None
    """The run's folder. By default a new one under runs/."""
    json: Flag = False
    """Print the results as JSON and nothing else on standard output."""


def main(words: Sequence[str]) -> int:
    """Trains, writes some test images as files, classifies them, prints."""
    command = read(Demo, "demo", words)
    run = train("digits", out=command.out)
    if run.status == "stopped":
        print_run(run)
        return 130
    predictions = predict(run.path, _samples(run.path / "samples"))
    if command.json:
        print(json.dumps({"train": run.to_json(), "predict": predictions.to_json()}, indent=2))
    else:
        _print(run, predictions)
    return 0


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


def _print(run: Run, predictions: Predictions) -> None:
    print()
    print_run(run)
    print()
    print_predictions(predictions)
    console = Console(highlight=False)
    console.print("\nnow your own images, in one folder per class:  [bold]striate train FOLDER[/]")
    console.print("or the full MNIST:  striate data get mnist && striate train mnist", markup=False)
