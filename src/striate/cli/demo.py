"""`striate demo`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import striate
from striate.cli.arguments import read
from striate.cli.options import Flag, Folder
from striate.cli.printing import print_json

if TYPE_CHECKING:
    from striate.demonstration import Demo as Result


@dataclass(frozen=True)
class Demo:
    """Train on real handwritten digits and classify images; then compare two ways to look at moving digits.

    examples:
      striate demo
    """

    out: Folder | None = None
    """The run's folder. By default a new one under runs/."""
    json: Flag = False
    """Print the results as JSON and nothing else on standard output."""


def main(words: Sequence[str]) -> int:
    """Does it all, and prints each part when it is done."""
    command = read(Demo, "demo", words)
    result = striate.demo(command.out, progress=None if command.json else _print_images)
    if not result.finished:
        _print_stopped(result)
        return 130
    if command.json:
        print_json(result.to_json())
    else:
        _print_ways(result)
    return 0


def _print_stopped(result: "Result") -> None:
    from striate.cli.tables import print_run
    from striate.demonstration import CLIPS, WAYS

    if result.compared is None:
        print_run(result.run)
        return
    again = f"striate compare {CLIPS} --time {' '.join(WAYS)} --seeds 1 --out {result.ways}"
    print(f"stopped, everything saved; go on with:  {again}")


def _print_images(so_far: "Result") -> None:
    from striate.cli.tables import print_predictions, print_run

    assert so_far.predictions is not None
    print()
    print_run(so_far.run)
    print()
    print_predictions(so_far.predictions)
    print(
        "\nnow clips: digits that move, in pairs of classes that only the order of frames tells apart",
        flush=True,
    )


def _print_ways(result: "Result") -> None:
    from striate.cli.tables import print_comparison

    assert result.compared is not None
    print()
    print_comparison(result.compared)
    print("\nnow your own images or clips, in one folder per class:  striate train FOLDER")
    print("more ways through time:  striate compare motion-digits --time 2d tsm 3d lstm")
    print("or the full MNIST:  striate data get mnist && striate train mnist")
