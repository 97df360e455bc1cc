"""Images per second of a ResNet-18 training step at 112², batch 32: our loop's step against the plain one.

    python benchmarks/training_step.py [--repeat 5]

The plain side is PyTorch's defaults (fp32, contiguous), SGD with momentum. Both in one process, in turn. Ours
is what a long `striate train` runs: the number format that its check chooses, the convolution algorithms
that are fastest here, channels last, freed memory kept.
"""

import argparse
import math
import time
from statistics import median

import torch
import torch.nn.functional as F
from torch import nn

from striate.algorithms import Table, using_algorithms
from striate.evaluating.scoring import autocast
from striate.machine import keep_memory
from striate.models import build
from striate.training.algorithm_choice import algorithms_for
from striate.training.number_format import choose
from striate.training.optimisation import make_optimizer
from striate.training.recipe import Recipe


def seconds(step, repeat: int) -> float:  # type: ignore[no-untyped-def]
    start = time.perf_counter()
    for _ in range(repeat):
        step()
    return (time.perf_counter() - start) / repeat


def plain_side(images, labels):  # type: ignore[no-untyped-def]
    network = build("resnet18", classes=1000, size=112)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(network(images), labels).backward()
        optimizer.step()

    return step


def our_side(images, labels):  # type: ignore[no-untyped-def]
    device = torch.device("cpu")
    network = build("resnet18", classes=1000, size=112).to(memory_format=torch.channels_last)
    images = images.contiguous(memory_format=torch.channels_last)

    def loss(copy: nn.Module) -> torch.Tensor:
        return F.cross_entropy(copy(images).float(), labels)

    def tables(number_format: str, seconds: float) -> Table:
        return algorithms_for(network, [tuple(images.shape)], number_format, device, steps=math.inf)

    choice = choose(network, loss, device, tables=tables)
    print(f"ours computes in {choice.name}: {choice.reason}")
    optimizer = make_optimizer(network, Recipe(optimizer="sgd", learning_rate=0.01))

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        with autocast(device, choice.name), using_algorithms(network, choice.table):
            value = loss(network)
        value.backward()
        optimizer.step()

    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--batch", type=int, default=32)
    asked = parser.parse_args()
    images, labels = torch.randn(asked.batch, 3, 112, 112), torch.randint(0, 1000, (asked.batch,))
    plain = plain_side(images, labels)
    plain_times = [seconds(plain, 2) for _ in range(asked.repeat + 1)][1:]  # before freed memory is kept
    keep_memory()
    ours = our_side(images, labels)
    pairs = [(seconds(plain, 2), seconds(ours, 2)) for _ in range(asked.repeat + 1)][1:]
    for name, times in (
        ("plain fp32 NCHW loop", plain_times),
        ("plain, freed memory kept", [one for one, _ in pairs]),
        ("striate's step", [other for _, other in pairs]),
    ):
        print(f"{name:26} {asked.batch / median(times):7.1f} images/s  ({1e3 * median(times):.0f} ms a step)")
    print(f"ratio {median(plain_times) / median(other for _, other in pairs):.2f}")


if __name__ == "__main__":
    main()
