"""How long a click takes: one unit or one weight of an open network, without start-up.

    python benchmarks/explain_speed.py

The median of several calls of `explain` on a live network, after one call that warms up: a number of a layer,
and a weight with its chain of terms back to the loss.
In processor time, so that a busy machine changes little.
"""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import torch

from striate.explaining.explain import explain
from striate.models import build

CALLS = 7
CASES: tuple[tuple[str, int, int, str, tuple[int, ...]], ...] = (
    ("plain", 1, 28, "conv2", (3, 2, 1, 1)),
    ("resnet18", 3, 224, "layer2.0.conv2", (3, 2, 1, 1)),
    ("resnet18", 3, 224, "conv1", (3, 2, 1, 1)),
)
"""Network, channels, side of the input, layer, weight."""


def took(call: Callable[[], Any]) -> float:
    """Milliseconds, the median."""
    call()
    found = []
    for _ in range(CALLS):
        start = time.process_time()
        call()
        found.append(1e3 * (time.process_time() - start))
    return median(found)


def main() -> None:
    """Measures and prints."""
    torch.set_num_threads(1)
    print(f"{'network':20} {'layer':16} {'unit':>8} {'weight':>8}   (ms)")
    for name, channels, side, layer, weight in CASES:
        torch.manual_seed(0)
        options = {"size": side} if name == "plain" else {}
        network = build(name, classes=10, channels=channels, **options).eval()
        image = torch.randn(1, channels, side, side)
        unit = took(lambda network=network, image=image, layer=layer: explain(network, image, layer=layer))
        one = took(
            lambda network=network, image=image, layer=layer, weight=weight: explain(
                network, image, layer=layer, weight=weight, label=1
            )
        )
        print(f"{name + ' ' + str(side) + '²':20} {layer:16} {unit:8.0f} {one:8.0f}")


if __name__ == "__main__":
    main()
