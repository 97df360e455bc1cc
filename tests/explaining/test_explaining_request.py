"""What a picture asks for, and what is said where it is not there."""

import pytest
import torch
from explaining_networks import image_network, numbers

from striate.errors import ArgumentError, NetworkError
from striate.explaining.explain import explain

OPTIMIZER = torch.optim.SGD([torch.zeros(1, requires_grad=True)])


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"show": ["maps"]}, r"^which layer is to be shown\? give --layer, one of 0, 1, 2, 3"),
        (
            {"show": ["maps"], "layer": "15"},
            r"^15 gives no maps: its output for an input has shape \(3,\), not C×H×W$",
        ),
        (
            {"show": ["maps", "largest"], "layer": "0", "target": 1},
            r"^--target is the class that some pictures ask about: give --show with grad-cam or "
            r"integrated-gradients or occlusion too, or leave --target out$",
        ),
        (
            {"show": ["maps"], "layer": "0", "learning_rate": 0.1},
            r"^--learning-rate is of an update: give --weight, or --show update, too, or leave "
            r"--learning-rate out$",
        ),
        (
            {"layer": "0", "weight": (0, 0, 0, 0), "learning_rate": 0.1},
            r"^--learning-rate is of the update of a finished run, and Sequential is none: leave it out$",
        ),
        (
            {"layer": "0", "weight": (0, 0, 0, 0), "delta": True},
            r"^with a weight, δ is told of the largest term of its gradient: leave --delta out, or ask for "
            r"it without --weight$",
        ),
        (
            {"layer": "0", "optimizer": OPTIMIZER},
            r"^an optimizer is of an update: give weight, or show update, too, or leave it out$",
        ),
        (
            {"layer": "0", "weight": (0, 0, 0, 0), "optimizer": OPTIMIZER, "learning_rate": 0.1},
            r"^an optimizer has a learning rate of its own: leave learning_rate out$",
        ),
        ({"show": ["filters"], "layer": "3"}, r"^3 is a MaxPool2d: it has no filters to draw$"),
        (
            {"show": ["update"], "layer": "0", "label": 1},
            r"^an update needs an optimiser: explain a run, or give",
        ),
        ({"show": ["grad-cam"], "target": 5}, r"^unknown class '5': known: 0, 1, 2$"),
        (
            {"show": ["grad-cam"], "layer": "15"},
            r"^Grad-CAM needs maps: the output of 15 has shape \(1, 3\)$",
        ),
    ],
)
def test_what_cannot_be_shown(asked: dict[str, object], expected: str) -> None:
    with pytest.raises((ArgumentError, NetworkError), match=expected):
        explain(image_network(), numbers(1, 4, 9, 8), **asked)  # type: ignore[arg-type]
