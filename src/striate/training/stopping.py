"""What ends a training before its time: somebody who asks for it, or a step that cannot be done."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from striate.errors import TrainingError
from striate.machine import is_out_of_memory
from striate.runs import MODEL

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
