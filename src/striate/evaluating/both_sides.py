"""An image looked at twice: as it is, and in the mirror."""

from dataclasses import replace

from torch import Tensor, nn

from striate.errors import ArgumentError
from striate.evaluating.exported import ExportedNetwork
from striate.evaluating.run_model import Trained

SEEN_TWICE = "scores are the mean of each one's and of its mirror image's"
NOT_SAFE = "a mirror may change these classes, as their names or the training images say: see --flip"


class BothSides(nn.Module):
    """The mean of a network's scores of its inputs and of their mirror images: (N, C, …, H, W) → (N, K)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: Tensor) -> Tensor:
        """Both at the training's temperature, as the scores are divided by it afterwards."""
        scores: Tensor = (self.network(inputs) + self.network(inputs.flip(-1))) / 2
        return scores


def both_sides(trained: Trained) -> Trained:
    """The same, looking at both sides. Raises ArgumentError where it cannot."""
    if trained.flow is not None:
        raise ArgumentError(
            f"{trained.run} sees optical flow, which a mirror does not only move but turns: leave --flip out"
        )
    if isinstance(trained.network, ExportedNetwork):
        raise ArgumentError(
            f"{trained.run} is a file, which is looked at as it was exported: leave --flip out"
        )
    if trained.mirrored:
        one, other = trained.mirrored[0]
        raise ArgumentError(
            f"a mirror exchanges the classes {one} and {other} of {trained.run}, as its training was told: "
            "leave --flip out"
        )
    return replace(
        trained,
        network=BothSides(trained.network),
        notes=(*trained.notes, *[SEEN_TWICE], *[NOT_SAFE] * (not trained.mirror_safe)),
    )
