"""What a network says about single images, and the tables that hold it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from striate.pages.comma_separated import csv_text

LISTED = 5
"""Classes listed for each image, the most probable first."""


@dataclass(frozen=True)
class Prediction:
    """One image: its most probable classes, and the true one where it is known."""

    file: str
    classes: tuple[str, ...]
    probabilities: tuple[float, ...]
    label: str | None = None

    @property
    def best(self) -> str:
        """The most probable class."""
        return self.classes[0]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "file": self.file,
            "class": self.best,
            "probability": self.probabilities[0],
            "label": self.label,
            "classes": dict(zip(self.classes, self.probabilities, strict=True)),
        }


def predictions_of(
    rows: np.ndarray, files: Sequence[str], classes: tuple[str, ...], labels: np.ndarray | None = None
) -> tuple[Prediction, ...]:
    """Names the best classes of each row of probabilities (N, K)."""
    order = np.argsort(-rows, axis=1, kind="stable")[:, :LISTED]
    return tuple(
        Prediction(
            file=files[i],
            classes=tuple(classes[k] for k in best),
            probabilities=tuple(float(rows[i, k]) for k in best),
            label=None if labels is None else classes[labels[i]],
        )
        for i, best in enumerate(order)
    )


def to_csv(predictions: Sequence[Prediction]) -> str:
    """One line an image: file, class, probability, label."""
    rows = ([one.file, one.best, f"{one.probabilities[0]:.6f}", one.label or ""] for one in predictions)
    return csv_text(("file", "class", "probability", "label"), rows)
