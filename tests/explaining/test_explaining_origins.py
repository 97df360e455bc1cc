"""Where the numbers of a layer's input come from, also where functions that are no layers lie between."""

from typing import get_args

import torch
import torch.nn.functional as F
from explaining_networks import numbers, seeded
from torch import Tensor, nn

from striate.explaining.origins import How, origins_of
from striate.models import build
from striate.tracing.recording import record


class Joins(nn.Module):
    """A sum, a rectified number, a concatenation, and another shape."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 4, 1)
        self.third, self.last = nn.Conv2d(8, 2, 1), nn.Linear(2 * 4 * 4, 3)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        a = self.first(x)
        b = self.second(F.relu(a))
        both = torch.cat([b, a], 1)
        b += a
        c = self.third(both) + x
        return self.last(self.relu(c).flatten(1)) + self.relu(b).sum()


class Folds(nn.Module):
    """Frames into the batch, and back."""

    def __init__(self) -> None:
        super().__init__()
        self.each, self.all = nn.Conv2d(2, 3, 1), nn.Conv3d(3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        n, c, t, h, w = x.shape
        y = self.each(x.transpose(1, 2).reshape(n * t, c, h, w))
        return self.all(y.reshape(n, t, -1, h, w).transpose(1, 2)).mean((2, 3, 4))  # type: ignore[no-any-return]


def test_functions_between_layers() -> None:
    found = origins_of(record(seeded(Joins()), numbers(1, 2, 4, 4)))
    told = {name: (one.how, [maker.layer for maker in one.makers]) for name, one in found.items()}
    assert told == {
        "first": ("same", ["input"]),
        "second": ("rectified", ["first"]),
        "third": ("channels", ["second", "first"]),
        "relu": ("sum", ["third", "input"]),
        "last": ("shape", ["relu"]),
        "relu#2": ("sum", ["second", "first"]),
    }


def test_every_layer_of_every_way_leads_to_the_input() -> None:
    for time in ("2d", "tsm", "2plus1d", "3d", "lstm"):
        network = build("plain", classes=3, size=8, time=time, frames=4, widths=(4, 8)).eval()
        recorded = record(network, numbers(1, 3, 4, 8, 8))
        found = origins_of(recorded)
        for layer in (one for one in recorded.layers if one.whole):
            assert layer.title in found, (time, layer.title)
            title, steps = layer.title, 0
            while title != "input":
                title, steps = found[title].makers[0].layer, steps + 1
                assert steps < 40


def test_each_number_was_made_where_it_is_said() -> None:
    """The numbers that are named give, summed and where need be rectified, exactly what the layer took."""
    networks: list[tuple[nn.Module, tuple[int, ...]]] = [(Joins(), (1, 2, 4, 4)), (Folds(), (2, 2, 3, 4, 4))]
    for time in ("tsm", "3d", "lstm"):
        networks.append(
            (build("plain", classes=3, size=8, time=time, frames=4, widths=(4, 8)), (1, 3, 4, 8, 8))
        )
    seen = set()
    for network, shape in networks:
        recorded = record(seeded(network), numbers(*shape))
        made = {one.title: one.output for one in recorded.layers if one.whole} | {"input": recorded.inputs}
        for title, origin in origins_of(recorded).items():
            taken = recorded.named(title).input
            for flat in range(0, taken.numel(), max(1, taken.numel() // 20)):
                total = sum(made[layer][index] for layer, index in origin.made(flat))
                total = total.clamp_min(0) if origin.how == "rectified" else total
                assert total == taken.reshape(-1)[flat], (title, origin.how)
            seen.add(origin.how)
    assert seen == set(get_args(How))


def test_what_is_not_known_is_left_out() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(3, 3), nn.Linear(3, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.b(self.a(x) * 1.5)

    assert list(origins_of(record(seeded(Scaled()), numbers(1, 3)))) == ["a"]
