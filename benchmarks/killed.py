"""Trainings killed by SIGKILL, at random moments and at every write, then gone on with: the same numbers?

    python benchmarks/killed.py [--moments 50] [--sizes 20] [--kinds images clips] [--seed 0]

A process trains once to its end and then forks one child a trial, which starts the same training and is
killed:

- at a moment drawn evenly over the length of a whole training;
- just before the n-th call that changes a file of the run (one is opened for writing, synced, renamed,
  linked, removed, given a mode or cut), for every n;
- amid a write, as soon as a file grows beyond a drawn size.

Other children then go on with the run to its end. Counted: weights and history equal to those of the training
that nobody killed, bit for bit (times and speeds apart).
"""

import argparse
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch

import striate
from striate.runs import read_history
from striate.training.progress import Reporter

TIMES = ("seconds", "per_second")
"""Parts of names of what differs between equal trainings."""


CHANGES = {"os.rename", "os.link", "os.remove", "os.chmod", "os.truncate", "fsync"}
"""What Python's auditing, and we for syncing, call what changes a file, beside opening it."""


def images(_: Path) -> dict[str, Any]:
    """A small network on the built-in digits, with everything random that there is."""
    return {"data": "digits", "options": {"widths": (4, 8), "dropout": 0.2}, "recipe": _recipe(64)}


def clips(root: Path) -> dict[str, Any]:
    """A shifted one on video files."""
    data = root / "videos"
    if not data.exists():
        _make_videos(data)
    options = {"widths": (4, 8), "dropout": 0.2}
    return {"data": data, "time": "tsm", "size": 16, "options": options, "recipe": _recipe(16)}


def _recipe(batch_size: int) -> striate.Recipe:
    return striate.Recipe(epochs=3, batch_size=batch_size, number_format="fp32", algorithms="plain", ema=0.9)


def _make_videos(folder: Path) -> None:
    """Two classes of 40 videos: a bright stripe goes to the left or to the right."""
    draw = np.random.default_rng(0)
    for number in range(80):
        name = ("left", "right")[number % 2]
        (folder / name).mkdir(parents=True, exist_ok=True)
        with av.open(str(folder / name / f"{number}.mkv"), "w") as container:
            stream = container.add_stream("mpeg4", rate=10)
            stream.width = stream.height = 32
            start = draw.integers(32)
            for t in range(12):
                pixels = draw.integers(0, 90, (32, 32), dtype=np.uint8)
                pixels[:, (start + 2 * t * (1 if number % 2 else -1)) % 32] = 255
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="gray")))
            container.mux(stream.encode(None))


KINDS = {"images": images, "clips": clips}


def train(kind: str, run: Path) -> None:
    """Begins the training, or goes on with it."""
    if (run / "run.json").exists():
        if json.loads((run / "run.json").read_text())["status"] != "finished":
            striate.train(resume=run, reporter=Reporter())
        return
    shutil.rmtree(run, ignore_errors=True)  # killed before its record was written: it begins anew
    striate.train(**KINDS[kind](run.parent), out=run, reporter=Reporter())


def in_child(work: Callable[[], None], seconds: float | None = None) -> int:
    """Does the work in a forked child, killed after so many seconds; what the system says of its end."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def dying_at(number: int, run: Path, work: Callable[[], None]) -> None:
    """Does the work and dies just before the n-th change of a file of the run."""
    count = 0

    def hear(event: str, given: tuple[Any, ...]) -> None:
        nonlocal count
        writes = event in CHANGES or (event == "open" and bool(given[2] & (os.O_WRONLY | os.O_RDWR)))
        if not writes or not (event == "fsync" or str(given[0]).startswith(str(run))):
            return
        count += 1
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    fsync = os.fsync

    def heard_fsync(file: int) -> None:
        hear("fsync", (file,))
        fsync(file)

    os.fsync = heard_fsync
    sys.addaudithook(hear)
    work()


def dying_beyond(size: int, work: Callable[[], None]) -> None:
    """Does the work and dies when a file grows beyond so many bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    work()


def state(run: Path) -> tuple[bytes, list[dict[str, Any]]]:
    """Weights, and the history without times."""
    rows = read_history(run)
    kept = [{k: v for k, v in row.items() if not any(part in k for part in TIMES)} for row in rows]
    weights = {name: value.numpy() for name, value in striate.load(run).state_dict().items()}
    return b"".join(name.encode() + value.tobytes() for name, value in sorted(weights.items())), kept


def finished(kind: str, run: Path) -> bool:
    """Goes on to the end; whether it came there without an error."""
    return in_child(lambda: train(kind, run)) == 0


def main() -> int:
    """Kills, goes on, compares; exit code 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--sizes", type=int, default=20)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)  # threads do not survive a fork
    wrong = 0
    for kind in options.kinds:
        with tempfile.TemporaryDirectory() as root:
            wrong += Trials(kind, Path(root), random.Random(options.seed)).all(options.moments, options.sizes)
    return int(wrong > 0)


class Trials:
    """All trials of a kind."""

    def __init__(self, kind: str, root: Path, draw: random.Random) -> None:
        self.kind, self.root, self.draw = kind, root, draw
        loaded = root / "loaded"  # what is loaded late is then loaded in every child
        striate.train(**KINDS[kind](root), out=loaded, reporter=Reporter(), num_threads=1)
        began = time.perf_counter()
        assert finished(kind, root / "whole")
        self.seconds, self.expected = time.perf_counter() - began, state(root / "whole")
        self.largest = max(file.stat().st_size for file in (root / "whole").iterdir())

    def all(self, moments: int, sizes: int) -> int:
        """Runs them; how many ended otherwise."""
        at_moments = [self.same(self.killed_in_time) for _ in range(moments)]
        wrong = self.told(at_moments, f"at random moments of {self.seconds:.1f} s")
        beyond = [self.same(self.killed_by_size) for _ in range(sizes)]
        wrong += self.told(beyond, f"amid writes of up to {self.largest:,} bytes")
        at_changes: list[bool] = []
        while (same := self.same(self.killed_at(len(at_changes) + 1))) is not None:
            at_changes.append(same)
        return wrong + self.told(at_changes, "just before a change of a file, each once")

    def told(self, trials: Sequence[bool | None], what: str) -> int:
        """Says how many ended the same, and returns how many did not."""
        killed = [same for same in trials if same is not None]
        print(f"{self.kind}: {sum(killed)} of {len(killed)} killed {what} ended the same", flush=True)
        return len(killed) - sum(killed)

    def same(self, kill: Callable[[Path], int]) -> bool | None:
        """Whether a run killed like this, and gone on with, ends the same; None: it came to its end."""
        run = self.root / "run"
        killed = kill(run) != 0
        same = (finished(self.kind, run) and state(run) == self.expected) if killed else None
        shutil.rmtree(run)
        return same

    def killed_in_time(self, run: Path) -> int:
        """At a drawn moment."""
        return in_child(lambda: train(self.kind, run), self.draw.uniform(0, self.seconds))

    def killed_by_size(self, run: Path) -> int:
        """When a file grows beyond a drawn size, small ones as likely as large ones."""
        size = round(self.largest ** self.draw.uniform(0.3, 1))
        return in_child(lambda: dying_beyond(size, lambda: train(self.kind, run)))

    def killed_at(self, number: int) -> Callable[[Path], int]:
        """Just before the n-th change."""
        return lambda run: in_child(lambda: dying_at(number, run, lambda: train(self.kind, run)))


if __name__ == "__main__":
    raise SystemExit(main())
