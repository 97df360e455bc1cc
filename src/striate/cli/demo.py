"""`striate demo`: the main jobs on built-in data, from nothing to classified images and compared networks."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console

from striate.cli.arguments import Flag, read
from striate.cli.compare import print_comparison
from striate.cli.tables import print_predictions, print_run
from striate.comparing import Comparison, compare
from striate.data import open_data
from striate.evaluating.predict import Predictions, predict
from striate.training.train import Run, train

SAMPLES = 5
"""Test images that are written as files and classified."""
CLIPS, WAYS = "motion-digits", ("2d", "tsm")
"""What is compared: a network that is blind to order, and one at the same cost that is not."""


@dataclass(frozen=True)
class Demo:
    """Train on real handwritten digits and classify images; then compare two ways to look at moving digits.

    example:
      striate demo
    """

    out: Path | None = None
    """The run's folder. By default a new one under runs/."""
    json: Flag = False
    """Print the results as JSON and nothing else on standard output."""


def main(words: Sequence[str]) -> int:
    """Trains, writes some test images as files, classifies them; compares two ways through time; prints."""
    command = read(Demo, "demo", words)
    run = train("digits", out=command.out)
    if run.status == "stopped":
        print_run(run)
        return 130
    predictions = predict(run.path, _samples(run.path / "samples"))
    if not command.json:
        _print(run, predictions)
    compared = compare(CLIPS, WAYS, seeds=1, out=run.path / "ways")
    if compared.status == "stopped":
        print(f"stopped, everything saved; go on with:  {_again(run)}")
        return 130
    if command.json:
        results = {"train": run.to_json(), "predict": predictions.to_json(), "compare": compared.to_json()}
        print(json.dumps(results, indent=2))
    else:
        _print_ways(compared)
    return 0


def _again(run: Run) -> str:
    return f"striate compare {CLIPS} --time {' '.join(WAYS)} --seeds 1 --out {run.path / 'ways'}"


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
    print(
        "\nnow clips: digits that move, in pairs of classes that only the order of frames tells apart",
        flush=True,
    )


def _print_ways(compared: Comparison) -> None:
    print()
    print_comparison(compared)
    console = Console(highlight=False)
    console.print("\nnow your own images or clips, in one folder per class:  [bold]striate train FOLDER[/]")
    console.print(
        "more ways through time:  striate compare motion-digits --time 2d tsm 3d lstm", markup=False
    )
    console.print("or the full MNIST:  striate data get mnist && striate train mnist", markup=False)
