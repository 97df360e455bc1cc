"""Work done in other processes, with the results in the order of the jobs.

Why not `multiprocessing` or a `DataLoader`: forking a process in which torch has threads is unsafe (and
warned about from Python 3.12 on), and the other ways of starting import the caller's script again, which a
script without `if __name__ == "__main__"` does not survive, and torch, which costs seconds and memory in each
worker. A worker here is a bare interpreter with NumPy and Pillow that reads jobs from a pipe and writes
results to another. It is in its own process group, so Ctrl-C reaches the caller only, and it ends when its
pipe does, so a killed caller leaves none behind.
"""

import os
import pickle
import subprocess
import sys
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import BinaryIO, TypeVar, cast

from striate.errors import DataError

Job = TypeVar("Job")
Result = TypeVar("Result")
_Outcome = tuple[bool, object]  # (True, result) or (False, the traceback)

_WINDOWS_OWN_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)


def default_workers() -> int:
    """One for each processor that this process may use, shared among distributed processes; at most 8."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(8, available // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))))


def ordered_map(
    function: Callable[[Job], Result], jobs: Iterable[Job], num_workers: int, ahead: int = 2
) -> Generator[Result, None, None]:
    """`map(function, jobs)`, computed by that many processes; 0 computes here.

    The workers end when the jobs do, when the iterator is closed, and on any exception.

    Args:
        function: importable by name, and found with numpy and Pillow alone.
        jobs: what it is to be called with.
        num_workers: processes.
        ahead: so many jobs for each worker are taken from `jobs` before their results are asked for.

    Raises:
        DataError: a worker died.
    """
    jobs = iter(jobs)
    first = list(islice(jobs, 2 if num_workers else 0))
    if len(first) < 2:  # for a single job no worker is worth its start
        yield from map(function, chain(first, jobs))
        return
    jobs = chain(first, jobs)
    workers: list[_Worker] = []
    waiting: deque[_Worker] = deque()
    try:
        for number, job in enumerate(jobs):
            if len(workers) < num_workers:
                workers.append(_Worker(function))
            worker = workers[number % num_workers]
            worker.send(job)
            waiting.append(worker)
            if len(waiting) == num_workers * ahead:
                yield cast(Result, waiting.popleft().result())
        while waiting:
            yield cast(Result, waiting.popleft().result())
    finally:
        for worker in workers:
            worker.stop()


class _Worker:
    """The caller's end of one worker."""

    def __init__(self, function: Callable[..., object]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", "from striate.data.workers import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            process_group=None if os.name == "nt" else 0,
            creationflags=_WINDOWS_OWN_GROUP,
        )
        assert self.process.stdin
        assert self.process.stdout
        self.jobs, self.results = self.process.stdin, self.process.stdout
        self.send(function)

    def send(self, job: object) -> None:
        try:
            pickle.dump(job, self.jobs, protocol=5)
            self.jobs.flush()
        except OSError:  # a broken pipe; not every system calls it so
            raise self.died() from None

    def result(self) -> object:
        try:
            done, value = cast(_Outcome, pickle.load(self.results))
        except (EOFError, pickle.UnpicklingError):
            raise self.died() from None
        if not done:
            raise RuntimeError(f"in a worker: {value}")
        return value

    def died(self) -> DataError:
        return DataError(
            f"a worker process that reads images died (status {self.process.wait()}), perhaps for want of "
            "memory: try fewer workers, or --workers 0 to read in the main process"
        )

    def stop(self) -> None:
        """At once: a worker holds nothing that could be lost."""
        self.process.terminate()
        self.process.wait()
        for pipe in (self.jobs, self.results):
            with suppress(OSError):  # what was not yet written has no reader any more
                pipe.close()


def _environment() -> dict[str, str]:
    """The caller's, with its import path and one thread: the processes are the parallelism."""
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def serve() -> None:
    """The life of a worker: a function and then jobs come in on standard input, outcomes go out on standard
    output.

    A thread sends, so that this one is always ready to read: neither side can wait for the other for ever.
    """
    outcomes = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a codec prints must not mix with the outcomes
    ready: SimpleQueue[_Outcome] = SimpleQueue()
    Thread(target=_send, args=(ready, outcomes), daemon=True).start()
    with suppress(EOFError, pickle.UnpicklingError):
        function = pickle.load(sys.stdin.buffer)
        while True:
            ready.put(_outcome(function, pickle.load(sys.stdin.buffer)))
    os._exit(0)  # the caller has gone, and the thread may be in the middle of a write


def _outcome(function: Callable[[object], object], job: object) -> _Outcome:
    try:
        return True, function(job)
    except Exception:
        return False, traceback.format_exc()


def _send(ready: "SimpleQueue[_Outcome]", outcomes: BinaryIO) -> None:
    try:
        while True:
            pickle.dump(ready.get(), outcomes, protocol=5)
            outcomes.flush()
    except OSError:
        os._exit(0)
