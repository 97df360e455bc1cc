"""Killed at any moment, a training goes on to the same numbers, bit for bit."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from kill_server import KINDS

from small_runs import assert_equal, epochs_in, state_of
from striate.cli import main
from striate.runs import CHECKPOINT, HISTORY, RECORD, read_record

HERE = Path(__file__).parent


def environment() -> dict[str, str]:
    """One thread, and our helpers importable."""
    path = os.pathsep.join([str(HERE.parent), *sys.path[1:]])
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": path}


@dataclass(frozen=True)
class Server:
    """A process that starts trainings; the folder of those that ran to their end in it, and their seconds."""

    process: "subprocess.Popen[str]"
    whole: Path
    seconds: dict[str, float]

    def train_and_kill(
        self, kind: str, run: Path, wait: Callable[[], None], checkpoints: float = 60.0
    ) -> bool:
        """Begins, or goes on, and kills when the waiting ends; whether the training had ended by itself."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(kind, run, checkpoints, sep="\t", file=self.process.stdin, flush=True)
        training = int(self.process.stdout.readline())
        wait()
        with contextlib.suppress(ProcessLookupError):
            os.kill(training, signal.SIGKILL)
        return int(self.process.stdout.readline()) == 0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, small_set: Path, small_clips: Path) -> Iterator[Server]:
    whole = tmp_path_factory.mktemp("whole")
    with subprocess.Popen(
        [sys.executable, *map(str, (HERE / "kill_server.py", small_set, small_clips, whole))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        try:
            assert process.stdout is not None
            yield Server(process, whole, {kind: float(process.stdout.readline()) for kind in KINDS})
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("kind", "checkpoints"),
    [("images", 60.0), ("images", 0.0), ("clips", 0.0)],
    ids=["at the end of epochs", "after every step", "clips"],
)
def test_killed_at_arbitrary_moments(server: Server, tmp_path: Path, kind: str, checkpoints: float) -> None:
    """Which frames of clips are drawn, and how they are varied, follows from the step as well."""
    run = tmp_path / "run"
    moments, killed, longest = random.Random(5), 0, server.seconds[kind] / 3

    def moment() -> None:
        time.sleep(moments.uniform(0, longest))

    while not server.train_and_kill(kind, run, moment, checkpoints):
        killed, longest = killed + 1, 1.1 * longest  # a machine that has become slow must get on too
    assert killed > 2
    assert read_record(run)["status"] == "finished"
    assert epochs_in(run) == list(range(1, KINDS[kind]["recipe"].epochs + 1))
    assert_equal(state_of(run), state_of(server.whole / kind))


def wait_for(file: Path, lines: int, process: "subprocess.Popen[str]") -> None:
    """Until the file has that many lines."""
    end = time.monotonic() + 60
    while not file.exists() or file.read_text(encoding="utf-8").count("\n") < lines:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.005)


@contextlib.contextmanager
def command(*words: str | Path) -> Iterator["subprocess.Popen[str]"]:
    """Starts the command, and ends it in any case."""
    with subprocess.Popen(
        [sys.executable, "-m", "striate", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.usefixtures("quick")
def test_the_command_stopped_then_killed_then_finished(
    server: Server, tmp_path: Path, small_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = (
        "--num-threads 1 --epochs 15 --number-format fp32 --algorithms plain --batch-size 32 "
        "--options widths=4,8 hidden=16"
    )
    run = tmp_path / "a run"
    with command("train", small_set, *options.split(), "--out", run) as stopped:
        wait_for(run / HISTORY, 3, stopped)
        stopped.send_signal(signal.SIGINT)
        printed, told = stopped.communicate(timeout=60)
    assert stopped.returncode == 130
    assert printed == f"stopped, everything saved; go on with:  striate train --resume '{run}'\n"
    assert "Traceback" not in told
    assert read_record(run)["status"] == "stopped"
    more = len(epochs_in(run)) + 3
    assert not server.train_and_kill("images", run, lambda: wait_for(run / HISTORY, more, server.process))
    assert main(["train", "--resume", str(run)]) == 0
    assert f"run {run}\n" in capsys.readouterr().out
    assert main(["train", str(small_set), *options.split(), "--out", str(tmp_path / "whole")]) == 0
    assert epochs_in(run) == list(range(1, 16))
    assert_equal(state_of(run), state_of(tmp_path / "whole"))
    assert {path.name for path in run.iterdir() if path.suffix == ".part"} == set()
    assert (run / CHECKPOINT).exists()
    assert (run / RECORD).exists()
