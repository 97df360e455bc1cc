"""The loss of a batch: cross-entropy, smoothed, mixed and weighted; and its sums over an epoch."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from striate.data.augment.augment import Targets
from striate.training.process_group import ProcessGroup

SETTLE_EVERY = 16
"""Steps between two looks where looking is dear: on a GPU, or with other processes."""


def batch_loss(
    logits: Tensor, targets: Targets, smoothing: float, class_weights: Tensor | None, batch: int
) -> Tensor:
    """Sum over these samples divided by `batch`, the size of the global batch, so that parts of it add up.

    logits: (N, K) float32; class_weights: (K,), mean 1 over the images, or None.
    """
    loss = _cross_entropy(logits, targets.label, smoothing, class_weights)
    if targets.other is not None and targets.share is not None:
        other = _cross_entropy(logits, targets.other, smoothing, class_weights)
        loss = torch.lerp(other, loss, targets.share)
    return loss.sum() / batch


def _cross_entropy(logits: Tensor, labels: Tensor, smoothing: float, class_weights: Tensor | None) -> Tensor:
    """(N,) each sample's loss times the weight of its class."""
    loss = F.cross_entropy(logits, labels, label_smoothing=smoothing, reduction="none")
    return loss if class_weights is None else loss * class_weights[labels]


def objective(
    logits: np.ndarray, labels: np.ndarray, smoothing: float, class_weights: Tensor | None
) -> float:
    """The same of a whole split, so that curves of it can be compared. logits: (N, K); labels: (N,)."""
    weights = None if class_weights is None else class_weights.cpu()
    targets = Targets(torch.from_numpy(labels))
    return batch_loss(torch.from_numpy(logits), targets, smoothing, weights, len(labels)).item()


class Tally:
    """Loss and accuracy of the epoch so far, over all processes: added to at every step, settled now and
    then, as on a GPU every look waits for the step to end.
    """

    def __init__(self, group: ProcessGroup) -> None:
        self.group = group
        self.loss_sum, self.correct, self.seen = 0.0, 0.0, 0
        self.unsettled_images = 0
        self.unsettled = self._zeros()
        self.every = 1 if group.world_size == 1 and group.device.type == "cpu" else SETTLE_EVERY

    def _zeros(self) -> Tensor:
        return torch.zeros(2, device=self.group.device)

    def add(self, loss_sum: Tensor, logits: Tensor, labels: Tensor, images: int) -> None:
        """One step: this process's summed loss, logits (n, K), labels (n,); `images` of all processes."""
        self.unsettled += torch.stack([loss_sum, (logits.argmax(dim=1) == labels).sum()])
        self.unsettled_images += images

    def settle(self) -> None:
        """Adds up over all processes; each must call it at the same step."""
        if self.unsettled_images:
            loss, correct = self.group.total(self.unsettled).tolist()
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
