"""A training on two machines, as far as the network can tell: two namespaces with a cable between them.

    python benchmarks/two_machines.py

Each namespace has an agent of torchrun, with an address and a folder of its own; the first holds the run.
Told is, of a training to its end, of one that is stopped and goes on, and of two during which the cable is
cut (at its first or its second end): how and after how many seconds each agent ends, and what striate says
and when.
Needs root, and `ip` of iproute2; the namespaces are taken away again.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from striate.runs import HISTORY, read_history, read_record

ADDRESSES = ("10.77.0.1", "10.77.0.2")
SMALL = ["--options", "widths=4,8", "hidden=16", "--number-format", "fp32", "--batch-size", "64"]
LONGEST = 150.0
SAID = re.compile("^(?:striate: |stopped).*", re.MULTILINE)
Started = subprocess.Popen[bytes]


def ip(*words: str) -> None:
    """One command of iproute2."""
    subprocess.run(["ip", *words], check=True)


@contextmanager
def namespaces() -> Iterator[tuple[str, str]]:
    """Two, with a cable: in each it is called as the namespace."""
    names = (f"striate-{os.getpid()}a"[-15:], f"striate-{os.getpid()}b"[-15:])
    made = []
    try:
        for name in names:
            ip("netns", "add", name)
            made.append(name)
        ip("link", "add", names[0], "netns", names[0], "type", "veth", "peer", names[1], "netns", names[1])
        for name, address in zip(names, ADDRESSES, strict=True):
            ip("-n", name, "address", "add", f"{address}/24", "dev", name)
            for link in ("lo", name):
                ip("-n", name, "link", "set", link, "up")
        yield names
    finally:
        for name in made:
            ip("netns", "delete", name)


class Agents:
    """One of torchrun in each namespace, and what they print."""

    def __init__(self, names: tuple[str, str], folder: Path, *words: str) -> None:
        self.files, self.began = [], time.monotonic()
        self.ended: dict[int, tuple[int, float]] = {}
        self.said: dict[int, tuple[str, float]] = {}
        self.agents = [self._start(number, name, folder, words) for number, name in enumerate(names)]

    def _start(
        self, number: int, name: str, folder: Path, words: tuple[str, ...]
    ) -> "subprocess.Popen[bytes]":
        home = folder / name
        home.mkdir(exist_ok=True)
        self.files.append(home / "told.txt")
        agent = [
            *("ip", "netns", "exec", name, sys.executable, "-m", "torch.distributed.run", "--nnodes", "2"),
            *("--nproc-per-node", "1", "--rdzv-backend", "c10d", "--rdzv-id", "two", "--max-restarts", "0"),
            *("--rdzv-endpoint", f"{ADDRESSES[0]}:29500", "--local-addr", ADDRESSES[number]),
            *("--rdzv-conf", f"is_host={1 - number}"),  # torchrun asks the machine's name, which both share
        ]
        with self.files[-1].open("wb") as told:
            return subprocess.Popen(
                [*agent, "-m", "striate", "train", *words],
                cwd=home, stdout=told, stderr=told, start_new_session=True,
                env={**os.environ, "GLOO_SOCKET_IFNAME": name, "OMP_NUM_THREADS": "1"},
            )  # fmt: skip

    def until(self, so: Callable[[], bool]) -> None:
        """Waits until it is so, or they have ended; counts from then on."""
        end = time.monotonic() + LONGEST
        while not so() and len(self.ended) < 2 and time.monotonic() < end:
            for number, agent in enumerate(self.agents):
                found = SAID.search(self.files[number].read_text())
                if number not in self.said and found is not None:
                    self.said[number] = found[0], time.monotonic() - self.began
                if number not in self.ended and agent.poll() is not None:
                    self.ended[number] = agent.returncode, time.monotonic() - self.began
            time.sleep(0.05)
        self.began = time.monotonic() if so() else self.began

    def report(self, title: str) -> None:
        """Waits for both, and tells how they ended."""
        self.until(lambda: False)
        print(title)
        for number, agent in enumerate(self.agents):
            code, seconds = self.ended.get(number, (None, LONGEST))
            text, when = self.said.get(number, ("", 0.0))
            print(f"  agent {number + 1}: code {code} after {seconds:.1f} s", end="")
            print(f"; after {when:.1f} s {text}" if text else "", flush=True)
            if number not in self.ended:
                os.killpg(agent.pid, signal.SIGKILL)


def main() -> None:
    """All of it."""
    if os.geteuid() or which("ip") is None:
        sys.exit("two namespaces need root and `ip` (Debian's package iproute2): run it as root")
    with TemporaryDirectory() as temporary, namespaces() as names:
        folder = Path(temporary)
        home = folder / names[0]

        def trains(run: str) -> Callable[[], bool]:
            return (home / run / HISTORY).exists

        Agents(names, folder, "digits", "--out", "whole", "--epochs", "2", *SMALL).report("to the end")
        stopped = Agents(names, folder, "digits", "--out", "half", "--epochs", "20", *SMALL)
        stopped.until(trains("half"))
        os.killpg(stopped.agents[0].pid, signal.SIGINT)
        stopped.report("Ctrl-C at the first")
        Agents(names, folder, "--resume", "half").report("and it goes on")
        status, rows = read_record(home / "half")["status"], len(read_history(home / "half"))
        held = sorted(path.name for path in (folder / names[1]).iterdir())
        print(f"  {status}, {rows} epochs; the second machine's folder holds {held}")
        for cut in names:
            agents = Agents(names, folder, "digits", "--out", f"cut-{cut}", "--epochs", "5000", *SMALL)
            agents.until(trains(f"cut-{cut}"))
            ip("-n", cut, "link", "set", cut, "down")
            agents.report(f"the cable is cut at end {names.index(cut) + 1}")
            print(f"  the run is {read_record(home / f'cut-{cut}')['status']}")
            ip("-n", cut, "link", "set", cut, "up")


if __name__ == "__main__":
    main()
