"""How well one class is told from all others at every threshold: the ROC and precision-recall curves.

Each class is asked for by itself, against the rest: an image counts as found where the probability of the
class reaches the threshold (Fawcett 2006, An introduction to ROC analysis).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np

from striate.plain_values import ToJson, picked

POINTS = 200
"""Points of a curve that are kept at most; its area is of all of them."""


@dataclass(frozen=True)
class Point(ToJson):
    """What a threshold does."""

    threshold: float
    false_positive_rate: float
    recall: float
    """Also called the true positive rate."""
    precision: float


@dataclass(frozen=True)
class ClassCurve(ToJson):
    """One class against all others."""

    name: str
    roc_area: float
    """The chance that an image of the class gets a higher probability of it than one of another class."""
    average_precision: float
    """The precision's mean over the recall, by steps."""
    points: tuple[Point, ...]
    """From the highest threshold down."""


@dataclass(frozen=True)
class Curves:
    """Those of all classes that have images, and that others have images beside."""

    classes: tuple[ClassCurve, ...]

    @property
    def roc_area(self) -> float:
        """The mean over the classes."""
        return fmean(one.roc_area for one in self.classes)

    @property
    def average_precision(self) -> float:
        """The mean over the classes."""
        return fmean(one.average_precision for one in self.classes)

    def to_json(self) -> dict[str, Any]:
        """Plain values, without the points."""
        figures = "roc_area average_precision"
        return picked(self, figures) | {"classes": [picked(one, f"name {figures}") for one in self.classes]}

    def points_to_json(self) -> dict[str, Any]:
        """Plain values, the points of every curve included."""
        return {**self.to_json(), "classes": [one.to_json() for one in self.classes]}


def curves_of(rows: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> Curves | None:
    """The curves of every class.

    Args:
        rows: probabilities (N, K).
        labels: (N,), the right classes.
        classes: names of the K.

    Returns:
        None where all images are of one class, so that nothing is to be told apart.
    """
    there = [number for number in range(len(classes)) if 0 < (labels == number).sum() < len(labels)]
    found = tuple(curve_of(classes[number], rows[:, number], labels == number) for number in there)
    return Curves(found) if found else None


def curve_of(name: str, scores: np.ndarray, there: np.ndarray) -> ClassCurve:
    """The curve of one class.

    Args:
        name: of the class.
        scores: (N,), the higher the surer.
        there: (N,) bool, of which images it is the class: of some, not of all.

    >>> curve = curve_of("cat", np.array([0.9, 0.8, 0.2, 0.1]), np.array([True, False, True, False]))
    >>> curve.roc_area, round(curve.average_precision, 4)
    (0.75, 0.8333)
    """
    order = np.argsort(-scores, kind="stable")
    falling, found = scores[order], np.cumsum(there[order])
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))  # equal scores are found together
    true = found[last]
    false = last + 1 - true
    recall, wrong = true / true[-1], false / false[-1]
    precision = true / (last + 1)
    steps = np.diff(recall, prepend=0)
    before = np.append(0, recall[:-1])
    area = (np.diff(wrong, prepend=0) * (recall + before) / 2).sum()
    kept = np.unique(np.linspace(0, len(last) - 1, min(POINTS, len(last))).round().astype(int))
    columns = (falling[last][kept], wrong[kept], recall[kept], precision[kept])
    points = tuple(Point(*map(float, point)) for point in zip(*columns, strict=True))
    return ClassCurve(name, float(area), float((steps * precision).sum()), points)
