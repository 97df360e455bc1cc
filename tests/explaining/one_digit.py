"""The network of docs/one-digit.md: trained for a moment in float64, its weights rounded to two decimals.

Rounding makes it the same network on every machine. To follow the page on your own:

    python tests/explaining/one_digit.py runs/one-digit
"""

import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from striate.data import open_data
from striate.models import NetworkSpec, save_weights
from striate.runs import MODEL, write_record
from striate.training.plan import Plan
from striate.training.recipe import Recipe

SPEC = NetworkSpec("plain", classes=10, channels=1, size=8, options={"widths": (4, 6), "hidden": (16,)})
STEPS = 120
SCALE = 255.0


def network() -> nn.Module:
    """The weights: a fixed start, so many steps of Adam on all training digits, two decimals."""
    built = SPEC.build().double()
    with torch.no_grad():
        for number, parameter in enumerate(built.parameters()):
            spread = 1 / math.sqrt(max(1, parameter[0].numel()))
            places = torch.arange(parameter.numel(), dtype=torch.float64)
            parameter.copy_((torch.sin(12.9898 * places + number) * spread * 1.5).view_as(parameter))
    digits = open_data("digits").splits["train"]
    x, labels = digits.take(range(len(digits))).double() / SCALE, torch.from_numpy(digits.labels)
    optimizer = torch.optim.Adam(built.parameters(), lr=0.02)
    for _ in range(STEPS):
        optimizer.zero_grad()
        F.cross_entropy(built(x), labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.copy_((parameter * 100).round() / 100)
    return built.float().eval()


def save(run: Path) -> None:
    """A run folder with this network, as a training would have left it before its first step."""
    run.mkdir(parents=True, exist_ok=True)
    data = open_data("digits")
    recipe = Recipe(optimizer="sgd", learning_rate=0.1, momentum=0.0, weight_decay=0.0, label_smoothing=0.0)
    described = data.to_json() | {
        "options": {"channels": None, "size": None},
        "normalisation": {"mean": [0.0], "std": [SCALE]},
    }
    record = {
        "status": "finished",
        "recipe": recipe.to_json(),
        "network": SPEC.to_json(),
        "data": described,
        "classes": list(data.classes),
        "plan": Plan(len(data.splits["train"]), 128, 12, "fp32").to_json(),
        "results": {},
    }
    save_weights(network(), run / MODEL)
    write_record(run, record)


if __name__ == "__main__":
    save(Path(sys.argv[1]))
