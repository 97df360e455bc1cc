"""How good predictions are: pure functions of probabilities (N, K) and labels (N,)."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

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
