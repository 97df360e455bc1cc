"""How long does it take to know a network? Ours against the tools that people use for it.

    OMP_NUM_THREADS=1 python benchmarks/inspect_speed.py

Time of one inspection, warm, median and range of rounds that alternate between the tools:

- striate: `inspect` with the whole table: shapes, formulas, receptive fields of all layers, costs, peak
memory.
- torchlens: `trace` and its table of receptive fields, what it is used for here.
- torchinfo: `summary` with MACs; it has no receptive fields.
- fvcore: `FlopCountAnalysis.total()`; one number.

Peers are measured if they can be imported; they are no dependency: pip install torchinfo fvcore torchlens.
What has to be run on numbers (all peers) gets a real input; weights are the same.
"""

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec

import torch
from torch import nn

from striate.inspecting import inspect
from striate.models import build

Tool = Callable[[nn.Module, torch.Tensor], object]


def ours(network: nn.Module, x: torch.Tensor) -> object:
    """The whole table."""
    return inspect(network, tuple(x.shape[1:]))


def with_torchlens(network: nn.Module, x: torch.Tensor) -> object:
    """A trace and its receptive fields."""
    import torchlens

    return torchlens.trace(network, x).receptive_fields()


def with_torchinfo(network: nn.Module, x: torch.Tensor) -> object:
    """A summary with MACs."""
    from torchinfo import summary

    return summary(network, input_data=x, verbose=0).total_mult_adds


def with_fvcore(network: nn.Module, x: torch.Tensor) -> object:
    """The number of MACs, which it calls flops."""
    from fvcore.nn import FlopCountAnalysis

    return (
        FlopCountAnalysis(network, x).unsupported_ops_warnings(False).uncalled_modules_warnings(False).total()
    )


PEERS: dict[str, Tool] = {"torchlens": with_torchlens, "torchinfo": with_torchinfo, "fvcore": with_fvcore}


class Block(nn.Module):
    """A residual block of (2+1)D convolutions, as in R(2+1)D-18."""

    def __init__(self, channels: int, out: int, stride: int) -> None:
        super().__init__()
        mid = 27 * channels * out // (9 * channels + 3 * out)
        self.first = halves(channels, mid, out, stride)
        self.second = halves(out, mid, out, 1)
        plain = channels == out and stride == 1
        self.shortcut = nn.Identity() if plain else nn.Conv3d(channels, out, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Two convolutions and what they are added to."""
        return torch.relu(self.second(torch.relu(self.first(x))) + self.shortcut(x))


def halves(channels: int, mid: int, out: int, stride: int) -> nn.Sequential:
    """Space, then time."""
    return nn.Sequential(
        nn.Conv3d(channels, mid, (1, 3, 3), (1, stride, stride), (0, 1, 1), bias=False),
        nn.BatchNorm3d(mid),
        nn.ReLU(),
        nn.Conv3d(mid, out, (3, 1, 1), (stride, 1, 1), (1, 0, 0), bias=False),
        nn.BatchNorm3d(out),
    )


def r2plus1d_18() -> nn.Module:
    """R(2+1)D-18."""
    stem = nn.Sequential(
        nn.Conv3d(3, 45, (1, 7, 7), (1, 2, 2), (0, 3, 3)),
        nn.ReLU(),
        nn.Conv3d(45, 64, (3, 1, 1), padding=(1, 0, 0)),
    )
    stages = [
        block
        for channels, out, stride in ((64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2))
        for block in (Block(channels, out, stride), Block(out, out, 1))
    ]
    return nn.Sequential(stem, *stages, nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(512, 400))


def chain() -> nn.Module:
    """1,500 modules in a row."""
    parts = [m for _ in range(500) for m in (nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())]
    return nn.Sequential(*parts)


NETWORKS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...], float]] = {
    "resnet18 3×224×224": (lambda: build("resnet18", classes=1000), (3, 224, 224), 0.15),
    "resnet50 3×224×224": (lambda: build("resnet50", classes=1000), (3, 224, 224), 0.0),
    "R(2+1)D-18 3×16×112×112": (r2plus1d_18, (3, 16, 112, 112), 0.3),
    "1,500 modules 8×16×16": (chain, (8, 16, 16), 1.0),
}


def measured(
    tools: dict[str, Tool], network: nn.Module, x: torch.Tensor, rounds: int
) -> dict[str, list[float]]:
    """Seconds per round, tools in turn."""
    times: dict[str, list[float]] = {name: [] for name in tools}
    for number in range(rounds + 1):
        for name, tool in tools.items():
            started = time.perf_counter()
            with torch.no_grad():
                tool(network, x)
            if number:
                times[name].append(time.perf_counter() - started)
    return times


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    warnings.simplefilter("ignore")
    peers = {name: tool for name, tool in PEERS.items() if find_spec(name)}
    present = ", ".join(peers) or "none"
    print(
        f"torch {torch.__version__}, {torch.get_num_threads()} thread(s), {rounds} rounds; peers: {present}"
    )
    print(f"{'network':26} {'tool':10} {'median s':>9} {'range':>17}  times ours")
    for label, (make, shape, goal) in NETWORKS.items():
        network = make().eval()
        x = torch.rand(1, *shape)
        times = measured({"striate": ours, **peers}, network, x, rounds)
        base = statistics.median(times["striate"])
        for name, seconds in times.items():
            middle = statistics.median(seconds)
            spread = f"{min(seconds):.3f} … {max(seconds):.3f}"
            said = f"  (to reach: {goal} s)" if goal and name == "striate" else ""
            print(f"{label:26} {name:10} {middle:9.3f} {spread:>17}  {middle / base:6.1f}{said}")
        print()


if __name__ == "__main__":
    main()
