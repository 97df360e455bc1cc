"""How a training tells what it does: a bar on a terminal, plain lines elsewhere, or nothing."""

import sys
import time
from pathlib import Path
from textwrap import fill
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from torch import nn

from striate.errors import worded
from striate.numbers import percent
from striate.pages.terminal import console_of

LINES = 24
"""About as many epochs are told line by line; of longer trainings every second, third, … is."""

BESIDE_BAR = 70
"""Characters that the numbers beside the bar may take."""


class Reporter:
    """Hears what a training does, and says nothing of it: the base of reporters that say something.

    Steps are counted over the whole training.
    """

    def say(self, text: str) -> None:
        """One fact, said once."""

    def reading(self, done: int, files: int) -> None:
        """So many files of the data have been read."""

    def measuring(self, done: int, convolutions: int) -> None:
        """The algorithms of so many of the network's convolutions have been measured."""

    def learns(self, run: Path, network: nn.Module) -> None:
        """The network whose weights the run will keep, before the first step; every step changes it."""

    def begin(self, steps: int | None, done: int, epochs: int | None, unit: str = "images") -> None:
        """The training begins or goes on after `done` of `steps`; None where they are not planned yet."""

    def plan(self, steps: int, epochs: int) -> None:
        """The training has been planned anew: so many steps and epochs in all."""

    def step(self, done: int, loss: float, top1: float, per_second: float) -> None:
        """A step ended: running mean loss and accuracy of the epoch, images or clips a second."""

    def epoch(self, row: dict[str, Any]) -> None:
        """An epoch ended; the row is what history.jsonl holds."""

    def end(self) -> None:
        """The training ended, however it ended."""


class Lines(Reporter):
    """Plain lines, for logs: facts, and one line an epoch."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.every = 1

    def say(self, text: str) -> None:
        """A line; on a terminal as many as its width takes, each broken between words."""
        said = worded(text)
        if self.console.is_terminal:
            said = fill(said, self.console.width, break_long_words=False, break_on_hyphens=False)
        self.console.print(said, highlight=False, markup=False, emoji=False, soft_wrap=True)

    def begin(self, steps: int | None, done: int, epochs: int | None, unit: str = "images") -> None:
        """How long it will be."""
        going_on = f", going on after step {done:,}" if done else ""
        if steps is not None and epochs is not None:
            self.plan(steps, epochs)
            self.say(f"{epochs} epoch{'s' * (epochs > 1)}, {steps:,} steps{going_on}")

    def plan(self, steps: int, epochs: int) -> None:
        """How many epochs pass between two lines."""
        self.every = max(1, round(epochs / LINES))

    def epoch(self, row: dict[str, Any]) -> None:
        """The row in one line."""
        if row["epoch"] % self.every == 0 or row["epoch"] == row["epochs"]:
            self.say(in_words(row))


class Bar(Lines):
    """A bar with loss, accuracy, speed and time left, above it a line an epoch."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.progress: Progress | None = None
        self.task = TaskID(0)
        self.unit = "images"
        self.drawn = 0.0

    def reading(self, done: int, files: int) -> None:
        """A bar while the data is read."""
        self._prepare(done, files, f"reading ({files:,} files)  left")

    def measuring(self, done: int, convolutions: int) -> None:
        """A bar while convolutions are measured."""
        self._prepare(
            done, convolutions, f"finding the fastest algorithms of {convolutions} convolutions  left"
        )

    def _prepare(self, done: int, total: int, state: str) -> None:
        if self.progress is None:
            self._draw(total, 0)
        if self.progress is not None:
            self.progress.update(self.task, completed=done, state=state)
        if done >= total:
            self.end()

    def begin(self, steps: int | None, done: int, epochs: int | None, unit: str = "images") -> None:
        """Draws the bar."""
        super().begin(steps, done, epochs, unit)
        self.unit = unit
        self._draw(steps, done)

    def plan(self, steps: int, epochs: int) -> None:
        """The bar's new length."""
        super().plan(steps, epochs)
        if self.progress is not None:
            self.progress.update(self.task, total=steps)

    def _draw(self, total: int | None, done: int) -> None:
        columns = (
            BarColumn(bar_width=max(8, min(30, self.console.width - BESIDE_BAR))),
            TextColumn("{task.percentage:>3.0f} %  {task.fields[state]}"),
            TimeRemainingColumn(),
        )
        self.progress = Progress(*columns, console=self.console, transient=True)
        self.task = self.progress.add_task("", total=total, completed=done, state="")
        self.progress.start()

    def step(self, done: int, loss: float, top1: float, per_second: float) -> None:
        """Moves the bar, at most ten times a second."""
        now = time.monotonic()
        if self.progress is None or now - self.drawn < 0.1:
            return
        self.drawn = now
        state = f"loss {loss:.3f}  accuracy {percent(top1, 1)}  {speed(per_second)} {self.unit}/s  left"
        self.progress.update(self.task, completed=done, state=state)

    def end(self) -> None:
        """Takes the bar away."""
        if self.progress is not None:
            self.progress.stop()
            self.progress = None


def in_words(row: dict[str, Any]) -> str:
    """An epoch in one line."""
    text = f"epoch {row['epoch']:>3}/{row['epochs']}  loss {row['train_loss']:.3f}"
    if row.get("val_top1") is not None:
        text += f"  validation {percent(row['val_top1'])}"
    unit = "clips" if "clips_per_second" in row else "images"
    return f"{text}  {speed(row[f'{unit}_per_second']):>7} {unit}/s"


def speed(per_second: float) -> str:
    """So many a second, in digits that mean something.

    >>> speed(1234.5), speed(3.21)
    ('1,234', '3.2')
    """
    return f"{per_second:,.0f}" if per_second >= 10 else f"{per_second:.1f}"


def reporter_for(console: Console | None = None) -> Reporter:
    """A bar on a terminal, lines elsewhere; on standard error, so that standard output has results only."""
    console = console or console_of(file=sys.stderr)
    return Bar(console) if console.is_terminal else Lines(console)
