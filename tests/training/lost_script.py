"""Trainings of several processes, of which one is killed or stands still: who ends when, and says what.

Everything in one process that forks, itself a fork (`forks.py`): importing torch is what takes long. A
group's store is either held by its main process, as where processes are started without torchrun, or here, as
torchrun's agent holds it.
"""

import gc
import json
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from torch.distributed import TCPStore

from small_runs import small_recipe, small_run
from striate.cli import main
from striate.runs import HISTORY
from striate.training import companions

SILENCE, BROKEN, GRACE = 6.0, 2.0, 2.0
"""In place of what they are, so that a test need not wait for so long."""
CASES = {
    f"{signal.Signals(number).name} of {victim}, store of {store}": (number, victim, store)
    for number in (signal.SIGKILL, signal.SIGSTOP)
    for victim, store in (("main", "main"), ("main", "agent"), ("other", "main"))
}
WORLD = 3
LONGEST = 90.0
"""Seconds after which whoever is still there is ended."""


class Group:
    """The processes of one training, each as if on a machine of its own."""

    def __init__(self, name: str, data: Path, folder: Path, ports: Iterator[int]) -> None:
        self.number, victim, holder = CASES[name]
        self.name, self.victim, self.run = name, int(victim == "other"), folder / name / "run"
        port = next(ports)
        self.holders = [_hold_store(port)] if holder == "agent" else []
        self.run.parent.mkdir()
        os.environ |= {"MASTER_ADDR": "localhost", "MASTER_PORT": str(port), "WORLD_SIZE": str(WORLD)}
        os.environ |= {"TORCHELASTIC_USE_AGENT_STORE": str(holder == "agent"), "LOCAL_RANK": "0"}
        self.ids = [self._start(rank, data) for rank in range(WORLD)]
        self.began: float | None = None
        self.ended: dict[int, tuple[int, float]] = {}

    def _start(self, rank: int, data: Path) -> int:
        child = os.fork()
        if child:
            return child
        os.environ["RANK"] = str(rank)
        told = os.open(self._told(rank), os.O_CREAT | os.O_WRONLY)
        os.dup2(told, 1)
        os.dup2(told, 2)
        words = ["train", str(data), "--out", str(self.run), "--epochs", "100000", "--batch-size", "32"]
        small = ["--options", "widths=4,8", "hidden=16", "--number-format", "fp32", "--algorithms", "plain"]
        code = 99
        try:
            code = main([*words, *small]) or 0
        except SystemExit as end:
            code = int(end.code or 0)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _told(self, rank: int) -> Path:
        return self.run.parent / f"{rank}.txt"

    def has_ended(self) -> bool:
        """Whether all but the victim have; kills or stops the victim, once they train."""
        if self.began is None and (self.run / HISTORY).exists():
            os.kill(self.ids[self.victim], self.number)
            self.began = time.monotonic()
        for rank, one in enumerate(self.ids if self.began else ()):
            if rank not in self.ended and rank != self.victim:
                found, status = os.waitpid(one, os.WNOHANG)
                if found:
                    self.ended[rank] = os.waitstatus_to_exitcode(status), time.monotonic() - self.began
        return len(self.ended) == WORLD - 1

    def close(self) -> list[Any]:
        """Code, seconds and text of each process but the victim."""
        left = [one for rank, one in enumerate(self.ids) if rank not in self.ended]
        for one in left + self.holders:
            os.kill(one, signal.SIGKILL)
            os.waitpid(one, 0)
        return [[*self.ended.get(rank, (None, None)), self._told(rank).read_text()] for rank in range(WORLD)]


def _free_ports() -> Iterator[int]:
    """Those that no connection of this machine gets by itself, which lie higher."""
    for port in range(10_000 + os.getpid() % 10_000, 32_000):
        with socket.socket() as one:
            free = one.connect_ex(("localhost", port)) != 0
        if free:
            yield port


def _hold_store(port: int) -> int:
    """A process that holds a store, until it is killed."""
    child = os.fork()
    if not child:
        store = TCPStore("localhost", port, is_master=True, wait_for_workers=False)
        while store.num_keys() >= 0:
            time.sleep(1)
    return child


def wait(what: Callable[[], bool]) -> None:
    """Until it is so, or for too long."""
    until = time.monotonic() + LONGEST
    while not what() and time.monotonic() < until:
        time.sleep(0.05)


def strike_all(data: Path, folder: Path) -> None:
    """Writes what came of each case to a file."""
    companions.SILENCE, companions.BROKEN_SILENCE, companions.GRACE = SILENCE, BROKEN, GRACE
    small_run(folder / "alone", small_recipe(epochs=1), data=data)
    gc.freeze()  # forks need not look through it, which would also copy it
    ports = _free_ports()
    groups = [Group(name, data, folder, ports) for name in CASES]
    wait(lambda: sum(group.has_ended() for group in groups) == len(groups))
    found = {group.name: group.close() for group in groups}
    (folder / "found.json").write_text(json.dumps(found))


if __name__ == "__main__":
    strike_all(*map(Path, sys.argv[1:]))
