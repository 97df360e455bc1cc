"""A small network and a lab on it, for the tests of this room."""

from explaining_networks import numbers, seeded
from torch import nn

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
