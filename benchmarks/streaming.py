"""A step against running the window again: medians in one run, one thread, frames of 112×112, windows of 8.

python benchmarks/streaming.py                 the table
python benchmarks/streaming.py --memory        100,000 frames through one step, and the memory on the way
python benchmarks/streaming.py --equal         every way × backbone: step and causal clip, greatest difference
"""

import argparse
import resource
from collections.abc import Callable
from statistics import median
from time import perf_counter

import torch
from torch import nn

from striate import step_of
from striate.models import CATALOGUE, build

WINDOW, SIDE = 8, 112
ROWS = (
    ("resnet18", "tsm"),
    ("mobilenet_v2", "tsm"),
    ("resnet18", "3d"),
    ("resnet18", "2plus1d"),
    ("mobilenet_v2", "3d"),
    ("resnet18", "gru"),
)
WAYS = ("2d", "tsm", "3d", "2plus1d", "rnn", "lstm", "gru")


def milliseconds(run: Callable[[], object], times: int) -> float:
    """The median, after two runs that are not counted."""
    taken = []
    for number in range(times + 2):
        started = perf_counter()
        run()
        taken += [perf_counter() - started] if number > 1 else []
    return 1000 * median(taken)


def causal(backbone: str, way: str, size: int = SIDE) -> nn.Module:
    """Norms with statistics, as after a training."""
    torch.manual_seed(0)
    network = build(backbone, classes=10, channels=3, size=size, time=way, frames=WINDOW, causal=True)
    for norm in network.modules():
        if isinstance(norm, nn.modules.batchnorm._BatchNorm):
            norm.running_mean.normal_(0, 0.1)
            norm.running_var.uniform_(0.5, 1.5)
    return network.eval()


def costs() -> None:
    """The table."""
    print(f"{'network':22}{'window, ms':>12}{'step, ms':>10}{'ratio':>8}{'state, kB':>11}")
    for backbone, way in ROWS:
        network = causal(backbone, way)
        step = step_of(network, size=SIDE)
        clip = torch.randn(1, 3, WINDOW, SIDE, SIDE)
        frame, state = clip[:, :, :1].contiguous(), [step.initial()]

        def one() -> None:
            _, state[0] = step(frame, state[0])  # noqa: B023 - run at once

        def again() -> None:
            with torch.inference_mode():
                network(clip)  # noqa: B023

        window, single = milliseconds(again, 15), milliseconds(one, 61)
        name = f"{backbone} {way}"
        print(
            f"{name:22}{window:12.1f}{single:10.2f}{window / single:8.1f}{step.state_bytes / 1000:11.1f}",
            flush=True,
        )


def memory(frames: int = 100_000) -> None:
    """Memory after each tenth of the frames."""
    step = step_of(causal("plain", "tsm", 32), size=32)
    state, frame = step.initial(), torch.randn(1, 3, 1, 32, 32)
    for number in range(1, frames + 1):
        _, state = step(frame, state)
        if number % (frames // 10) == 0:
            used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
            print(f"{number:9,} frames  {used:8.1f} MB at most", flush=True)


def equal() -> None:
    """Step by step and in chunks against the causal clip's own scores, relative to the greatest."""
    worst = 0.0
    for backbone in CATALOGUE:
        size = 64 if backbone in ("alexnet", "squeezenet1_1") else 32
        for way in WAYS:
            network = causal(backbone, way, size)
            step = step_of(network, size=size, readout="since-start")
            clip = torch.randn(1, 3, 5, size, size)
            first, state = step(clip[:, :, :1], step.initial())
            second, state = step(clip[:, :, 1:4], state)
            last, _ = step(clip[:, :, 4:], state)
            with torch.no_grad():
                wanted = network.running_scores(clip)
            error = float((torch.cat([first, second, last], dim=1) - wanted).abs().max() / wanted.abs().max())
            worst = max(worst, error)
            print(f"{backbone:18}{way:10}{error:10.1e}", flush=True)
    print(f"greatest {worst:.1e}")


def main() -> None:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--equal", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    (memory if asked.memory else equal if asked.equal else costs)()


if __name__ == "__main__":
    main()
