"""How long a training is and what its steps look like, decided once at its start and kept in its record."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from striate.errors import DataError
from striate.training.number_format import NumberFormat
from striate.training.recipe import Recipe

SCORING_SHARE = 0.1
"""Share of the minutes given that is left to scoring, saving and drawing."""


@dataclass(frozen=True)
class Plan:
    """The shape of a training."""

    images: int
    batch_size: int
    epochs: int
    number_format: str
    class_weights: tuple[float, ...] | None = None
    """Weight of each class in the loss; their mean over the images is 1."""

    @property
    def steps_per_epoch(self) -> int:
        """Full batches only: what is left over is seen in another epoch, as the order changes."""
        return self.images // self.batch_size

    @property
    def steps(self) -> int:
        """Of the whole training."""
        return self.epochs * self.steps_per_epoch

    def batches(self, epoch: int, seed: int, part: slice, start: int = 0) -> list[np.ndarray]:
        """The indices of this process's part of each global batch of an epoch, from batch `start` on."""
        random = np.random.Generator(np.random.Philox(key=[seed, 2**40 + epoch]))
        order = random.permutation(self.images)[: self.steps_per_epoch * self.batch_size]
        return [batch[part] for batch in order.reshape(-1, self.batch_size)[start:]]

    def to_json(self) -> dict[str, Any]:
        """Plain values, for run.json."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The plan of a record."""
        weights = values.get("class_weights")
        return cls(**{**values, "class_weights": None if weights is None else tuple(weights)})


def make_plan(recipe: Recipe, counts: np.ndarray, number_format: NumberFormat) -> Plan:
    """Plans a training on `counts[k]` images of each class k. Raises DataError for an empty set."""
    images = int(counts.sum())
    if images == 0:
        raise DataError("the training split is empty: put images or clips into it")
    batch = min(recipe.batch_size, images)
    return Plan(
        images=images,
        batch_size=batch,
        epochs=recipe.epochs
        if recipe.minutes is None
        else _epochs_in(recipe, images // batch, number_format),
        number_format=number_format.name,
        class_weights=class_weights(counts) if _weighted(recipe, counts) else None,
    )


def _epochs_in(recipe: Recipe, steps_per_epoch: int, number_format: NumberFormat) -> int:
    assert recipe.minutes is not None
    assert number_format.seconds is not None
    seconds = recipe.minutes * 60 * (1 - SCORING_SHARE)
    return max(1, int(seconds / (number_format.seconds * steps_per_epoch)))


def _weighted(recipe: Recipe, counts: np.ndarray) -> bool:
    if recipe.class_weights == "auto":
        return bool(counts.max() > 2 * counts[counts > 0].min())
    return recipe.class_weights == "on"


def class_weights(counts: np.ndarray) -> tuple[float, ...]:
    """Inverse to each class's images, scaled so that the mean over all images is 1.

    >>> class_weights(np.array([30, 10]))
    (0.6666666666666666, 2.0)
    """
    present = counts > 0
    weights = np.zeros(len(counts))
    weights[present] = counts.sum() / (present.sum() * counts[present])
    return tuple(weights.tolist())
