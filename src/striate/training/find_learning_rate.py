"""The verb `find_learning_rate`: data in, the loss at rising learning rates out; nothing of it is kept."""

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import torch
from torch import Tensor

from striate.checked import checked, like
from striate.data.sources.given import Source, name_of
from striate.errors import ArgumentError
from striate.machine import keep_memory, pick_device, same_bits, threads
from striate.training.optimisation import training_mode
from striate.training.presets import check_names
from striate.training.process_group import process_group
from striate.training.progress import Reporter
from striate.training.rate_search import RatePoint, RateSearch, flown_apart, smoothed, steepest
from striate.training.request import Request
from striate.training.requested import machine_options, requested
from striate.training.setup import Setup, new_setup
from striate.training.step import Learner
from striate.training.stopping import within_limits
from striate.training.train import train

OWN = {"learning_rate", "schedule", "warmup", "epochs", "minutes", "ema", "patience"}
"""Settings of a training that the search decides itself."""


@checked
@like(train, without="resume out track reporter on_epoch_end")
def find_learning_rate(
    data: Source,
    *,
    lowest: float = 1e-6,
    highest: float = 1.0,
    steps: int = 100,
    progress: Callable[[int, int], None] | None = None,
    **training: Any,
) -> RateSearch:
    """Trains some hundred steps at learning rates from very low to very high, and suggests one.

    The suggestion is where the smoothed loss falls fastest (Smith 2017); the search ends early where the loss
    flies apart. It holds for this optimiser and batch size. Nothing of the network is kept.

    Args:
        data: as in `train`.
        lowest: the first rate.
        highest: the last rate.
        steps: how many rates are tried, one a batch, each the same factor above the one before.
        progress: is called with the number of steps done and that of all.
        training: anything else that `train` takes, as backbone="plain" or batch_size=64.

    Returns:
        The loss at each rate, and the rate at which it fell fastest.

    Raises:
        StriateError: in one sentence, for whatever in these does not fit.

    >>> striate.find_learning_rate("digits", batch_size=64).suggested  # doctest: +SKIP
    """
    check_names(training, find_learning_rate)
    _refuse(lowest, highest, steps, training)
    machine = machine_options(training)
    device = pick_device(machine.device)
    keep_memory()
    # few steps: no algorithms are measured
    request = requested(name_of(data), {"algorithms": "plain"} | training)
    rates = [float(rate) for rate in np.geomspace(float(lowest), float(highest), steps)]
    with (
        process_group(device) as group,
        threads(machine.num_threads),
        torch.random.fork_rng(devices=range(torch.cuda.device_count())),
        same_bits(device),
    ):
        setup = new_setup(request, group, Reporter())
        return _searched(setup, request, rates, progress)


def _refuse(lowest: float, highest: float, steps: int, training: dict[str, Any]) -> None:
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise ArgumentError("find-rate searches in one process: start it without torchrun")
    if not 0 < lowest < highest:
        raise ArgumentError(f"rates rise from lowest, above 0, to highest; got {lowest:g} and {highest:g}")
    if not 10 <= steps <= 10_000:
        raise ArgumentError(f"a search takes 10 to 10,000 steps; got {steps:,}")
    for name in OWN & training.keys():
        raise ArgumentError(f"find-rate tries each rate for one step, without an average: leave {name} out")


def _searched(
    setup: Setup, request: Request, rates: list[float], progress: Callable[[int, int], None] | None
) -> RateSearch:
    losses: list[float] = []
    for loss in _losses(setup, rates):
        losses.append(loss)
        if progress is not None:
            progress(len(losses), len(rates))
        if flown_apart(losses):
            break
    losses = [loss for loss in losses if math.isfinite(loss)]
    if not losses:
        raise ArgumentError(f"the loss is no finite number at the lowest rate, {rates[0]:g}: try a lower one")
    tried, line = rates[: len(losses)], smoothed(losses)
    suggested = steepest(tried, line)
    return RateSearch(
        data=setup.data.source,
        network=request.network.backbone,
        optimizer=setup.recipe.optimizer,
        batch_size=setup.plan.batch_size,
        suggested=suggested,
        lowest=tried[int(np.argmin(line))],
        points=tuple(map(RatePoint, tried, losses, map(float, line))),
        notes=() if suggested else ("the loss fell at no rate: try more steps, or a smaller batch",),
    )


def _losses(setup: Setup, rates: list[float]) -> Iterator[float]:
    """The loss of each batch, learnt from at one rate after the other."""
    flat = replace(setup.recipe, ema=0.0, schedule="cosine", warmup=0.0)  # its beginning is its highest rate
    learner = Learner(replace(setup, recipe=flat))
    training_mode(learner.network, flat.freeze)
    for step, (rate, (images, labels, indices)) in enumerate(zip(rates, _batches(setup), strict=False)):
        learner.recipe = replace(flat, learning_rate=rate)
        with within_limits(setup.plan.batch_size):
            learner.step(images, labels, indices, step=step, done=0.0)
        learner.tally.settle()
        yield learner.tally.loss
        learner.tally.clear()


def _batches(setup: Setup) -> Iterator[tuple[Tensor, Tensor, np.ndarray]]:
    """Epoch after epoch, without end."""
    whole, seed = slice(0, setup.plan.batch_size), setup.recipe.seed
    for epoch in count():
        yield from setup.data.splits["train"].batches(setup.plan.batches(epoch, seed, whole), (seed, epoch))
