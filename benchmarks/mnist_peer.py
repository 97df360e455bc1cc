"""The peer: MNIST as the usual PyTorch script trains it.

Two convolutions of 32 and 64 filters without padding, dropout, Adadelta at 1.0 falling by 0.7 an epoch, batch
64, each image transformed on its own by a DataLoader (to a tensor in [0, 1], then normalised), fp32, scored
after each epoch; stops at the first epoch that reaches the accuracy asked for. Written from that description.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 3), nn.Conv2d(32, 64, 3)
        self.dropout1, self.dropout2 = nn.Dropout(0.25), nn.Dropout(0.5)
        self.fc1, self.fc2 = nn.Linear(9216, 128), nn.Linear(128, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        x = self.dropout1(F.max_pool2d(x, 2)).flatten(1)
        x = self.dropout2(F.relu(self.fc1(x)))
        return F.log_softmax(self.fc2(x), dim=1)


class Digits(Dataset):
    """One image at a time: through Pillow, to a float tensor, normalised."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self.images = np.fromfile(folder / f"{prefix}-images-idx3-ubyte", np.uint8)[16:].reshape(-1, 28, 28)
        self.labels = np.fromfile(folder / f"{prefix}-labels-idx1-ubyte", np.uint8)[8:].astype(np.int64)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = Image.fromarray(self.images[index])
        values = torch.from_numpy(np.array(image)).view(28, 28, 1).permute(2, 0, 1).contiguous()
        return (values.float().div(255) - 0.1307) / 0.3081, int(self.labels[index])


def evaluate(network: nn.Module, loader: DataLoader) -> float:
    network.eval()
    with torch.no_grad():
        right = sum(int((network(x).argmax(1) == y).sum()) for x, y in loader)
    return right / len(loader.dataset)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--accuracy", type=float, default=0.99)
    parser.add_argument("--most-epochs", type=int, default=8)
    asked = parser.parse_args()
    start = time.perf_counter()
    torch.manual_seed(asked.seed)
    train = DataLoader(Digits(asked.folder, "train"), batch_size=64, shuffle=True)
    test = DataLoader(Digits(asked.folder, "t10k"), batch_size=1000)
    network = Network()
    optimizer = torch.optim.Adadelta(network.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
    epochs = []
    while len(epochs) < asked.most_epochs and (not epochs or epochs[-1] < asked.accuracy):
        network.train()
        for images, labels in train:
            optimizer.zero_grad()
            F.nll_loss(network(images), labels).backward()
            optimizer.step()
        schedule.step()
        epochs.append(evaluate(network, test))
    print(json.dumps({"seconds": time.perf_counter() - start, "top1": epochs[-1], "epochs": len(epochs)}))


if __name__ == "__main__":
    main()
