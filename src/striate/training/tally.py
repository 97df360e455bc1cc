"""Loss and accuracy of the epoch so far, over all processes, without waiting for a GPU at every step."""

import math

import torch
from torch import Tensor

from striate.training.distributed import Team

SETTLE_EVERY = 16
"""Steps between two looks where looking is dear: on a GPU, or with other processes."""


class Tally:
    """Sums that are added to at every step, and settled now and then."""

    def __init__(self, team: Team) -> None:
        self.team = team
        self.loss_sum, self.correct, self.seen = 0.0, 0.0, 0
        self.unsettled_images = 0
        self.unsettled = self._zeros()
        self.every = 1 if team.world == 1 and team.device.type == "cpu" else SETTLE_EVERY

    def _zeros(self) -> Tensor:
        return torch.zeros(2, device=self.team.device)

    def add(self, loss_sum: Tensor, logits: Tensor, labels: Tensor, images: int) -> None:
        """One step: this process's summed loss, logits (n, K), labels (n,); `images` of all processes."""
        self.unsettled += torch.stack([loss_sum, (logits.argmax(dim=1) == labels).sum()])
        self.unsettled_images += images

    def settle(self) -> None:
        """Adds up over all processes; each must call it at the same step."""
        if self.unsettled_images:
            loss, correct = self.team.total(self.unsettled).tolist()
            self.loss_sum += loss
            self.correct += correct
            self.seen += self.unsettled_images
            self.unsettled, self.unsettled_images = self._zeros(), 0

    def clear(self) -> None:
        """A new epoch."""
        self.loss_sum, self.correct, self.seen = 0.0, 0.0, 0

    @property
    def loss(self) -> float:
        """Mean of the settled steps, in nats."""
        return self.loss_sum / max(self.seen, 1)

    @property
    def top1(self) -> float:
        """Share of the settled images that were right."""
        return self.correct / max(self.seen, 1)

    @property
    def finite(self) -> bool:
        """Whether every loss so far was a number."""
        return math.isfinite(self.loss_sum)
