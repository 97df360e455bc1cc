"""Training steps with chosen algorithms against the same networks in PyTorch's defaults, in one run.

    python benchmarks/algorithms.py [NAME …] [--rounds 5]

Either side lives in a process of its own, so that settings of the allocator and peaks of memory are its
own; they step in turn. Plain: fp32, contiguous, SGD with momentum, as the usual scripts run it. Each line:
clips (or images) per second of both, the ratio, the multiply-adds of the step as a share of what a large
matrix product reaches in the same format, the largest difference of any convolution's output or gradients
from fp32, and the peak memory of the steps on either side.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
import torch.nn.functional as F
from torch import Tensor

from striate import build, inspect
from striate.algorithms import using_algorithms
from striate.machine import has_native_bf16, keep_memory
from striate.tuning import tune

NETWORKS = {
    "r2plus1d_18": (4, 3, 16, 112, 112),
    "r3d_18": (4, 3, 16, 112, 112),
    "x3d_s": (4, 3, 13, 160, 160),
    "tsm_resnet50": (2, 3, 8, 224, 224),
    "resnet50": (8, 3, 224, 224),
    "mobilenet_v2": (16, 3, 224, 224),
}
CLASSES = 400
CPU = torch.device("cpu")
LAST = {4: torch.channels_last, 5: torch.channels_last_3d}
Step = Callable[[], None]


def batch_of(name: str) -> tuple[Tensor, Tensor]:
    random, shape = torch.Generator().manual_seed(0), NETWORKS[name]
    return torch.randn(shape, generator=random), torch.randint(CLASSES, shape[:1], generator=random)


def plain_step(name: str) -> Step:
    network = build(name, classes=CLASSES).train()
    clips, labels = batch_of(name)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(network(clips), labels).backward()
        optimizer.step()

    return step


def our_step(name: str) -> Step:
    """With the algorithms chosen here, channels last, bf16 where it is native, a fused optimiser."""
    keep_memory()
    network = build(name, classes=CLASSES).train()
    table = tune(network, NETWORKS[name]).table
    clips, labels = batch_of(name)
    for value in (*network.parameters(), clips):
        if value.ndim in LAST:
            value.data = value.data.contiguous(memory_format=LAST[value.ndim])
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, fused=True)
    native = has_native_bf16(CPU)

    def step() -> None:
        optimizer.zero_grad()
        with using_algorithms(network, table), torch.autocast("cpu", torch.bfloat16, enabled=native):
            scores = network(clips).float()
        F.cross_entropy(scores, labels).backward()
        optimizer.step()

    return step


def seconds(step: Step) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def peak_memory_bytes() -> int:
    """The most that this process has held so far; `getrusage` would count what its parent held."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1])


def serve(name: str, side: str) -> None:
    """A side's process: a step for each line that comes in; the seconds and the memory so far go out."""
    step = plain_step(name) if side == "plain" else our_step(name)
    before = peak_memory_bytes()
    for _ in sys.stdin:
        print(seconds(step), (peak_memory_bytes() - before) / 2**20, flush=True)


class Side:
    """The other end of it."""

    def __init__(self, name: str, side: str) -> None:
        command = [sys.executable, __file__, name, "--side", side]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def step(self) -> tuple[float, float]:
        assert self.process.stdin
        assert self.process.stdout
        print(file=self.process.stdin, flush=True)
        taken, memory = self.process.stdout.readline().split()
        return float(taken), float(memory)

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def compare(name: str, rounds: int, peak: float) -> None:
    shape = NETWORKS[name]
    network = build(name, classes=CLASSES)
    tuning = tune(network, shape)  # into the store, so that neither side measures
    error = max(row.measured.best(one).error for row in tuning.rows for one in row.operations)
    sides = [Side(name, side) for side in ("plain", "ours")]
    for side in sides:
        side.step()
    steps = [[side.step() for side in sides] for _ in range(rounds)]
    for side in sides:
        side.end()
    plain, ours = ([taken[i][0] for taken in steps] for i in (0, 1))
    ratios = [one / two for one, two in zip(plain, ours, strict=True)]
    macs = 3 * inspect(network, shape[1:], batch=shape[0]).totals.macs.value
    print(
        f"{name:13} {'×'.join(map(str, shape)):15}"
        f" plain {shape[0] / median(plain):6.2f}/s, ours {shape[0] / median(ours):6.2f}/s,"
        f" ratio {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}),"
        f" {macs / median(ours) / peak:.0%} of peak, largest error {error:.1e},"
        f" {len(tuning.wrong)} wrong plain calls, memory {steps[-1][0][1]:,.0f} → {steps[-1][1][1]:,.0f} MiB",
        flush=True,
    )


def peak_macs(dtype: torch.dtype) -> float:
    """Multiply-adds a second of a large matrix product."""
    side = 4096
    matrix = torch.randn(side, side).to(dtype)
    return side**3 / min(seconds(lambda: torch.mm(matrix, matrix)) for _ in range(5))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(NETWORKS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--side", choices=["plain", "ours"], help="used by the script itself")
    asked = parser.parse_args()
    if asked.side:
        serve(asked.names[0], asked.side)
        return
    peak = peak_macs(torch.bfloat16 if has_native_bf16(CPU) else torch.float32)
    print(f"a matrix product: {peak / 1e9:.0f} GMAC/s, {peak_macs(torch.float32) / 1e9:.0f} in fp32")
    for name in asked.names:
        compare(name, asked.rounds, peak)


if __name__ == "__main__":
    main()
