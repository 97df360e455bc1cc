"""The history for TensorBoard, beside whatever else is told."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from striate.errors import MissingExtraError
from striate.training.progress import Reporter

FOLDER = "tensorboard"
"""Inside the run's folder."""


def require_tensorboard() -> None:
    """Raises MissingExtraError where TensorBoard is not installed."""
    if find_spec("tensorboard") is None:
        raise MissingExtraError("track", "writing for TensorBoard")


class Tracked:
    """A reporter that also writes each epoch as TensorBoard scalars."""

    def __init__(self, reporter: Reporter, run: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.reporter = reporter
        self.writer = SummaryWriter(str(run / FOLDER))

    def say(self, text: str) -> None:
        """Passed on."""
        self.reporter.say(text)

    def reading(self, done: int, files: int) -> None:
        """Passed on."""
        self.reporter.reading(done, files)

    def measuring(self, done: int, convolutions: int) -> None:
        """Passed on."""
        self.reporter.measuring(done, convolutions)

    def begin(self, steps: int | None, done: int, epochs: int | None, unit: str = "images") -> None:
        """Passed on."""
        self.reporter.begin(steps, done, epochs, unit)

    def plan(self, steps: int, epochs: int) -> None:
        """Passed on."""
        self.reporter.plan(steps, epochs)

    def step(self, done: int, loss: float, top1: float, per_second: float) -> None:
        """Passed on."""
        self.reporter.step(done, loss, top1, per_second)

    def epoch(self, row: dict[str, Any]) -> None:
        """Passed on, and written: every number of the row against the step."""
        self.reporter.epoch(row)
        for name, value in row.items():
            if isinstance(value, float):
                self.writer.add_scalar(_tag(name), value, row["step"])
        self.writer.flush()

    def end(self) -> None:
        """Passed on."""
        self.reporter.end()
        self.writer.close()


def _tag(name: str) -> str:
    """train_loss → train/loss: TensorBoard groups by what stands before the slash."""
    group, _, rest = name.partition("_")
    return f"{group}/{rest}" if group in ("train", "val") else name
