"""The loss, worked out: scores → probabilities → cross-entropy, and the gradient at the scores."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from striate.derivation import CrossEntropy
from striate.derivation.shapes import Array
from striate.errors import ArgumentError, NetworkError
from striate.explaining.checking import Check, as_array, compare, rounding
from striate.explaining.subject import Subject
from striate.tracing.recording import Recorded


@dataclass(frozen=True)
class Terms:
    """What the loss is made of beside the scores: as the run was trained."""

    labels: tuple[int, ...]
    smoothing: float = 0.0
    weights: tuple[float, ...] | None = None  # of each class

    @property
    def of_samples(self) -> Array:
        """The weight of each sample's loss: (N,)."""
        table = None if self.weights is None else np.array(self.weights)
        return np.ones(len(self.labels)) if table is None else table[list(self.labels)]


@dataclass(frozen=True)
class Loss:
    """The mean cross-entropy of a batch. Rows are samples, columns classes."""

    terms: Terms
    scores: Array  # (N, K)
    probabilities: Array  # (N, K)
    targets: Array  # (N, K)
    each: Array  # (N,)
    value: float
    gradient: Array  # (N, K): ∂L/∂scores
    checks: tuple[Check, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        arrays = {
            name: getattr(self, name) for name in ("scores", "probabilities", "targets", "each", "gradient")
        }
        return {
            "value": self.value,
            "labels": list(self.terms.labels),
            "label_smoothing": self.terms.smoothing,
            **{name: array.tolist() for name, array in arrays.items()},
            "checks": [one.to_json() for one in self.checks],
        }


def terms_of(subject: Subject) -> Terms:
    """The run's label smoothing and class weights; plain cross-entropy for a module."""
    record = subject.record
    smoothing = float(record.get("recipe", {}).get("label_smoothing", 0.0))
    weights = record.get("plan", {}).get("class_weights")
    return Terms(subject.needed_labels(), smoothing, None if weights is None else tuple(weights))


def torch_loss(terms: Terms) -> Callable[[Tensor], Tensor]:
    """The same loss for torch: of scores (N, K). Raises NetworkError for an output that is none."""

    def loss(output: Tensor) -> Tensor:
        if output.dim() != 2:
            raise NetworkError(
                f"a gradient needs scores of shape N×classes for the cross-entropy; the network gives "
                f"{'×'.join(map(str, output.shape))}: flatten or pool its output first"
            )
        if max(terms.labels) >= output.shape[1]:
            raise ArgumentError(
                f"label {max(terms.labels)} is not a class of the network: expected 0–{output.shape[1] - 1}"
            )
        labels = torch.tensor(terms.labels, device=output.device)
        each = F.cross_entropy(output, labels, label_smoothing=terms.smoothing, reduction="none")
        weights = torch.as_tensor(terms.of_samples, dtype=output.dtype, device=output.device)
        return (each * weights).mean()

    return loss


def explain_loss(recorded: Recorded, terms: Terms, upstream: Tensor | None) -> Loss:
    """The loss by hand, and its gradient at the scores, compared with torch's."""
    scores = as_array(recorded.output)
    rows = [_one(scores[n : n + 1], label, terms.smoothing) for n, label in enumerate(terms.labels)]
    each = np.array([row[0] for row in rows])
    probabilities, targets = (np.concatenate([row[place] for row in rows]) for place in (1, 2))
    share = terms.of_samples / len(scores)
    gradient = (probabilities - targets) * share[:, None]
    value = float((each * share).sum())
    assert recorded.loss is not None
    reach = int(np.abs(scores).max()) + scores.shape[1]
    checks = [_compare("loss", value, recorded.loss, reach, float((np.abs(each) + 1) @ share))]
    if upstream is not None:
        checks.append(
            _compare("∂L/∂scores", gradient, upstream, reach, (probabilities + targets) * share[:, None])
        )
    return Loss(terms, scores, probabilities, targets, each, value, gradient, tuple(checks))


def _one(scores: Array, label: int, smoothing: float) -> tuple[float, Array, Array]:
    loss, saved = CrossEntropy(smoothing).forward(scores, np.array([label]))
    return float(loss), saved.probabilities, saved.targets


def _compare(what: str, ours: Array | float, theirs: Tensor, reach: int, size: Array | float) -> Check:
    """eᶻ is off by a relative z·ε, hence `reach` roundings more."""
    return compare(what, ours, as_array(theirs), rounding(theirs, reach, size))


def strongest(probabilities: Array, count: int = 5) -> Sequence[int]:
    """The most probable classes, the first one first."""
    order: list[int] = np.argsort(-probabilities, kind="stable")[:count].tolist()
    return order
