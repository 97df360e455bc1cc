"""How good predictions are, and how sure they may be."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from striate.errors import RunError

# How good predictions are: pure functions of probabilities (N, K) and labels (N,).

CALIBRATION_BINS = 15


@dataclass(frozen=True)
class ClassScore:
    """One class: fractions in [0, 1]; None where nothing was predicted or nothing was there."""

    name: str
    images: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class Scores:
    """The scores of one set of predictions. Fractions, not percent."""

    images: int
    top1: float
    top5: float | None
    """None with five classes or fewer, where it would always be 1."""
    loss: float
    """Mean cross-entropy in nats."""
    calibration_error: float
    """Expected calibration error: mean gap between confidence and accuracy over 15 equal bins."""
    classes: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    """Rows are the true classes, columns the predicted ones."""
    unit: str = "images"
    """What `images` counts: images, clips or videos."""

    def to_json(self) -> dict[str, Any]:
        """Plain values; counts stand under the name of what they count."""
        values = {name: value for name, value in asdict(self).items() if name != "unit"}
        values["classes"] = [_counted(one, self.unit) for one in values["classes"]]
        return _counted(values, self.unit)


def _counted(values: dict[str, Any], unit: str) -> dict[str, Any]:
    return {unit if name == "images" else name: value for name, value in values.items()}


def score(
    probabilities: np.ndarray, labels: np.ndarray, classes: tuple[str, ...], unit: str = "images"
) -> Scores:
    """Scores predictions.

    Args:
        probabilities: (N, K).
        labels: (N,), the right classes.
        classes: names of the K.
        unit: what the N are called: images, clips or videos.
    """
    predicted = probabilities.argmax(axis=1)
    own = probabilities[np.arange(len(labels)), labels]
    confusion = confusion_of(labels, predicted, len(classes))
    return Scores(
        images=len(labels),
        top1=float((predicted == labels).mean()),
        top5=top_k(probabilities, labels, 5) if len(classes) > 5 else None,
        loss=float(-np.log(np.maximum(own, 1e-12)).mean()),
        calibration_error=calibration_error(probabilities, labels),
        classes=_class_scores(confusion, classes),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        unit=unit,
    )


def top_k(probabilities: np.ndarray, labels: np.ndarray, k: int) -> float:
    """Share of samples whose label is among the k most probable classes."""
    best = np.argpartition(-probabilities, k - 1, axis=1)[:, :k]
    return float((best == labels[:, None]).any(axis=1).mean())


def calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int = CALIBRATION_BINS) -> float:
    """Expected calibration error over equal bins of confidence (Guo et al. 2017)."""
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == labels
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(which, weights=correct - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def confusion_of(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Counts (classes, classes): rows are the true classes, columns the predicted ones."""
    pairs = np.bincount(labels * classes + predicted, minlength=classes * classes)
    return pairs.reshape(classes, classes)


def _class_scores(confusion: np.ndarray, classes: tuple[str, ...]) -> tuple[ClassScore, ...]:
    right, there, named = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    return tuple(
        ClassScore(
            name=name,
            images=int(there[k]),
            precision=_share(right[k], named[k]),
            recall=_share(right[k], there[k]),
            f1=_share(2 * right[k], named[k] + there[k]),
        )
        for k, name in enumerate(classes)
    )


def _share(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None


# From scores to probabilities: the one place where that is done, and how sure a network may be.
#
# Smoothed and mixed labels leave a network less sure than it should be, long training more. Dividing its
# logits by one number, the temperature, mends most of either and changes no prediction (Guo et al. 2017, On
# Calibration of Modern Neural Networks).
#
# The temperature is fitted to the validation images. Where they are few, or all right, the likeliest one
# says more than they know: of ten right answers it makes certainty. So it is the most probable one under a
# prior that expects 1: log T is normal with deviation `SPREAD` about 0 (maximum a posteriori, Bishop 2006,
# Pattern Recognition and Machine Learning, section 3.3; Platt 1999, Probabilistic Outputs for Support
# Vector Machines, section 2.2, puts a prior on a calibration for the same reason). Each image adds its
# evidence, the prior stays: few images leave T near 1, many move it to where it is likeliest. There is no
# bound to rest at.

SPREAD = 0.5
"""Two temperatures in three are expected within a factor of e^0.5 = 1.65 of 1, as Guo et al. report them."""
PRECISION = 1e-3
"""Of log T."""


def probabilities(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Softmax of logits divided by a temperature.

    Args:
        logits: (N, K), one row an image or clip, one column a class.
        temperature: above 0; 1 leaves the logits as they are.

    Returns:
        (N, K), float64, each row adding up to 1.

    Raises:
        RunError: a logit is infinite, or no number.

    >>> probabilities(np.array([[0.0, np.log(3)]])).round(6).tolist()
    [[0.25, 0.75]]
    """
    result: np.ndarray = np.exp(log_probabilities(logits, temperature))
    return result


def log_probabilities(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Logarithms of `probabilities`, exact also where those are too small to be written."""
    with np.errstate(over="ignore"):
        scaled = logits.astype(np.float64) / temperature
    if not np.isfinite(scaled).all():
        raise RunError(
            "the network gives scores that are no finite numbers: its weights or its normalisation are "
            "damaged, or its training has diverged; restore it from a copy, or lower the learning rate"
        )
    scaled -= scaled.max(axis=1, keepdims=True)
    result: np.ndarray = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
    return result


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The most probable temperature, given what a network says of images and what they are.

    Args:
        logits: (N, K); N may be 0, which leaves 1.
        labels: (N,), the right classes.

    Returns:
        The temperature, above 0.
    """

    def surprise(log_temperature: float) -> float:
        """Nats of the labels and of the temperature itself."""
        rows = log_probabilities(logits, math.exp(log_temperature))
        return float(-rows[np.arange(len(labels)), labels].sum()) + 0.5 * (log_temperature / SPREAD) ** 2

    if not len(labels):
        return 1.0
    reach = SPREAD * math.sqrt(2 * surprise(0.0))  # beyond it the prior alone surprises more
    return math.exp(_lowest(surprise, min(reach, 100.0)))


def _lowest(surprise: Callable[[float], float], reach: float) -> float:
    """Where a function with one valley in [−reach, reach] is lowest, by golden sections."""
    share = (math.sqrt(5) - 1) / 2
    low, high = -reach, reach
    one, other = high - share * (high - low), low + share * (high - low)
    at_one, at_other = surprise(one), surprise(other)
    while high - low > PRECISION:
        if at_one < at_other:
            high, other, at_other = other, one, at_one
            one = high - share * (high - low)
            at_one = surprise(one)
        else:
            low, one, at_one = one, other, at_other
            other = low + share * (high - low)
            at_other = surprise(other)
    return (low + high) / 2
