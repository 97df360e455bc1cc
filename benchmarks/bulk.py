"""Predicting many files: one process, two processes with a part each, and Ray, in one run.

    python benchmarks/bulk.py [--images 2000] [--rounds 3] [--kill]

Draws JPEG pictures, trains a resnet18 on some for an epoch, and predicts all, each way from the command line,
whole processes. Ray (`pip install 'striate[ray]'`) starts on this machine; it is left out where it is not
installed. Memory is the most that all processes of a way hold at one moment, shared pages counted in each.
With --kill a process of each way is killed in the middle, and what is missing in the end is counted: the
parts are started again, Ray goes on by itself.
"""

import argparse
import json
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import psutil
from PIL import Image

STRIATE = (sys.executable, "-m", "striate")


def draw(folder: Path, count: int) -> None:
    """Pictures of two classes, 320 × 240, each with noise of its own."""
    random = np.random.default_rng(0)
    for number in range(count):
        small = random.integers(0, 255, (15, 20, 3), np.uint8)
        small[:, :, number % 2] //= 3
        path = folder / "ab"[number % 2] / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(small).resize((320, 240)).save(path, quality=90)


def words(run: Path, pictures: Path, out: Path, *more: str) -> list[str]:
    return [*STRIATE, "predict", str(run), str(pictures), "--out", str(out), "--json", *more]


def memory(processes: list[psutil.Process]) -> int:
    """Bytes that these and their children hold."""
    held = 0
    for one in processes:
        try:
            every = [one, *one.children(recursive=True)]
            held += sum(child.memory_info().rss for child in every)
        except psutil.NoSuchProcess:
            continue
    return held


def watched(commands: list[list[str]], kill: bool) -> tuple[float, int]:
    """Seconds until all have ended, and the most bytes that they held. kill: one of them, or a worker."""
    start, most, killed = time.perf_counter(), 0, False
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
    watchers = [psutil.Process(one.pid) for one in running]
    while any(one.poll() is None for one in running):
        most = max(most, memory(watchers))
        if kill and not killed:
            killed = kill_one(watchers[0], time.perf_counter() - start)
        time.sleep(0.1)
    return time.perf_counter() - start, most


def kill_one(process: psutil.Process, seconds: float) -> bool:
    """Kills an actor of Ray that looks at pictures, or after a while the process where there is none."""
    actors = [one for one in process.children(recursive=True) if "Looker" in " ".join(one.cmdline())]
    if actors and seconds > 10:
        actors[0].kill()
        return True
    if not find_in(process, "raylet") and seconds > 6:
        process.kill()
        return True
    return False


def find_in(process: psutil.Process, name: str) -> bool:
    return any(name in one.name() for one in process.children(recursive=True))


def told(out: Path) -> int:
    """Lines, each of another file."""
    lines = [line for file in out.glob("part-*.jsonl") for line in file.read_text().splitlines()]
    files = [json.loads(line)["file"] for line in lines]
    assert len(files) == len(set(files))
    return len(files)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kill", action="store_true")
    asked = parser.parse_args()
    ways = {"one process": [("--part", "1/1")], "two processes": [("--part", "1/2"), ("--part", "2/2")]}
    if find_spec("ray"):
        ways["Ray"] = [("--engine", "ray")]
    with TemporaryDirectory() as folder:
        root = Path(folder)
        draw(root / "some", 64)
        draw(root / "all", asked.images)
        train = "--backbone resnet18 --from-scratch --size 112 --epochs 1 --batch-size 16 --num-threads 1"
        subprocess.run(
            [*STRIATE, "train", str(root / "some"), *train.split(), "--out", str(root / "run")],
            check=True,
            capture_output=True,
        )
        for name, parts in ways.items():
            rows = []
            for number in range(asked.rounds):
                out = root / f"{name} {number}"
                commands = [words(root / "run", root / "all", out, *part) for part in parts]
                rows.append(watched(commands, asked.kill))
                first = told(out)
                if first < asked.images:
                    watched(commands, kill=False)
                print(f"{name}: {first} lines, in the end {told(out)} of {asked.images}", flush=True)
            seconds = median(row[0] for row in rows)
            held = median(row[1] for row in rows)
            print(
                f"{name:14} {seconds:6.1f} s  {asked.images / seconds:6.1f} files/s  {held / 2**20:6.0f} MiB",
                flush=True,
            )


if __name__ == "__main__":
    main()
