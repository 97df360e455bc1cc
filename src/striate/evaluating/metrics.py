"""How good predictions are: pure functions of probabilities (N, K) and labels (N,)."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

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
    """Scores probabilities (N, K) against labels (N,) of K classes. unit: what the N are called."""
    predicted = probabilities.argmax(axis=1)
    own = probabilities[np.arange(len(labels)), labels]
    numbers = np.arange(len(classes))
    return Scores(
        images=len(labels),
        top1=float((predicted == labels).mean()),
        top5=top_k(probabilities, labels, 5) if len(classes) > 5 else None,
        loss=float(-np.log(np.maximum(own, 1e-12)).mean()),
        calibration_error=calibration_error(probabilities, labels),
        classes=_class_scores(labels, predicted, classes),
        confusion=tuple(tuple(map(int, row)) for row in confusion_matrix(labels, predicted, labels=numbers)),
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


def _class_scores(
    labels: np.ndarray, predicted: np.ndarray, classes: tuple[str, ...]
) -> tuple[ClassScore, ...]:
    numbers = np.arange(len(classes))
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, predicted, labels=numbers, zero_division=np.nan
    )

    def number(value: float) -> float | None:
        return None if np.isnan(value) else float(value)

    return tuple(
        ClassScore(name, int(support[i]), number(precision[i]), number(recall[i]), number(f1[i]))
        for i, name in enumerate(classes)
    )
