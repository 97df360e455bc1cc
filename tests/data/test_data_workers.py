"""Worker processes: order, errors, and that none is left behind."""

import operator
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from striate.data import workers
from striate.data.workers import default_workers, ordered_map
from striate.errors import DataError


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that the test starts."""
    processes = []

    class Recorded(workers._Worker):
        def __init__(self, function: object) -> None:
            super().__init__(function)  # type: ignore[arg-type]
            processes.append(self.process)

    monkeypatch.setattr(workers, "_Worker", Recorded)
    return processes


def ended(processes: list[subprocess.Popen[bytes]]) -> bool:
    return all(process.returncode is not None for process in processes)


@pytest.mark.parametrize("num_workers", [0, 1, 3])
def test_results_come_in_order(num_workers: int, started: list[subprocess.Popen[bytes]]) -> None:
    assert list(ordered_map(operator.neg, range(20), num_workers)) == [-n for n in range(20)]
    assert len(started) == num_workers
    assert ended(started)


def test_a_slow_job_does_not_change_the_order() -> None:
    jobs = ["__import__('time').sleep(0.3) or 0", "1", "2", "3"]
    assert list(ordered_map(eval, jobs, 2)) == [0, 1, 2, 3]


def test_no_more_workers_than_jobs(started: list[subprocess.Popen[bytes]]) -> None:
    assert list(ordered_map(abs, [-1, -2], 4)) == [1, 2]
    assert len(started) == 2
    assert list(ordered_map(abs, [], 4)) == []
    assert list(ordered_map(abs, [-1], 4)) == [1]  # done here: no worker is worth its start
    assert len(started) == 2


def test_large_jobs_and_results_do_not_block_each_other() -> None:
    """Each is far larger than what a pipe holds, in both directions at once."""
    jobs = [np.full(300_000, number, np.int64) for number in range(8)]
    for job, result in zip(jobs, ordered_map(operator.neg, jobs, 2), strict=True):
        np.testing.assert_array_equal(result, -job)
        assert result.flags.writeable


def test_jobs_are_taken_only_a_little_ahead() -> None:
    taken = []

    def jobs() -> Iterator[int]:
        for number in count():
            taken.append(number)
            yield number

    results = ordered_map(operator.neg, jobs(), 2, ahead=2)
    assert [next(results) for _ in range(5)] == [0, -1, -2, -3, -4]
    results.close()
    assert len(taken) <= 5 + 4


def test_closing_ends_the_workers(started: list[subprocess.Popen[bytes]]) -> None:
    results = ordered_map(time.sleep, [0, 60, 60], 2)
    next(results)
    began = time.monotonic()
    results.close()
    assert ended(started)
    assert time.monotonic() - began < 5


def test_an_exception_comes_back_with_its_traceback(started: list[subprocess.Popen[bytes]]) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)in a worker: Traceback.*bad operand type for unary -"):
        list(ordered_map(operator.neg, [1, "two", 3], 2))
    assert ended(started)


def test_a_worker_that_dies(started: list[subprocess.Popen[bytes]]) -> None:
    sentence = (
        r"^a worker process that reads images died \(status 3\), perhaps for want of memory: try "
        r"fewer workers, or --workers 0 to read in the main process$"
    )
    with pytest.raises(DataError, match=sentence):
        list(ordered_map(os._exit, [3] * 5, 2))
    assert ended(started)


def test_what_a_codec_prints_does_no_harm(capfd: pytest.CaptureFixture[str]) -> None:
    assert list(ordered_map(os.system, ["echo noise"] * 3, 1)) == [0, 0, 0]
    assert capfd.readouterr().err == "noise\n" * 3


def test_workers_do_without_torch() -> None:
    assert list(ordered_map(eval, ["'torch' in __import__('sys').modules"] * 2, 1)) == [False] * 2


def script_of(tmp_path: Path, *lines: str) -> list[str]:
    path = tmp_path / "script.py"
    path.write_text("\n".join(["import time", "from striate.data.workers import ordered_map", *lines]))
    return [sys.executable, str(path)]


def test_a_script_without_a_main_guard(tmp_path: Path) -> None:
    command = script_of(tmp_path, "print(list(ordered_map(abs, [-1, -2], 2)))")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("[1, 2]\n", "")


SLEEPERS = (
    # a shell's background job starts with Ctrl-C ignored, and so would this script in it
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)",
    "results = ordered_map(time.sleep, [0, 0, *[1] * 100], 2)",
    "next(results)",
    "next(results)",
    "print(open('/proc/thread-self/children').read(), flush=True)",
    "list(results)",
)


@pytest.mark.skipif(not Path("/proc/thread-self/children").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize(("kind", "says"), [(signal.SIGINT, "KeyboardInterrupt\n"), (signal.SIGKILL, "")])
def test_an_interrupted_caller_leaves_no_worker_behind(
    tmp_path: Path, kind: signal.Signals, says: str
) -> None:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(script_of(tmp_path, *SLEEPERS), **pipes, start_new_session=True) as caller:
        children = [int(pid) for pid in caller.stdout.readline().split()]
        os.killpg(caller.pid, kind)  # as a terminal does on Ctrl-C
        _, errors = caller.communicate(timeout=30)  # until the workers, which hold the pipe too, have ended
    assert len(children) == 2
    assert errors.count("Traceback") == bool(says)
    assert errors.endswith(says)


def test_default_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = default_workers()
    assert 1 <= alone <= 8
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "1000")
    assert default_workers() == 1
