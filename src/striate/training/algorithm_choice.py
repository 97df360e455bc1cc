"""The convolution algorithms that a training takes: PyTorch's own call if it is short, else the fastest."""

from collections.abc import Callable, Iterable

import torch
from torch import nn

from striate.algorithms import Choices, Table
from striate.algorithms.table import Key
from striate.errors import NetworkError
from striate.training.recipe import Recipe
from striate.tuning import Store, tune

WORTH_MEASURING = 50
"""Steps of a training that measures. Trying all algorithms takes as long as 3 to 9 steps."""
MACS_PER_SECOND = 1e10
"""Of the forward pass, in whole training steps on a slow processor: at least so many fit into minutes."""

Progress = Callable[[int, int], None]


def algorithms_for(
    network: nn.Module,
    shapes: Iterable[tuple[int, ...]],
    number_format: str,
    device: torch.device,
    *,
    steps: float,
    progress: Progress | None = None,
) -> Table:
    """The algorithms for batches of these shapes, in a training of so many steps.

    A short training takes none, even if some are known: else the same command would round otherwise the next
    time. A network that cannot be followed without its numbers takes none either, nor does a training on a
    machine that cannot keep what was measured.
    """
    table: dict[Key, Choices] = {}
    if steps < WORTH_MEASURING:
        return table
    store = Store(device)
    try:
        for shape in shapes:
            tuning = tune(
                network, shape, number_format=number_format, device=device, store=store, progress=progress
            )
            table |= tuning.table
    except NetworkError:
        return {}
    if not store.path.is_file():  # what cannot be kept would be measured anew, and come out otherwise
        return {}
    return table


def steps_of(recipe: Recipe, images: int, macs: Callable[[], int]) -> float:
    """How many steps a training on so many images will have, by a rule: no time is taken.

    macs: counts the multiply-accumulates of a batch's forward pass; asked only where minutes are given.
    """
    if recipe.minutes is not None:
        return 60 * recipe.minutes * MACS_PER_SECOND / macs()
    return recipe.epochs * (images // min(recipe.batch_size, images))
