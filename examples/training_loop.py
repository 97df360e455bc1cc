"""A plain training loop by hand, on `striate.open_data` and `striate.build`.

    python examples/training_loop.py [DATA] [--epochs 5]

What `striate train` does beyond this: a moving average of the weights, augmentation, mixed precision that is
checked first, exact resume, several processes, and a record of it all.
"""

import argparse

import torch
from torch import Tensor, nn

import striate
from striate.data import ImageSet

BATCH = 32


def prepared(images: Tensor) -> Tensor:
    """uint8 (N, C, H, W) in [0, 255] → float32 about 0."""
    return images.float() / 127.5 - 1


@torch.no_grad()
def accuracy(network: nn.Module, split: ImageSet) -> float:
    """The share of a split whose largest score is the right one's."""
    network.eval()
    right = 0
    for images, labels, _ in split.batches(torch.arange(len(split)).split(256)):
        right += int((network(prepared(images)).argmax(1) == labels).sum())
    return right / len(split)


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains `plain` with a loop of a few lines.")
    parser.add_argument("data", nargs="?", default="digits")
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    torch.manual_seed(0)

    data = striate.open_data(options.data)
    train, test = data.splits["train"], data.splits["test"]
    network = striate.build("plain", classes=len(data.classes), channels=data.channels, size=data.size)
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3)
    for epoch in range(1, options.epochs + 1):
        network.train()
        for images, labels, _ in train.batches(torch.randperm(len(train)).split(BATCH)):
            loss = nn.functional.cross_entropy(network(prepared(images)), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: {accuracy(network, test):.2%} of {len(test)} test images")


if __name__ == "__main__":
    main()
