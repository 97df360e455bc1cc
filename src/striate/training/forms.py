"""The forms of convolutions that a training takes: known ones; a long training measures what is unknown."""

from collections.abc import Callable, Iterable

import torch
from torch import nn

from striate.errors import NetworkError
from striate.forms import Choices, Table
from striate.forms.table import Key
from striate.training.recipe import Recipe
from striate.tuning import tune

WORTH_MEASURING = 100
"""Steps of a training that measures. Trying all forms takes as long as 4 to 8 steps."""

Progress = Callable[[int, int], None]


def forms_for(
    network: nn.Module,
    shapes: Iterable[tuple[int, ...]],
    number_format: str,
    device: torch.device,
    *,
    steps: float,
    progress: Progress | None = None,
) -> Table:
    """The forms for batches of these shapes, in a training of so many steps.

    A short training takes what is known from before. A network that cannot be followed without its numbers
    takes none.
    """
    table: dict[Key, Choices] = {}
    try:
        for shape in shapes:
            tuning = tune(
                network,
                shape,
                number_format=number_format,
                device=device,
                known_only=steps < WORTH_MEASURING,
                progress=progress,
            )
            table |= tuning.table
    except NetworkError:
        return {}
    return table


def steps_of(recipe: Recipe, images: int, seconds: float) -> float:
    """How many steps a training on so many images will have, where a step takes so many seconds."""
    if recipe.minutes is not None:
        return 60 * recipe.minutes / seconds
    return recipe.epochs * (images // min(recipe.batch_size, images))
