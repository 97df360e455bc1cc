"""Killed at any moment, a training goes on to the same numbers, bit for bit."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest
from kill_server import KINDS

from forks import Fork, Forks
from small_runs import assert_equal, epochs_in, state_of
from striate.cli import main
from striate.runs import CHECKPOINT, HISTORY, RECORD, read_record

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Server:
    """A process that starts trainings; the folder of those that ran to their end in it, and their seconds."""

    process: Fork
    orders: IO[str]
    answers: IO[str]
    whole: Path
    seconds: dict[str, float]

    def train_and_kill(
        self, kind: str, run: Path, wait: Callable[[], None], checkpoints: float = 60.0
    ) -> bool:
        """Begins, or goes on, and kills when the waiting ends; whether the training had ended by itself."""
        print(kind, run, checkpoints, sep="\t", file=self.orders, flush=True)
        training = int(self.answers.readline())
        wait()
        with contextlib.suppress(ProcessLookupError):
            os.kill(training, signal.SIGKILL)
        return int(self.answers.readline()) == 0


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, small_set: Path, small_clips: Path, forks: Forks
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    whole, orders, answers = (folder / name for name in ("whole", "orders", "answers"))
    os.mkfifo(orders)
    os.mkfifo(answers)
    process = forks.run(
        *(HERE / "kill_server.py", small_set, small_clips, whole),
        told=answers,
        errors=folder / "errors",
        orders=orders,
    )
    with orders.open("w") as asking, answers.open() as answering:
        try:
            seconds = {kind: float(answering.readline()) for kind in KINDS}
            yield Server(process, asking, answering, whole, seconds)
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


def wait_for(file: Path, lines: int, process: Fork) -> None:
    """Until the file has that many lines."""
    end = time.monotonic() + 60
    while not file.exists() or file.read_text(encoding="utf-8").count("\n") < lines:
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.usefixtures("quick")
def test_the_command_stopped_then_killed_then_finished(
    server: Server, tmp_path: Path, small_set: Path, capsys: pytest.CaptureFixture[str], forks: Forks
) -> None:
    options = (
        "--num-threads 1 --epochs 15 --number-format fp32 --algorithms plain --batch-size 32 "
        "--options widths=4,8 hidden=16"
    )
    run = tmp_path / "a run"
    printed, told = tmp_path / "printed", tmp_path / "told"
    words = ("-m", "striate", "train", small_set, *options.split(), "--out", run)
    stopped = forks.run(*words, told=printed, errors=told)
    try:
        wait_for(run / HISTORY, 3, stopped)
        stopped.send_signal(signal.SIGINT)
        assert stopped.wait(60) == 130
    finally:
        stopped.kill()
    assert printed.read_text() == f"stopped, everything saved; go on with:  striate train --resume '{run}'\n"
    assert "Traceback" not in told.read_text()
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
