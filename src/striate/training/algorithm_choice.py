"""How a training computes, tried on its first batch: its number format, and algorithms of convolutions.

A short training takes PyTorch's own call for every convolution, a longer one the fastest right algorithm.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from striate.algorithms import Choices, Table
from striate.algorithms.in_network import Key
from striate.data import ImageData
from striate.data.augment.augment import augment
from striate.data.augment.augmentation import draw
from striate.errors import NetworkError
from striate.evaluating.scoring import Normalisation
from striate.machine import gains_by_choosing
from striate.training.loss import batch_loss
from striate.training.number_format import Loss, NumberFormat, choose, work_of
from striate.training.process_group import ProcessGroup
from striate.training.progress import Reporter
from striate.training.recipe import Recipe
from striate.training.request import has_flow
from striate.training.stopping import within_limits
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
    machine that cannot keep what was measured, nor one on a GPU.
    """
    table: dict[Key, Choices] = {}
    if steps < WORTH_MEASURING or not gains_by_choosing(device):
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


@dataclass(frozen=True)
class FirstBatch:
    """A real batch spread over the training split, as one process sees its part of it."""

    shape: tuple[int, ...]
    """Of one input, as the network takes it."""
    images: int
    """In the whole split."""
    size: int
    """Of the whole batch, over all processes."""
    loss: Loss
    group: ProcessGroup


def first_batch(data: ImageData, recipe: Recipe, normalise: Normalisation, group: ProcessGroup) -> FirstBatch:
    """Takes, varies and normalises this process's part of the batch."""
    train = data.splits["train"]
    size = min(recipe.batch_size, len(train))
    part = group.part(size)
    rows = np.arange(size)[part] * (len(train) // size)
    images = train.take(rows).to(group.device)
    labels = torch.from_numpy(train.labels[rows]).to(group.device)
    exchanges = data.exchanges(recipe.augmentation.flip)
    draws = draw(recipe.augmentation, size, size=data.size, seed=recipe.seed, step=0, exchanges=exchanges).of(
        part
    )
    varied, targets = augment(images, labels, draws, flow=has_flow(data), exchanges=exchanges)
    inputs = normalise(varied)

    def loss(network: nn.Module) -> Tensor:
        scores = network(inputs)
        if not isinstance(scores, Tensor):
            raise NetworkError(
                f"{type(network).__name__} gives {type(scores).__name__} in training, where one score for "
                "each class is needed, as in evaluation: leave its auxiliary scores out, as with "
                "aux_logits=False"
            )
        return batch_loss(scores.float(), targets, recipe.label_smoothing, None, len(rows))

    return FirstBatch(tuple(inputs.shape[1:]), len(train), size, loss, group)


def choose_computing(
    network: nn.Module, batch: FirstBatch, recipe: Recipe, reporter: Reporter
) -> NumberFormat:
    """The number format, and the algorithms in it; the main process's choice counts."""
    group = batch.group
    if not group.is_main:
        return group.agree(NumberFormat("fp32", "the main process chooses"))

    def table(number_format: str) -> Table:
        if recipe.algorithms == "plain":
            return {}
        shapes = [(size, *batch.shape) for size in group.part_sizes(batch.size)]
        steps = steps_of(recipe, batch.images, lambda: work_of(network, batch.loss).macs)
        return algorithms_for(
            network, shapes, number_format, group.device, steps=steps, progress=reporter.measuring
        )

    with within_limits(batch.size):
        choice = choose(network, batch.loss, group.device, recipe.number_format, table)
    return group.agree(choice)
