"""Trains the same several times at once, beside processes that take the processor away; run as a script."""

import gc
import os
import signal
import sys
from pathlib import Path

from small_runs import small_recipe, small_run
from striate.training import algorithm_choice, concluding


def in_child(work: object, *arguments: object) -> int:
    """Starts the work in a process of its own; its number."""
    child = os.fork()
    if child == 0:
        work(*arguments)  # type: ignore[operator]
        os._exit(0)
    return child


def spin() -> None:
    """Computes, and does nothing else."""
    number = 0
    while True:
        number += 1


def train(data: Path, out: Path) -> None:
    """A training long enough, as it is made to believe, to measure the algorithms of its convolutions."""
    algorithm_choice.WORTH_MEASURING = 1
    concluding.draw_curves = concluding.draw_confusion = lambda *arguments: arguments[-1].write_bytes(b"")
    small_run(out, small_recipe(number_format="auto"), data=data, options={"widths": (8, 8, 8), "hidden": ()})


def main(data: Path, folder: Path, runs: int, busy: int) -> None:
    """Trains in `runs` processes beside `busy` others, which end with them."""
    gc.freeze()
    spinning = [in_child(spin) for _ in range(busy)]
    training = [in_child(train, data, folder / f"run{number}") for number in range(runs)]
    codes = [os.waitpid(child, 0)[1] for child in training]
    for child in spinning:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    sys.exit(any(codes))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
