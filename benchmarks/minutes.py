"""Minutes asked against minutes taken, with the speed changed half-way.

    python benchmarks/minutes.py [--minutes 2] [--slower 2] [--data digits]

The training's reporter sleeps after each step of the second half, so that a step takes `--slower` times as
long; below 1 it sleeps in the first half. Taken is from the call of `train` to its return.
"""

import argparse
import tempfile
import time
from pathlib import Path

import striate
from striate.training.plan import kept_revisions
from striate.training.progress import Reporter


class Slowing(Reporter):
    """Lets every step of one half of the time take so many times as long."""

    def __init__(self, seconds: float, slower: float) -> None:
        self.half, self.slower = time.monotonic() + seconds / 2, slower
        self.last = 0.0

    def begin(self, steps: int | None, done: int, epochs: int | None, unit: str = "images") -> None:
        """The first step is about to begin."""
        self.last = time.monotonic()

    def step(self, done: int, loss: float, top1: float, per_second: float) -> None:
        """Sleeps for as long as is to be added to the step."""
        now = time.monotonic()
        in_half = now > self.half if self.slower > 1 else now < self.half
        if in_half:
            factor = self.slower if self.slower > 1 else 1 / self.slower
            time.sleep((now - self.last) * (factor - 1))
        self.last = time.monotonic()


def main() -> None:
    """Trains and prints one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--slower", type=float, default=2.0)
    parser.add_argument("--data", default="digits")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out, began = Path(folder) / "run", time.monotonic()
        reporter = Slowing(60 * chosen.minutes, chosen.slower)
        run = striate.train(chosen.data, minutes=chosen.minutes, out=out, reporter=reporter)
        taken, plans = (time.monotonic() - began) / 60, kept_revisions(out)
    steps = [plan.steps for plan in plans]
    print(
        f"{chosen.data}, speed / {chosen.slower:g} half-way: asked {chosen.minutes:g} minutes, taken "
        f"{taken:.2f} ({taken / chosen.minutes:.1%}), {run.epochs} epochs, planned {len(plans)} times, from "
        f"{steps[0]:,} to {steps[-1]:,} steps, test accuracy {run.test.top1 if run.test else 0:.2%}"
    )


if __name__ == "__main__":
    main()
