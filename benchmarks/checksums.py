"""What the checksums of a run cost: seconds of an epoch of training, and of the seals and checks in it.

    python benchmarks/checksums.py [--backbone resnet18] [--size 64] [--images 2000]

An epoch writes one checkpoint and one file of weights; both are sealed. Sealing takes as long as hashing
what was written: it is measured on those very files, beside the time that the training of the epoch took.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import striate
from striate.runs import intact
from striate.training.progress import Reporter


def photographs(folder: Path, images: int, size: int) -> None:
    """Noise in two classes."""
    random = np.random.default_rng(0)
    for name in ("one", "two"):
        (folder / name).mkdir(parents=True)
        for number in range(images // 2):
            pixels = random.integers(0, 256, (size, size, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")


def hashing(path: Path) -> float:
    """Seconds to seal a file of this size, and to check it once; the median of five."""
    took = []
    for _ in range(5):
        start = time.perf_counter()
        with path.open("rb") as file:
            assert intact(file)
        took.append(time.perf_counter() - start)
    return sorted(took)[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--images", type=int, default=2000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photographs(folder / "data", asked.images, asked.size)
        run = striate.train(
            folder / "data",
            out=folder / "run",
            backbone=asked.backbone,
            size=asked.size,
            epochs=1,
            reporter=Reporter(),
        )
        files = [folder / "run" / name for name in ("checkpoint.pt", "model.safetensors")]
        sums = sum(map(hashing, files))
        print(f"{asked.backbone}, {asked.images} images of {asked.size}², {torch.get_num_threads()} threads")
        print(f"epoch {run.seconds:.2f} s, checksums {sums:.3f} s: {sums / run.seconds:.2%}")


if __name__ == "__main__":
    main()
