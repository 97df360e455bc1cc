"""Every way through time on moving digits: accuracy, seconds and clips per second, through the real `train`.

    python benchmarks/motion_digits.py [--seeds 3] [--ways 2d tsm …] [--data motion-digits] [more for train …]

Each training is a process of its own, one after the other, seed by seed so that a machine that slows down
slows all ways. `seconds` are those of training and scoring, as `train` tells them; `whole` is the process
from its start to its end: importing, drawing the clips (and their flow, for two-stream) and choosing the
number format included. `pair` is the share of test clips given the right pair of classes (left or right, …):
a network that is blind to the order of frames gets half of those right, and no more.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from statistics import mean

WAYS = ("2d", "tsm", "3d", "2plus1d", "rnn", "lstm", "gru", "two-stream")
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"


def trained(data: str, way: str, seed: int, more: list[str]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        words = ["train", data, "--time", way, "--seed", str(seed), "--out", f"{folder}/run", "--json", *more]
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-m", "striate", *words], capture_output=True, text=True)
        whole = time.perf_counter() - start
    if done.returncode:
        sys.exit(done.stderr)
    run = json.loads(done.stdout)
    return {
        "top1": run["test"]["top1"],
        "pair": pair_accuracy(run["test"]["confusion"]),
        "seconds": run["seconds"],
        "whole": whole,
        "clips/s": run["clips_per_second"],
        "epochs": run["epochs"],
        "parameters": run["parameters"],
    }


def pair_accuracy(confusion: list[list[int]]) -> float:
    """Partners are neighbours: classes 0 and 1, 2 and 3, …"""
    cells = [(row, column, n) for row, line in enumerate(confusion) for column, n in enumerate(line)]
    return sum(n for row, column, n in cells if row // 2 == column // 2) / sum(n for _, _, n in cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--ways", nargs="*", default=WAYS)
    parser.add_argument("--data", default="motion-digits")
    asked, more = parser.parse_known_args()
    rows: dict[str, list[dict[str, float]]] = {way: [] for way in asked.ways}
    for seed in range(asked.seeds):
        for way in asked.ways:
            rows[way].append(trained(asked.data, way, seed, more))
            print(f"seed {seed} {way}: {json.dumps(rows[way][-1])}", file=sys.stderr, flush=True)
    names = ("lowest", "highest", "pair", "seconds", "most", "whole", "clips/s", "epochs", "parameters")
    print(f"{'way':11} {'top1':>8}", *(f"{name:>8}" for name in names))
    for way, runs in rows.items():
        show(way, runs)


def show(way: str, runs: list[dict[str, float]]) -> None:
    top1, seconds = ([run[name] for run in runs] for name in ("top1", "seconds"))
    pair, whole, rate = (mean(run[name] for run in runs) for name in ("pair", "whole", "clips/s"))
    print(
        f"{way:11} {mean(top1):8.2%} {min(top1):8.2%} {max(top1):8.2%} {pair:8.2%} {mean(seconds):8.1f} "
        f"{max(seconds):8.1f} {whole:8.1f} {rate:8.0f} {runs[0]['epochs']:8} {runs[0]['parameters']:10,}",
        flush=True,
    )


if __name__ == "__main__":
    main()
