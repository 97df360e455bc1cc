"""Are all numbers of `explain` right? Random networks of every kind of layer, against autograd.

    python benchmarks/explained_layers.py [LAYERS] [--seed N]

Each layer of each network is asked for one number of its output, the gradient at its whole input, one number
of that gradient as a sum over the outputs that it fed, and the gradient of one number of every parameter as a
sum of terms. A number that differs from what torch computed by more than rounding is wrong; a layer that is
refused, or a difference that is only rounding after all, is a false refusal. Networks whose layers work in
place on what torch's own way back needs have no gradient; they are counted and left out.
"""

import argparse
import sys
import warnings
from collections import Counter
from pathlib import Path
from random import Random

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "explaining"))
from random_networks import check_layer, layers_of, random_network, recorded_run

from striate.errors import StriateError


def main() -> None:
    """Counts and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("layers", nargs="?", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    kinds: Counter[str] = Counter()
    failed: list[str] = []
    networks, untrainable, seed = 0, 0, wanted.seed
    while kinds.total() < wanted.layers:
        random, seed = Random(seed), seed + 1
        network, x = random_network(random)
        try:
            recorded = recorded_run(network, x)
        except StriateError:
            untrainable += 1
            continue
        networks += 1
        for one in layers_of(recorded):
            kinds[type(one.layer).__name__] += 1
            try:
                check_layer(recorded, one, random)
            except (StriateError, AssertionError) as problem:
                failed.append(f"network {seed - 1}, {one.name} ({one.layer}): {problem}")
    found = f"{kinds.total():,} layers of {len(kinds)} classes in {networks:,} networks"
    print(f"{found} ({untrainable} without a gradient)")
    print(f"{len(failed)} wrong or refused", *failed, sep="\n")


if __name__ == "__main__":
    main()
