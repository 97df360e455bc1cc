"""Small networks and a lab on one, and the browser that looks at it, for the tests of this room."""

import shutil
from pathlib import Path

import torch
from explaining_networks import numbers, seeded
from torch import Tensor, nn

from striate.exploring.opening import Opening


def small_network() -> nn.Module:
    """Two convolutions with all that stands around them, and a sum of two branches."""
    layers = (
        nn.Conv2d(1, 4, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(24, 3),
    )
    return seeded(nn.Sequential(*layers))


def small_lab() -> Opening:
    """Opened, as a lab opens it."""
    opening = Opening([small_network()], [numbers(1, 1, 8, 8)])
    opening.make()
    assert opening.problem is None
    return opening


class OtherKinds(nn.Module):
    """A layer of each kind that has a picture of its own, on (N, 3, 8, 8)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.norm, self.act = nn.BatchNorm2d(4), nn.GELU()
        self.mix, self.groups = nn.Conv2d(4, 6, 1), nn.GroupNorm(2, 6)
        self.up, self.pool = nn.ConvTranspose2d(6, 3, 3, stride=2, padding=1), nn.AvgPool2d(3)
        self.gru, self.lstm = nn.GRU(15, 6, batch_first=True), nn.LSTM(6, 5, batch_first=True)
        self.layer, self.last, self.soft = nn.LayerNorm(5), nn.Linear(5, 4), nn.Softmax(1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.up(self.groups(self.mix(self.act(self.norm(self.conv(x)))))))
        x = self.lstm(self.gru(x.permute(0, 2, 1, 3).flatten(2))[0])[0]
        scores: Tensor = self.soft(self.last(self.layer(x[:, -1])))
        return scores


def other_kinds() -> nn.Module:
    """The same with statistics as after a training."""
    network = seeded(OtherKinds()).eval()
    generator = torch.Generator().manual_seed(0)
    network.norm.running_mean.uniform_(-0.3, 0.3, generator=generator)
    network.norm.running_var.uniform_(0.5, 2, generator=generator)
    return network


def chromium() -> str | None:
    """The system's browser, or "" for that which playwright has fetched; None where there is none."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    fetched = any((Path.home() / ".cache" / "ms-playwright").glob("chromium*"))
    return found or ("" if fetched else None)
