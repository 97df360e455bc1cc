"""Trainings killed by SIGKILL, at random moments and at every write, then gone on with: the same numbers?

    python benchmarks/killed.py [--moments 50] [--kinds images clips] [--seed 0]

A process trains once to its end and then forks one child a trial, which starts the same training and is
killed: at a moment drawn evenly over the length of a whole training, or just before or just after the n-th
call that makes bytes durable (fsync) or gives them their name (replace), for every n. Other children then go
on with the run to its end. Counted: weights and history equal to those of the training that nobody killed,
bit for bit (times and speeds apart).
"""

import argparse
import json
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

import striate
from striate.training.progress import Reporter

TIMES = ("seconds", "per_second")
"""Parts of names of what differs between equal trainings."""


def images() -> dict[str, Any]:
    """A small network on the built-in digits, with everything random that there is."""
    return {"data": "digits", "options": {"widths": (4, 8), "dropout": 0.2}, "recipe": _recipe(epochs=3)}


def clips() -> dict[str, Any]:
    """The same on moving digits, shifted."""
    options = {"widths": (8, 8), "dropout": 0.2}
    return {"data": "motion-digits", "time": "tsm", "options": options, "recipe": _recipe(epochs=1)}


def _recipe(epochs: int) -> striate.Recipe:
    return striate.Recipe(epochs=epochs, batch_size=64, number_format="fp32", algorithms="plain", ema=0.9)


KINDS = {"images": images, "clips": clips}


def train(kind: str, run: Path) -> None:
    """Begins the training, or goes on with it."""
    if (run / "run.json").exists():
        if json.loads((run / "run.json").read_text())["status"] != "finished":
            striate.train(resume=run, reporter=Reporter())
        return
    shutil.rmtree(run, ignore_errors=True)  # killed before its record was written: it begins anew
    striate.train(**KINDS[kind](), out=run, reporter=Reporter())


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


def dying_at(number: int, after: bool, work: Callable[[], None]) -> None:
    """Does the work and dies at the n-th durable write."""
    count = 0

    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            if count == number and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = real(*given, **named)
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call

    os.fsync, os.replace = guarded(os.fsync), guarded(os.replace)
    work()


def state(run: Path) -> tuple[bytes, list[dict[str, Any]]]:
    """Weights, and the history without times."""
    lines = (run / "history.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
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
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)  # threads do not survive a fork
    wrong = 0
    for kind in options.kinds:
        with tempfile.TemporaryDirectory() as root:
            wrong += trials(kind, Path(root), options.moments, random.Random(options.seed))
    return int(wrong > 0)


def trials(kind: str, root: Path, moments: int, draw: random.Random) -> int:
    """All trials of a kind; how many ended otherwise."""
    striate.train(
        **KINDS[kind](), out=root / "first", reporter=Reporter(), num_threads=1
    )  # loads what is loaded late
    began = time.perf_counter()
    assert finished(kind, root / "whole")
    length, expected = time.perf_counter() - began, state(root / "whole")
    equal = 0
    for number in range(moments):
        run = root / f"moment {number}"
        in_child(lambda run=run: train(kind, run), draw.uniform(0, length))  # type: ignore[misc]
        equal += finished(kind, run) and state(run) == expected
        shutil.rmtree(run)
    print(
        f"{kind}: {equal} of {moments} killed at random moments of {length:.1f} s ended the same", flush=True
    )
    at_writes, number = [], 0
    while True:
        number += 1
        before = [_at_write(kind, root / "write", number, after, expected) for after in (False, True)]
        if None in before:
            break
        at_writes += before
    print(
        f"{kind}: {sum(map(bool, at_writes))} of {len(at_writes)} killed at a write ended the same",
        flush=True,
    )
    return moments - equal + sum(not one for one in at_writes)


def _at_write(kind: str, run: Path, number: int, after: bool, expected: object) -> bool | None:
    """Whether it ended the same; None where there are not so many writes."""
    died = in_child(lambda: dying_at(number, after, lambda: train(kind, run)))
    if died == 0:
        return None
    same = finished(kind, run) and state(run) == expected
    shutil.rmtree(run)
    return same


if __name__ == "__main__":
    raise SystemExit(main())
