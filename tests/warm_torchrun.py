"""torchrun, but its processes are forks of it: what takes longest, importing torch, is done once for all."""

import gc
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path

import torch._dynamo  # noqa: F401 - which DistributedDataParallel imports
from torch.distributed import run
from torch.distributed.elastic.multiprocessing.subprocess_handler import SubprocessHandler

import striate.cli  # noqa: F401
import striate.training.train  # noqa: F401 - most of what a script will import

HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


class Fork:
    """What torchrun asks of a process, and of no more."""

    def __init__(self, words: tuple[str, ...], environment: dict[str, str]) -> None:
        script = words[words.index("-u") + 1 :]
        self.process = multiprocessing.get_context("fork").Process(target=_run, args=(script, environment))
        self.process.start()
        self.pid = self.process.pid

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> None:
        self.process.join(timeout)
        if self.poll() is None:
            raise subprocess.TimeoutExpired("a fork", timeout or 0)


def _run(script: tuple[str, ...], environment: dict[str, str]) -> None:
    """The script as the interpreter would run it, which knows nothing of torchrun's handlers."""
    os.setsid()
    for number in HANDLED:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[:] = script
    sys.path[0] = str(Path(script[0]).parent)
    runpy.run_path(script[0], run_name="__main__")


if __name__ == "__main__":
    SubprocessHandler._popen = lambda _, *asked: Fork(*asked)  # type: ignore[assignment,return-value]
    gc.freeze()
    run.main(sys.argv[1:])
