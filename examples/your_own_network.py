"""Your own network in train and compare: a function that builds it is a backbone like any other.

    python examples/your_own_network.py [DATA] [CLIPS] [--epochs 3]

A builder is a function of `classes` and `channels`; what else it takes are options. The run holds its name
and the checksum of this file, and opens where the file is as it was. On the command line it is
`--backbone examples/your_own_network.py:mine`.
"""

import argparse

from torch import nn

import striate


def mine(*, classes: int, channels: int = 3, width: int = 16) -> nn.Module:
    """Three convolutions, no padding lost, one number per map at the end."""
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, padding=1),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Conv2d(width, 2 * width, 3, stride=2, padding=1),
        nn.BatchNorm2d(2 * width),
        nn.ReLU(),
        nn.Conv2d(2 * width, 2 * width, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(2 * width, classes),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains a network of one's own.")
    parser.add_argument("data", nargs="?", default="digits")
    parser.add_argument("clips", nargs="?", default="motion-digits")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--out", default="runs/mine")
    options = parser.parse_args()
    network = {"backbone": mine, "options": {"width": 24}, "epochs": options.epochs, "batch_size": 32}
    run = striate.train(options.data, out=f"{options.out}/images", **network)
    print(f"images: {run.test.top1:.1%} right")
    compared = striate.compare(options.clips, ("2d", "tsm"), seeds=1, out=f"{options.out}/ways", **network)
    for row in compared.to_json()["rows"]:
        print(f"clips, {row['label']}: {row['top1']['mean']:.1%} right")


if __name__ == "__main__":
    main()
