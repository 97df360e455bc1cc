"""Accuracy and wall-clock of the main job on images, side by side with the usual script, in one run.

    python benchmarks/images.py --mnist FOLDER --fashion FOLDER [--seeds 3] [--only digits mnist-fast …]

Whole processes are timed, from their start to their end, opening the data and importing included. The
order is peer, ours, peer, ours, …, so that a machine that slows down slows both. Both sides' waiting threads
sleep (OMP_WAIT_POLICY): ours do anyway, and spinning ones would make the peer look worse on a busy machine.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"

FAST = ["--recipe", "fast", "--optimizer", "muon", "--options", "widths=16,32", "hidden=128"]
"""The quickest that reaches 99 % in its one epoch."""


def ours(data: str, seed: int, *more: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        words = ["train", data, "--seed", str(seed), "--out", f"{folder}/run", "--json", *more]
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-m", "striate", *words], capture_output=True, text=True)
        seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(done.stderr)
    result = json.loads(done.stdout)
    return {"seconds": seconds, "top1": result["test"]["top1"], "epochs": result["epochs"]}


def peer(folder: str, seed: int) -> dict[str, float]:
    start = time.perf_counter()
    words = [sys.executable, str(HERE / "mnist_peer.py"), folder, "--seed", str(seed)]
    result = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    return result | {"seconds": time.perf_counter() - start}


def show(name: str, rows: list[dict[str, float]]) -> None:
    accuracy, seconds = ([row[key] for row in rows] for key in ("top1", "seconds"))
    print(
        f"{name:34} {median(accuracy):8.2%} ({min(accuracy):.2%} to {max(accuracy):.2%})"
        f" {median(seconds):8.1f} s ({min(seconds):.1f} to {max(seconds):.1f})  epochs {rows[0]['epochs']}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--mnist", default="mnist")
    parser.add_argument("--fashion", default="fashion-mnist")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=["digits", "mnist-fast", "mnist", "fashion"])
    asked = parser.parse_args()
    seeds = range(asked.seeds)
    jobs = {
        "digits": ("digits, default", "digits", ()),
        "mnist": ("MNIST, default", asked.mnist, ()),
        "fashion": ("Fashion-MNIST, default", asked.fashion, ()),
    }
    if "mnist-fast" in asked.only:
        pairs = [(peer(asked.mnist, seed), ours(asked.mnist, seed, *FAST)) for seed in seeds]
        show("MNIST to 99 %, the usual script", [one for one, _ in pairs])
        show("MNIST, small plain, fast preset", [other for _, other in pairs])
        ratios = [one["seconds"] / other["seconds"] for one, other in pairs]
        print(
            f"{'':34} the usual script takes {median(ratios):.1f} times as long "
            f"({min(ratios):.1f} to {max(ratios):.1f})"
        )
    for name in asked.only:
        if name in jobs:
            title, data, more = jobs[name]
            show(title, [ours(data, seed, *more) for seed in seeds])


if __name__ == "__main__":
    main()
