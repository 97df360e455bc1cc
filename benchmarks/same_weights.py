"""The same command several times beside other work: are the weights the same, bit for bit?

    python benchmarks/same_weights.py [--runs 6] [--load 8] [--data digits] [--epochs 6]

Busy processes take the processor away all the time. The command runs `--runs` times, two at once, in a cache
that is empty at first, so that the algorithms of convolutions are measured under load too. Printed: how many
different sets of weights came out, and what each run took for its number format and algorithms.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

BUSY = "x = 0\nwhile True: x += 1"


@contextmanager
def load(processes: int) -> Iterator[None]:
    """So many processes that compute and do nothing else."""
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def train(words: list[str], out: Path, cache: Path) -> tuple[str, str]:
    """The checksum of the weights, and how they were computed."""
    command = [sys.executable, "-m", "striate", "train", *words, "--out", str(out)]
    environment = os.environ | {"XDG_CACHE_HOME": str(cache)}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    record = json.loads((out / "run.json").read_text())
    weights = hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest()[:16]
    algorithms = hashlib.sha256(json.dumps(record["algorithms"]).encode()).hexdigest()[:8]
    return weights, f"{record['number_format']['name']}, {len(record['algorithms'])} algorithms {algorithms}"


def main() -> None:
    """Trains and compares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=6)
    parser.add_argument("--load", type=int, default=8)
    parser.add_argument("--data", default="digits")
    parser.add_argument("--epochs", type=int, default=6)
    chosen = parser.parse_args()
    words = [chosen.data, "--epochs", str(chosen.epochs), "--num-threads", "2"]
    with tempfile.TemporaryDirectory() as folder, load(chosen.load), ThreadPoolExecutor(2) as pool:
        outs = [Path(folder) / f"run{number}" for number in range(chosen.runs)]
        found = list(pool.map(lambda out: train(words, out, Path(folder) / "cache"), outs))
    for number, (weights, how) in enumerate(found, start=1):
        print(f"run {number}: weights {weights}, {how}")
    different = len({weights for weights, _ in found})
    print(f"striate train {' '.join(words)}, beside {chosen.load} busy processes: ", end="")
    print(f"{different} set{'s' * (different > 1)} of weights in {chosen.runs} runs")
    sys.exit(different > 1)


if __name__ == "__main__":
    main()
