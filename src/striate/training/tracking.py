"""The history for TensorBoard, beside what a reporter says."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from striate.errors import MissingExtraError
from striate.training.progress import Reporter

FOLDER = "tensorboard"
"""Inside the run's folder."""


def require_tensorboard() -> None:
    """Raises MissingExtraError where TensorBoard is not installed."""
    if find_spec("tensorboard") is None:
        raise MissingExtraError("track", "writing for TensorBoard")


def tracked(reporter: Reporter, run: Path) -> Reporter:
    """The reporter, which also writes each epoch as TensorBoard scalars."""
    return cast(Reporter, _Tracked(reporter, run))


class _Tracked:
    def __init__(self, reporter: Reporter, run: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._reporter, self._writer = reporter, SummaryWriter(str(run / FOLDER))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reporter, name)

    def epoch(self, row: dict[str, Any]) -> None:
        """Writes every number of the row against the step."""
        self._reporter.epoch(row)
        for name, value in row.items():
            if isinstance(value, float):
                self._writer.add_scalar(_tag(name), value, row["step"])
        self._writer.flush()

    def end(self) -> None:
        """Closes the file."""
        self._reporter.end()
        self._writer.close()


def _tag(name: str) -> str:
    """train_loss → train/loss: TensorBoard groups by what stands before the slash."""
    group, _, rest = name.partition("_")
    return f"{group}/{rest}" if group in ("train", "val") else name
