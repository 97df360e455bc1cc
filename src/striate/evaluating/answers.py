"""What a network says of an image or a video, class by class, and the table that holds it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from striate.errors import ArgumentError
from striate.evaluating.metrics import top_k
from striate.pages import Shown
from striate.pages.shown import csv_text
from striate.plain_values import ToJson

LISTED = 5
"""Classes listed of each image where nothing else is asked for, the most probable first."""


@dataclass(frozen=True)
class AnswerRules:
    """How much is told of each image or video."""

    top: int | None = None
    """So many classes, the most probable first; None: 5, of which a CSV tells the first."""
    threshold: float | None = None
    """The probability from which on an answer is called sure; None: nothing is said of that."""
    all_classes: bool = False
    """Whether every class is told."""

    def __post_init__(self) -> None:
        if self.top is not None and self.top < 1:
            raise ArgumentError(f"top is how many classes are told, 1 or more; got {self.top}")
        if self.threshold is not None and not 0 < self.threshold <= 1:
            raise ArgumentError(
                f"threshold is a probability, above 0 and up to 1; got {self.threshold:g}: try 0.8"
            )


@dataclass(frozen=True)
class Prediction(Shown):
    """One image or video: its most probable classes, and the true one where it is known."""

    rows_in = "classes"

    file: str
    classes: tuple[str, ...]
    probabilities: tuple[float, ...]
    label: str | None = None
    sure: bool | None = None
    """Whether the first reaches the threshold; None where none was given."""

    @property
    def best(self) -> str:
        """The most probable class."""
        return self.classes[0]

    def to_rows(self) -> list[dict[str, Any]]:
        """A row a class, the most probable first."""
        told = zip(self.classes, self.probabilities, strict=True)
        return [{"class": name, "probability": share} for name, share in told]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "file": self.file,
            "class": self.best,
            "probability": self.probabilities[0],
            **({} if self.sure is None else {"sure": self.sure}),
            "label": self.label,
            "classes": dict(zip(self.classes, self.probabilities, strict=True)),
        }


USUAL = AnswerRules()


def predictions_of(
    rows: np.ndarray,
    files: Sequence[str],
    classes: tuple[str, ...],
    labels: np.ndarray | None = None,
    rules: AnswerRules = USUAL,
) -> tuple[Prediction, ...]:
    """Names the best classes of each row of probabilities (N, K)."""
    told = len(classes) if rules.all_classes else rules.top or LISTED
    order = np.argsort(-rows, axis=1, kind="stable")[:, :told]
    sure = [None] * len(rows) if rules.threshold is None else (rows.max(axis=1) >= rules.threshold).tolist()
    return tuple(
        Prediction(
            file=files[i],
            classes=tuple(classes[k] for k in best),
            probabilities=tuple(rows[i, best].tolist()),
            label=None if labels is None else classes[labels[i]],
            sure=sure[i],
        )
        for i, best in enumerate(order)
    )


def to_csv(predictions: Sequence[Prediction], rules: AnswerRules = USUAL, classes: Sequence[str] = ()) -> str:
    """One line an image: file, class, probability, label; then what was asked for besides.

    Args:
        predictions: of the images, made by the same rules.
        rules: with a threshold, whether it is sure; with `top`, the classes from the second on, each with its
            probability; with all classes, a column for each.
        classes: all of them, in the network's order.
    """
    heads = ("file", "class", "probability", "label", *more_heads(rules, classes))
    rows = (
        [one.file, one.best, f"{one.probabilities[0]:.6f}", one.label or "", *more_cells(one, rules, classes)]
        for one in predictions
    )
    return csv_text(heads, rows)


def more_heads(rules: AnswerRules, classes: Sequence[str]) -> list[str]:
    """The heads of what was asked for besides."""
    places = range(2, min(rules.top or 1, len(classes)) + 1)
    each = [f"probability of {name}" for name in classes] if rules.all_classes else []
    ranked = [head for place in places for head in (f"class {place}", f"probability {place}")]
    return ["sure"] * (rules.threshold is not None) + ranked + each


def more_cells(one: Prediction, rules: AnswerRules, classes: Sequence[str]) -> Iterator[str]:
    """The cells below them."""
    if rules.threshold is not None:
        yield "yes" if one.sure else "no"
    for place in range(1, min(rules.top or 1, len(classes))):
        yield from (one.classes[place], f"{one.probabilities[place]:.6f}")
    if rules.all_classes:
        known = dict(zip(one.classes, one.probabilities, strict=True))
        yield from (f"{known[name]:.6f}" for name in classes)


# Scores of what was asked for.


@dataclass(frozen=True)
class TopK(ToJson):
    """How often the true class is among the k most probable ones."""

    k: int
    accuracy: float


@dataclass(frozen=True)
class SureAnswers(ToJson):
    """How many answers reach a threshold, and how many of those are right."""

    threshold: float
    images: int
    share: float
    """Of all images or videos."""
    accuracy: float | None
    """Of the sure ones; None where there is none."""


def top_accuracy(rows: np.ndarray, labels: np.ndarray, rules: AnswerRules) -> TopK | None:
    """Of probabilities (N, K) and labels (N,); None where no number was asked for."""
    if rules.top is None:
        return None
    k = min(rules.top, rows.shape[1])
    return TopK(rules.top, top_k(rows, labels, k))


def sure_answers(rows: np.ndarray, labels: np.ndarray, rules: AnswerRules) -> SureAnswers | None:
    """Of probabilities (N, K) and labels (N,); None where no threshold was given."""
    if rules.threshold is None:
        return None
    sure = rows.max(axis=1) >= rules.threshold
    right = rows.argmax(axis=1) == labels
    accuracy = float(right[sure].mean()) if sure.any() else None
    return SureAnswers(rules.threshold, int(sure.sum()), float(sure.mean()), accuracy)
