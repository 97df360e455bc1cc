"""Damaged files of every kind that striate reads: is each refused in a sentence, or read, and nothing worse?

    python benchmarks/damage.py [--count 2000] [--seed 0] [--kinds image video …] [--limit 10] [--keep FOLDER]

Each kind has one whole file, made on the spot. A drawn damage (bits flipped, cut, a stretch overwritten,
taken out or put in twice; in JSON also a value exchanged for an odd one) is done to a copy, which a worker
process then opens as a user would. Counted: read, refused (a StriateError), tracebacks (any other exception),
crashes (the process died) and hangs (nothing after --limit seconds). For kinds that carry sums, one that is
read although it decodes to other numbers counts as believed.

The limit is of processor time, so that a crowded machine makes no hangs; one that waits without computing is
one after ten times as long.
"""

import argparse
import contextlib
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from damage_kinds import FINISHED, KINDS, damaged, make


@dataclass
class Worker:
    """A process that opens files, begun anew when it dies or hangs."""

    process: multiprocessing.Process = field(init=False)
    pipe: Connection = field(init=False)

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Starts the process."""
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=serve, args=(other,), daemon=True)  # type: ignore[assignment]
        self.process.start()
        other.close()
        self.pipe.recv()  # imports are done: they are no part of the limit

    def open(self, kind: str, folder: Path, limit: float) -> tuple[str, str]:
        """What came of it: read, refused, traceback, crash or hang; and the words."""
        self.pipe.send((kind, str(folder)))
        began, computed = time.monotonic(), self.computed()
        try:
            while self.computed() - computed < limit and time.monotonic() - began < 10 * limit:
                if self.pipe.poll(1):
                    answer: tuple[str, str] = self.pipe.recv()
                    return answer
        except (EOFError, ConnectionError):
            self.process.join()
            code = self.process.exitcode
            self.begin()
            return "crash", f"exit code {code}"
        self.process.kill()
        self.process.join()
        self.begin()
        return "hang", f"nothing after {limit:g} s"

    def computed(self) -> float:
        """Seconds of processor time that it has taken."""
        try:
            fields = (
                Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            )
        except OSError:  # it has just died
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def serve(pipe: Connection) -> None:
    """Opens what it is told to, until nobody asks."""
    import warnings

    from striate.errors import StriateError

    warnings.simplefilter("ignore")
    for kind in KINDS.values():
        kind.warm_up()
    pipe.send("ready")
    while True:
        try:
            name, folder = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(("read", KINDS[name].open(Path(folder)) or ""))
        except StriateError as problem:
            pipe.send(("refused", str(problem)))
        except BaseException:
            pipe.send(("traceback", traceback.format_exc()))


def main() -> int:
    """Draws, opens, counts; exit code 1 if anything went worse than refused."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--limit", type=float, default=10.0)
    parser.add_argument("--keep", type=Path, help="keeps here the files that went wrong")
    options = parser.parse_args()
    counts: dict[str, Counter[str]] = {name: Counter() for name in options.kinds}
    with tempfile.TemporaryDirectory() as root:
        whole = {name: make(name, Path(root) / "whole" / name) for name in options.kinds}
        worker = Worker()
        for name in options.kinds:
            tried = Path(root) / "tried"  # a copy: a run that is gone on with is finished afterwards
            shutil.copytree(whole[name], tried)
            answer, words = worker.open(name, tried, 60)
            if answer != "read":
                raise SystemExit(f"the whole {name} was not read: {answer}: {words}")
            if (tried / FINISHED).exists():
                shutil.copyfile(tried / FINISHED, whole[name] / FINISHED)
            shutil.rmtree(tried)
        with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C: what was counted so far
            for number in range(options.count):
                name = options.kinds[number % len(options.kinds)]
                counts[name][one(name, whole[name], number, worker, options)] += 1
    return report(counts)


def one(name: str, whole: Path, number: int, worker: Worker, options: argparse.Namespace) -> str:
    """Draws and does one damage; what came of it."""
    folder = whole.parents[1] / "damaged"
    what = damaged(name, whole, folder, random.Random(f"{options.seed} {number}"))
    answer, words = worker.open(name, folder, options.limit)
    if answer == "read" and words:
        answer = "believed"
    if answer in ("traceback", "crash", "hang", "believed"):
        print(f"{number} {name}, {what}: {answer}\n{words}", flush=True)
        if options.keep:
            shutil.copytree(folder, options.keep / f"{number}-{name}", dirs_exist_ok=True)
    shutil.rmtree(folder)
    return answer


def report(counts: dict[str, Counter[str]]) -> int:
    """A row for each kind."""
    heads = ("refused", "read", "believed", "traceback", "crash", "hang")
    print(f"{'kind':<12}" + "".join(f"{head:>11}" for head in heads))
    total: Counter[str] = Counter()
    for name, row in counts.items():
        print(f"{name:<12}" + "".join(f"{row[head]:>11}" for head in heads))
        total += row
    print(f"{'all':<12}" + "".join(f"{total[head]:>11}" for head in heads))
    return int(any(total[head] for head in heads[2:]))


if __name__ == "__main__":
    sys.exit(main())
