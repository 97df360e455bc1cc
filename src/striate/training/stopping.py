"""What ends a training before its time: somebody, a step that cannot be done, a function that is asked."""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import numpy as np

from striate.errors import TrainingError
from striate.machine import is_out_of_memory
from striate.runs import MODEL
from striate.training.progress import Reporter

TOO_FEW = "Expected more than 1 value per channel"
"""How torch says that a batch norm has nothing to take a variance of."""


class StopRequest:
    """Whether somebody has asked for a stop."""

    def __init__(self) -> None:
        self.asked = False


@contextmanager
def stop_on_signal() -> Iterator[StopRequest]:
    """Catches SIGINT and SIGTERM in the block: the first asks for a stop after the step, the second stops.

    Only the main thread may catch them; elsewhere nothing is caught.
    """
    request = StopRequest()

    def ask() -> None:
        if request.asked:
            raise KeyboardInterrupt
        request.asked = True

    with caught(ask):
        yield request


@contextmanager
def caught(ask: Callable[[], None]) -> Iterator[None]:
    """Calls a function for each SIGINT and SIGTERM in the block; only the main thread may catch them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: ask()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def within_limits(batch_size: int) -> Iterator[None]:
    """Raises TrainingError if the batch is too large or too small for the step, or trial, in the block."""
    try:
        yield
    except (MemoryError, RuntimeError, ValueError) as problem:
        sentence = _sentence(problem, batch_size)
        if sentence is None:
            raise
        raise TrainingError(sentence) from problem


def _sentence(problem: Exception, batch_size: int) -> str | None:
    if is_out_of_memory(problem):
        smaller = f"try --batch-size {batch_size // 2}" if batch_size > 1 else "try a smaller --size"
        return f"out of memory at batch size {batch_size}: {smaller}"
    if TOO_FEW in str(problem):
        return f"a batch of {batch_size} is too small for batch norms: try --batch-size {batch_size + 1}"
    return None


def not_finite(run: Path, step: int, epoch: int, best_epoch: int, learning_rate: float) -> TrainingError:
    """What to say of a loss that is no longer a number, and of what is left. best_epoch: 0 if none."""
    kept = (
        f"the weights of epoch {best_epoch} are kept in {run / MODEL}"
        if best_epoch
        else "no epoch had ended, so there are no weights to keep"
    )
    return TrainingError(
        f"the loss is no longer a finite number at step {step} (epoch {epoch}); {kept}; "
        f"try --learning-rate {learning_rate / 10:g}, --clip-norm 1 or --number-format fp32"
    )


OnEpochEnd = Callable[[Mapping[str, Any]], object]
"""Takes an epoch's row of the history."""


def asking(reporter: Reporter, after_epoch: OnEpochEnd, stop: StopRequest) -> Reporter:
    """The reporter, which also calls the function after each epoch; False asks for a stop."""
    return cast(Reporter, _Asking(reporter, after_epoch, stop))


class _Asking:
    def __init__(self, reporter: Reporter, after_epoch: OnEpochEnd, stop: StopRequest) -> None:
        self._reporter, self._after_epoch, self._stop = reporter, after_epoch, stop

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reporter, name)

    def epoch(self, row: dict[str, Any]) -> None:
        """Tells it first: the line stands before what the function prints. None and 0 are no False."""
        self._reporter.epoch(row)
        answer = self._after_epoch(MappingProxyType(row))
        if isinstance(answer, bool | np.bool_) and not answer:
            self._stop.asked = True
