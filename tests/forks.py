"""Scripts run in forks of one process that has loaded what takes seconds: PyTorch, its compiler, a training.

Run as a script it is that process: told of one script a line, it forks, and answers with a number.
"""

import gc
import json
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TORCHRUN = (
    *(HERE / "warm_torchrun.py", "--nproc-per-node", "2", "--local-addr", "localhost"),
    *("--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0"),
)
"""Before a script and its arguments: two processes of it."""
LOADED = (
    "torch._dynamo",  # which DistributedDataParallel imports
    "torch._meta_registrations",  # which measuring algorithms imports
    *("torch.distributed.run", "striate.cli", "striate.training.train"),
)
"""What no fork imports again."""


@dataclass
class Fork:
    """A script that runs; what `subprocess.Popen` would be of it."""

    server: "Forks"
    pid: int
    returncode: int | None = field(default=None, init=False)

    def poll(self) -> int | None:
        """The code it ended with, if it has."""
        if self.returncode is None:
            self.returncode = self.server.ask(ended=self.pid)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Its code, when it has ended. Raises TimeoutError, and ends it, after so many seconds."""
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                self.kill()
                raise TimeoutError(f"process {self.pid} still runs after {timeout} seconds")
            time.sleep(0.03)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)
        self.wait(60)


class Forks:
    """The process that forks, begun with the first script."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def run(
        self,
        *words: str | Path,
        told: Path,
        errors: Path | None = None,
        orders: Path | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Fork:
        """Starts a script, or a module after "-m", in a session of its own, with our helpers importable.

        Args:
            words: the script and its arguments.
            told: the file that it prints to.
            errors: the file for what goes to standard error, if another.
            orders: the file, or pipe, that it reads.
            cwd: its current folder.
            env: what differs from our environment.
        """
        files = [str(one) for one in (orders or os.devnull, told, errors or told)]
        asked = {"words": [*map(str, words)], "files": files, "cwd": str(cwd or Path.cwd())}
        return Fork(self, self.ask(**asked, env={**os.environ, **_ONE_THREAD, **_path(), **(env or {})}))

    def ask(self, **request: Any) -> Any:
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={
                    **os.environ,
                    **_ONE_THREAD,
                    **_path(),
                    "TORCH_CPP_LOG_LEVEL": "ERROR",
                },
                start_new_session=True,
            )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(request), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        if self.process is not None:
            with self.process:
                self.process.stdin.close()  # type: ignore[union-attr]


_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def _path() -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join([str(HERE), *sys.path[1:]])}


def _serve() -> None:
    for name in LOADED:
        import_module(name)
    gc.freeze()  # forks need not look through it, which would also copy it
    for line in sys.stdin:
        request = json.loads(line)
        if "ended" in request:
            pid, status = os.waitpid(request["ended"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        elif not (answer := os.fork()):
            _become(**request)
        print(json.dumps(answer), flush=True)


def _become(words: list[str], files: list[str], cwd: str, env: dict[str, str]) -> None:
    """The script, as the interpreter would run it."""
    os.setsid()
    os.chdir(cwd)
    for number, file in enumerate(files):
        mode = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND
        os.dup2(os.open(file, mode), number)
    os.environ.clear()
    os.environ.update(env)
    code = 1
    try:
        _run(words)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    try:
        sys.stdout.flush()
    except OSError:
        sys.excepthook(*sys.exc_info())
        code = 120  # the interpreter's own
    finally:
        sys.stderr.flush()
        os._exit(code)


def _run(words: list[str]) -> None:
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - the other one has read ahead
    if words[0] == "-m":
        sys.argv[:] = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv[:] = words
        sys.path[0:0] = [str(Path(words[0]).parent), str(HERE)]
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    _serve()
    os._exit(0)  # to take apart what was loaded takes seconds
