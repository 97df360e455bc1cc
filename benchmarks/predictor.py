"""What asking a predictor costs beside the bare network, for one picture at a time.

    python benchmarks/predictor.py [--backbone resnet18] [--size 112] [--calls 60]

A network with fresh weights is asked in turns: bare, on an input that is ready; through a predictor with
pixels of its own size, with pixels of 640×480, and with a JPEG file of 640×480. Medians, in milliseconds of
processor time, and ratios to the bare network. Both compute convolutions by PyTorch's own call.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image

import striate
from striate.evaluating.preprocessing import Preprocess
from striate.evaluating.scoring import Normalisation


def in_turns(calls: dict[str, Callable[[], object]], count: int) -> dict[str, float]:
    """Median processor seconds of each call, all of them once in every turn."""
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(count):
        for name, call in calls.items():
            began = time.process_time()
            call()
            spent[name].append(time.process_time() - began)
    return {name: median(times[count // 5 :]) for name, times in spent.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--size", type=int, default=112)
    parser.add_argument("--calls", type=int, default=60)
    asked = parser.parse_args()
    network = striate.build(asked.backbone, classes=10, size=asked.size).eval()
    how = Preprocess(3, (asked.size, asked.size), Normalisation((120.0,) * 3, (60.0,) * 3))
    ask = striate.open_predictor(network, preprocess=how)
    smooth = Image.fromarray(np.random.default_rng(0).integers(0, 256, (15, 20, 3), np.uint8))
    photograph = smooth.resize((640, 480))
    small, large = np.asarray(photograph.resize((asked.size,) * 2)), np.asarray(photograph)
    ready = how(small)
    with TemporaryDirectory() as folder, torch.inference_mode():
        file = Path(folder) / "photograph.jpg"
        photograph.save(file, quality=90)
        calls: dict[str, Callable[[], object]] = {
            "the bare network": lambda: network(ready),
            "predictor, pixels of its size": lambda: ask(small),
            "predictor, pixels of 640×480": lambda: ask(large),
            "predictor, JPEG file of 640×480": lambda: ask(file),
        }
        found = in_turns(calls, asked.calls)
    bare = found["the bare network"]
    print(f"{asked.backbone} at {asked.size}×{asked.size}, {torch.get_num_threads()} thread(s)")
    for name, seconds in found.items():
        print(f"{name:33} {1000 * seconds:7.2f} ms {seconds / bare:6.2f} ×")


if __name__ == "__main__":
    main()
