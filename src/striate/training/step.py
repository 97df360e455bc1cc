"""One training step, whole, and all that it changes: weights, their average, the optimiser's memories, sums.

Everything random in it is drawn from (seed, step), so that a step is the same whenever it is taken.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from striate.algorithms import using_algorithms
from striate.data.augment.augment import augment
from striate.data.augment.augmentation import Draws, draw, mirrored_first
from striate.errors import TrainingError
from striate.evaluating.scoring import autocast
from striate.machine import seed_device
from striate.training.loss import Tally, batch_loss
from striate.training.optimisation import make_optimizer, moving_average, pace, set_pace
from striate.training.process_group import processes
from striate.training.request import has_flow
from striate.training.setup import Setup
from striate.training.shared_draws import SharedDropout, share_dropout
from striate.watching import watching


class Learner:
    """A network that learns."""

    def __init__(self, setup: Setup) -> None:
        self.setup, self.recipe, self.group = setup, setup.recipe, setup.group
        self.device = setup.group.device
        self.network = setup.network
        self.batch = setup.plan.batch_size
        self.part = setup.group.part(self.batch)
        if setup.began_with is not None:
            share_dropout(setup.network, self.batch, self.part)
        self.wrapped = setup.group.wrap(setup.network, self.batch)
        self.average = moving_average(setup.network, setup.recipe.ema) if setup.recipe.ema else None
        self.optimizer = make_optimizer(setup.network, setup.recipe, setup.full_rate)
        weights = setup.plan.class_weights
        self.class_weights = None if weights is None else torch.tensor(weights, device=self.device)
        self.exchanges = setup.data.exchanges(setup.recipe.augmentation.flip)
        self.mirrored_first = mirrored_first(setup.plan.images, setup.recipe.seed)
        self.tally = Tally(setup.group)
        self.rate = 0.0
        self.step_bytes: int | None = None
        """Memory of a step on this process's part of a batch: see `Kept` and `carried`."""

    def step(self, images: Tensor, labels: Tensor, indices: np.ndarray, *, step: int, done: float) -> None:
        """One step on this process's part of the global batch.

        Args:
            images: (n, C, …) uint8.
            labels: (n,).
            indices: (n,) of these in the training split.
            step: its number, from 0.
            done: share of the training that is done with it, which decides the learning rate.
        """
        recipe = self.recipe
        self._seed(step)
        draws = self._draws(indices, step)
        images, labels = images.to(self.device), labels.to(self.device)
        varied, targets = augment(
            images, labels, draws, flow=has_flow(self.setup.data), exchanges=self.exchanges
        )
        self.rate = set_pace(
            self.optimizer,
            recipe,
            pace(recipe.schedule, done, warmup=recipe.warmup, momentum=recipe.momentum),
        )
        memory = Kept(self.network)
        with nullcontext() if self.step_bytes else self._first(memory):
            logits = self._logits(self.setup.normalise(varied))
            loss = batch_loss(logits, targets, recipe.label_smoothing, self.class_weights, self.batch)
        self.optimizer.zero_grad(set_to_none=True)
        scaled = loss * self.group.world_size  # gradients are averaged over processes
        scaled.backward()  # type: ignore[no-untyped-call]
        if recipe.clip_norm:
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), recipe.clip_norm)
        self.optimizer.step()
        if self.average is not None:
            self.average.update_parameters(self.network)
        if self.step_bytes is None:
            average = None if self.average is None else self.average.module
            self.step_bytes = memory.bytes + carried(self.network, self.optimizer, average)
        self.tally.add(loss.detach() * self.batch, logits.detach(), targets.label, self.batch)

    def _seed(self, step: int) -> None:
        """Dropouts draw from here: shared ones the same on every process, what else draws its own."""
        seed_device(self.device, _mixed(self.recipe.seed, step, self.group.rank))
        SharedDropout.generator = torch.Generator(self.device).manual_seed(_mixed(self.recipe.seed, step, 0))

    @contextmanager
    def _first(self, memory: "Kept") -> Iterator[None]:
        """The first step here: its memory is counted; with other processes than before, it draws nothing."""
        before = self.setup.began_with
        state = torch.get_rng_state()
        with memory.counting():
            yield
        if before is not None and self.group.is_main and not torch.equal(state, torch.get_rng_state()):
            raise TrainingError(
                f"{self.setup.run} began with {processes(before)}, and its network draws random "
                "numbers of its own, which differ with the number of processes: go on with as many, or start "
                f"a new run with --weights {self.setup.run}"
            )

    def _draws(self, indices: np.ndarray, step: int) -> Draws:
        """How these are varied. Each is mirrored every other epoch: a coin could show one side for long."""
        draws = draw(
            self.recipe.augmentation,
            self.batch,
            size=self.setup.data.size,
            seed=self.recipe.seed,
            step=step,
            exchanges=self.exchanges,
        ).of(self.part)
        if draws.mirrored is None:
            return draws
        odd = step // self.setup.plan.steps_per_epoch % 2 == 1
        return draws._replace(mirrored=self.mirrored_first[indices] ^ odd)

    def _logits(self, inputs: Tensor) -> Tensor:
        """(n, K) in fp32, computed in the training's number format by its algorithms."""
        with (
            autocast(self.device, self.setup.plan.number_format),
            using_algorithms(self.network, self.setup.algorithms),
        ):
            logits: Tensor = self.wrapped(inputs).float()
        return logits

    @property
    def best_guess(self) -> nn.Module:
        """The network whose weights are scored and saved: the average, where there is one."""
        return self.network if self.average is None else self.average.module

    def states(self) -> dict[str, dict[str, Any]]:
        """The state dicts that a checkpoint holds."""
        states: dict[str, dict[str, Any]] = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        if self.average is not None:
            states["average"] = self.average.module.state_dict()
        return states

    def count_from(self, steps_done: int) -> None:
        """Goes on after so many steps, whose states have been restored."""
        if self.average is not None:
            self.average.n_averaged.fill_(steps_done + 1)


def _mixed(*numbers: int) -> int:
    """One seed from several numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> np.uint64(1))


class Kept:
    """Counts the bytes that the steps in the block keep for their backward passes.

    Each storage counts once, however many layers keep it; weights do not count, `carried` counts those.
    """

    def __init__(self, network: nn.Module) -> None:
        self.bytes = 0
        self._network = network
        self._seen = {value.untyped_storage().data_ptr() for value in network.parameters()}

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Counts in the block; what is computed there stays the same."""
        held = []  # as long as they are held, no other tensor has their address

        def count(tensor: Tensor) -> None:
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in self._seen:
                self._seen.add(storage.data_ptr())
                self.bytes += storage.nbytes()
                held.append(storage)

        with watching(self._network, saved=count):
            yield
        held.clear()


def carried(network: nn.Module, optimizer: torch.optim.Optimizer, average: nn.Module | None) -> int:
    """Bytes of weights, gradients, the optimiser's memories and the moving average."""
    values = [*network.parameters(), *network.buffers()]
    values += [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
    values += [value for state in optimizer.state.values() for value in state.values() if _is_tensor(value)]
    if average is not None:
        values += [*average.parameters(), *average.buffers()]
    return sum(value.numel() * value.element_size() for value in values)


def _is_tensor(value: object) -> bool:
    return isinstance(value, Tensor)
