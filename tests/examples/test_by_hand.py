"""`examples/by_hand.py` trains on real digits to 98 %, without torch, and reads MNIST's files."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "by_hand.py"


WITHOUT_TORCH = (
    "import runpy, sys; _, example, *runs = sys.argv\n"
    "for words in runs:\n"
    "    sys.argv = [example, *words.split('|')] if words else [example]\n"
    "    runpy.run_path(example, run_name='__main__')\n"
    "assert 'torch' not in sys.modules"
)


def run(*runs: str) -> list[str]:
    """The lines that the example prints, run after run with these arguments; it never imports torch."""
    command = [sys.executable, "-W", "error", "-c", WITHOUT_TORCH, str(EXAMPLE), *runs]
    one_thread = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=one_thread)
    return done.stdout.splitlines()


def share_right(line: str) -> float:
    """The percentage in the line of an epoch."""
    found = re.search(r"([\d.]+)% of (\d+) test images", line)
    assert found
    return float(found[1])


@pytest.fixture(scope="module")
def printed() -> list[str]:
    """Of a run as it is, and of two short ones."""
    return run("", "--epochs|1", "--epochs|1")


def test_at_least_98_of_100_digits_are_right(printed):
    assert len(printed) == 20 + 2
    assert share_right(printed[19]) >= 98


def test_the_same_seed_prints_the_same_figures(printed):
    first, second = (re.sub(r", [\d.]+ s$", "", line) for line in printed[20:])
    assert first == second


def test_mnist_files_are_read(tmp_path):
    random = np.random.default_rng(0)
    for part, count in (("train", 70), ("t10k", 30)):
        labels = random.integers(0, 2, count, dtype=np.uint8)
        images = np.zeros((count, 28, 28), np.uint8)
        images[labels == 1, 10:18, 10:18] = 255  # a 1 is a square, a 0 is nothing
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(bytes(16) + images.tobytes())
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(bytes(8) + labels.tobytes())
    lines = run(f"--mnist|{tmp_path}|--epochs|6")
    assert share_right(lines[-1]) == 100


def test_it_stays_readable_on_a_few_screens():
    assert len(EXAMPLE.read_text().splitlines()) <= 120
