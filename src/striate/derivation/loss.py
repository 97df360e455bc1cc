"""Softmax and cross-entropy, from scores to one number and back.

Softmax turns scores z into probabilities; subtracting the largest score changes nothing and keeps eᶻ finite:

    p_k = e^{z_k} / Σ_j e^{z_j}            ∂p_k/∂z_j = p_k·([k = j] − p_j)

so a gradient δ = ∂L/∂p comes back as  ∂L/∂z_j = p_j·(δ_j − Σ_k δ_k·p_k).

Cross-entropy against targets q (one-hot, or smoothed: q = (1 − ε)·one-hot + ε/K), averaged over N samples:

    L = −1/N · Σ_n Σ_k q_nk · log p_nk          with log p_k = z_k − log Σ_j e^{z_j}

Since Σ_k q_k = 1,  −Σ_k q_k·∂log p_k/∂z_j = −Σ_k q_k·([k = j] − p_j) = p_j − q_j:

    ∂L/∂z = (p − q) / N

The awkward parts cancel, which is why the two are taken together.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from striate.derivation.shapes import Array, expect_gradient
from striate.errors import ArgumentError


def log_softmax(z: Array, axis: int = -1) -> Array:
    """log p over an axis, without overflow.

    >>> log_softmax(np.array([[1000.0, 1000.0]])) / np.log(2)
    array([[-1., -1.]])
    """
    shifted = z - z.max(axis=axis, keepdims=True)
    result: Array = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return result


@dataclass(frozen=True)
class Softmax:
    """Probabilities over an axis. log: their logarithms, ∂L/∂z_j = δ_j − p_j·Σ_k δ_k."""

    axis: int = -1
    log: bool = False

    def forward(self, x: Array) -> tuple[Array, Array]:
        """z (N, ..., K) → p, positive, each row summing to 1; saves p."""
        log_p = log_softmax(x, self.axis)
        p = np.exp(log_p)
        return (log_p if self.log else p), p

    def backward(self, dy: Array, saved: Array) -> Array:
        """p·(δ − Σ δ·p)."""
        expect_gradient(dy, saved.shape, "a softmax")
        if self.log:
            of_log: Array = dy - saved * dy.sum(axis=self.axis, keepdims=True)
            return of_log
        dx: Array = saved * (dy - (dy * saved).sum(axis=self.axis, keepdims=True))
        return dx


class Saved(NamedTuple):
    """The probabilities and the targets, both (N, K)."""

    probabilities: Array
    targets: Array


@dataclass(frozen=True)
class CrossEntropy:
    """Softmax with cross-entropy, the mean over samples; `label_smoothing` as torch spreads it.

    >>> loss, saved = CrossEntropy().forward(np.array([[0.0, 0.0]]), np.array([1]))
    >>> round(float(loss), 4), CrossEntropy().backward(saved)
    (0.6931, array([[ 0.5, -0.5]]))
    """

    label_smoothing: float = 0.0

    def targets(self, labels: Array, classes: int, dtype: "np.dtype[np.generic]") -> Array:
        """q (N, K): 1 − ε at the label, and ε/K everywhere."""
        if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
            raise ArgumentError(
                f"the labels have shape {labels.shape} and type {labels.dtype}, expected (N,) whole numbers: "
                "give the number of each sample's class"
            )
        if labels.size and not 0 <= labels.min() <= labels.max() < classes:
            raise ArgumentError(
                f"the labels run from {labels.min()} to {labels.max()}, "
                f"but the scores are of {classes} classes: expected 0 to {classes - 1}"
            )
        q = np.full((len(labels), classes), self.label_smoothing / classes, dtype)
        q[np.arange(len(labels)), labels] += 1 - self.label_smoothing
        return q

    def forward(self, scores: Array, labels: Array) -> tuple[Array, Saved]:
        """Scores (N, K) and labels (N,) → the loss, a number, and what `backward` needs."""
        if scores.ndim != 2 or len(scores) != len(labels):
            raise ArgumentError(
                f"cross-entropy got scores of shape {scores.shape} and {len(labels)} labels, "
                "expected (N, K) and N: one row of scores per label"
            )
        log_p = log_softmax(scores)
        q = self.targets(labels, scores.shape[1], log_p.dtype)
        loss: Array = -(q * log_p).sum() / len(scores)
        return loss, Saved(np.exp(log_p), q)

    def backward(self, saved: Saved, dy: float = 1.0) -> Array:
        """∂L/∂z = (p − q) / N, times the gradient of the loss itself, which is 1 at the end of a network."""
        p, q = saved
        gradient: Array = (p - q) * (dy / len(p))
        return gradient
