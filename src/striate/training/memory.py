"""What to say when a step does not fit into memory."""

from collections.abc import Iterator
from contextlib import contextmanager

from striate.errors import TrainingError
from striate.machine import is_out_of_memory


@contextmanager
def within_memory(batch_size: int) -> Iterator[None]:
    """Raises TrainingError if the memory is too small for what is in the block: a step, or a trial of one."""
    try:
        yield
    except (MemoryError, RuntimeError) as problem:
        if not is_out_of_memory(problem):
            raise
        smaller = f"try --batch-size {batch_size // 2}" if batch_size > 1 else "try a smaller --size"
        raise TrainingError(f"out of memory at batch size {batch_size}: {smaller}") from problem
