"""What the steps of a training look like, decided once at its start and kept in its record."""

from dataclasses import dataclass

import numpy as np

from striate.errors import DataError
from striate.plain_values import JsonValue
from striate.training.recipe import Recipe


@dataclass(frozen=True)
class Plan(JsonValue):
    """The shape of a training."""

    images: int
    batch_size: int
    epochs: int | None
    """None: as many as fit into the minutes."""
    number_format: str
    class_weights: tuple[float, ...] | None = None
    """Weight of each class in the loss; their mean over the images is 1."""
    minutes: float | None = None
    """How long the training may take, opening its data included; None: as long as its epochs need."""

    @property
    def steps_per_epoch(self) -> int:
        """Full batches only: what is left over is seen in another epoch, as the order changes."""
        return self.images // self.batch_size

    @property
    def steps(self) -> int | None:
        """Of the whole training; None where its minutes decide."""
        return None if self.epochs is None else self.epochs * self.steps_per_epoch

    def batches(self, epoch: int, seed: int, part: slice, start: int = 0) -> list[np.ndarray]:
        """The indices of this process's part of each global batch of an epoch, from batch `start` on."""
        random = np.random.Generator(np.random.Philox(key=[seed, 2**40 + epoch]))
        order = random.permutation(self.images)[: self.steps_per_epoch * self.batch_size]
        return [batch[part] for batch in order.reshape(-1, self.batch_size)[start:]]


def make_plan(recipe: Recipe, counts: np.ndarray, number_format: str) -> Plan:
    """Plans a training on `counts[k]` images of each class k. Raises DataError for an empty set."""
    images = int(counts.sum())
    if images == 0:
        raise DataError("the training split is empty: put images or clips into it")
    return Plan(
        images=images,
        batch_size=min(recipe.batch_size, images),
        epochs=recipe.epochs if recipe.minutes is None else None,
        number_format=number_format,
        class_weights=class_weights(counts) if _weighted(recipe, counts) else None,
        minutes=recipe.minutes,
    )


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
