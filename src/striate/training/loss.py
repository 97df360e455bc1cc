"""The loss of a batch: cross-entropy, with smoothed, mixed and weighted labels."""

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.data.augment.augment import Targets


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
