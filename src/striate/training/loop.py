"""The loop: steps, epochs, scores, checkpoints. One object holds what changes while a training runs."""

import math
import time
from contextlib import closing, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor

from striate.algorithms import using_algorithms
from striate.data.augment.augment import augment, draw
from striate.evaluating.calibration import probabilities
from striate.evaluating.metrics import Scores, score
from striate.evaluating.scoring import autocast, logits_of
from striate.models import save_weights
from striate.runs import CHECKPOINT, CHECKPOINT_BEFORE, MODEL, add_history, cut_history, write
from striate.training.checkpoint import Position, bring_up_to_date, restore, save_checkpoint
from striate.training.freezing import training_mode
from striate.training.loss import batch_loss
from striate.training.memory import Kept, carried
from striate.training.optimisation import MovingAverage, make_optimizer, set_pace
from striate.training.progress import Reporter
from striate.training.schedule import pace
from striate.training.setup import Job, has_flow
from striate.training.signals import StopRequest
from striate.training.step_errors import not_finite, within_limits
from striate.training.tally import Tally

CHECKPOINT_SECONDS = 60
"""A long epoch is saved this often in between."""
_GO_ON, _SAVE, _STOP, _NOT_FINITE = range(4)
"""What the processes agree on after each step: the highest of their wishes."""


class Loop:
    """A training under way."""

    def __init__(self, job: Job, reporter: Reporter, request: StopRequest) -> None:
        self.job, self.reporter, self.request = job, reporter, request
        self.team, self.recipe, self.plan = job.team, job.recipe, job.plan
        self.device = job.team.device
        self.network = job.network
        self.wrapped = job.team.wrap(job.network)
        self.average = MovingAverage(job.network, job.recipe.ema) if job.recipe.ema else None
        self.optimizer = make_optimizer(job.network, job.recipe, job.fresh)
        self.position = Position()
        self.weights = self._class_weights()
        self.part = self.team.part(self.plan.batch_size)
        self.tally = Tally(job.team)
        self.saved_at = time.monotonic()
        self.rate = 0.0
        self.step_bytes: int | None = None
        """Memory of a step on this process's part of a batch: see `memory`."""

    def _class_weights(self) -> Tensor | None:
        given = self.plan.class_weights
        return None if given is None else torch.tensor(given, device=self.device)

    @property
    def kept(self) -> torch.nn.Module:
        """The network whose weights are scored and saved."""
        return self.network if self.average is None else self.average.network

    def go_on(self) -> None:
        """Takes up the run at its checkpoint, or at its start if it was killed before the first."""
        if any((self.job.run / name).exists() for name in (CHECKPOINT, CHECKPOINT_BEFORE)):
            self._restore()
        if self.team.leads:
            bring_up_to_date(self.job.run)
            cut_history(self.job.run, self.position.step // self.plan.steps_per_epoch)

    def _restore(self) -> None:
        average = None if self.average is None else self.average.network
        self.position, note = restore(self.job.run, self.network, self.optimizer, average)
        if note is not None:
            self.reporter.say(note)
        self.tally.loss_sum, self.tally.correct, self.tally.seen = self.position.epoch_sums

    def run(self) -> str:
        """Trains to the end. Returns "finished", or "stopped" where somebody asked for it."""
        unit = self.job.data.unit
        self.reporter.begin(self.plan.steps, self.position.step, self.plan.epochs, unit)
        try:
            while self.position.step < self.plan.steps and not self._patience_is_over():
                if not self._epoch():
                    return "stopped"
        finally:
            self.reporter.end()
        return "finished"

    def _epoch(self) -> bool:
        """Trains to the end of the current epoch and scores it. False if stopped."""
        epoch, start = divmod(self.position.step, self.plan.steps_per_epoch)
        batches = self.plan.batches(epoch, self.recipe.seed, self.part, start)
        began, seen = time.perf_counter(), 0
        training_mode(self.network, self.recipe.freeze)
        train, draws = self.job.data.splits["train"], (self.recipe.seed, epoch)
        with closing(train.batches(batches, draws)) as feed:
            for images, labels, _ in feed:
                with within_limits(self.plan.batch_size):
                    self._step(images, labels)
                seen += self.plan.batch_size
                spent = time.perf_counter() - began
                wish = self._agree_on_wish(seen / spent)
                if wish == _GO_ON or self.position.step % self.plan.steps_per_epoch == 0:
                    continue
                if wish == _STOP:
                    self.position.seconds += spent
                self._save()
                if wish == _STOP:
                    return False
        spent = time.perf_counter() - began
        self._finish_epoch(epoch + 1, spent, seen / spent)
        over = self.position.step == self.plan.steps
        return over or self.team.highest(_STOP if self.request.asked else _GO_ON) == _GO_ON

    def _agree_on_wish(self, per_second: float) -> int:
        """What is to be done after this step, the same on every process. Raises if the loss is not finite."""
        step = self.position.step
        if step % self.tally.every == 0 or step % self.plan.steps_per_epoch == 0:
            self.tally.settle()
            self.reporter.step(step, self.tally.loss, self.tally.top1, per_second)
        wish = self.team.highest(self._wish())
        if wish == _NOT_FINITE:
            self._raise_not_finite()
        return wish

    def _wish(self) -> int:
        if not self.tally.finite:
            return _NOT_FINITE
        if self.request.asked:
            return _STOP
        return _SAVE if time.monotonic() - self.saved_at > CHECKPOINT_SECONDS else _GO_ON

    def _step(self, images: Tensor, labels: Tensor) -> None:
        """One step on this process's part of the global batch: images (n, C, …) uint8, labels (n,)."""
        step, recipe, batch = self.position.step, self.recipe, self.plan.batch_size
        torch.manual_seed(_mixed(recipe.seed, step, self.team.rank))  # dropout draws from here
        draws = draw(recipe.augmentation, batch, seed=recipe.seed, step=step).of(self.part)
        images, labels, flow = images.to(self.device), labels.to(self.device), has_flow(self.job.data)
        varied, targets = augment(images, labels, draws, flow=flow)
        self.rate = set_pace(
            self.optimizer,
            recipe,
            pace(recipe.schedule, step, self.plan.steps, warmup=recipe.warmup, momentum=recipe.momentum),
        )
        inputs, kept = self.job.normalise(varied), Kept(self.network)
        with nullcontext() if self.step_bytes else kept.counting():
            with (
                autocast(self.device, self.plan.number_format),
                using_algorithms(self.network, self.job.algorithms),
            ):
                logits = self.wrapped(inputs).float()
            loss = batch_loss(logits, targets, recipe.label_smoothing, self.weights, batch)
        self.optimizer.zero_grad(set_to_none=True)
        (loss * self.team.world).backward()  # type: ignore[no-untyped-call]  # gradients are averaged over processes
        if recipe.clip_norm:
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), recipe.clip_norm)
        self.optimizer.step()
        if self.average is not None:
            self.average.update(self.network, step)
        if self.step_bytes is None:
            average = None if self.average is None else self.average.network
            self.step_bytes = kept.bytes + carried(self.network, self.optimizer, average)
        self.tally.add(loss.detach() * batch, logits.detach(), targets.label, batch)
        self.position.step += 1

    def _finish_epoch(self, epoch: int, spent: float, per_second: float) -> None:
        began = time.perf_counter()
        if not all(torch.isfinite(value).all() for value in self.kept.parameters()):
            self._raise_not_finite()
        scores = self._score()
        position = self.position
        best = self._is_best(scores, epoch)
        if best:
            position.best_epoch = epoch
            if self.team.leads:
                write(self.job.run / MODEL, lambda path: save_weights(self.kept, path))
        row = {
            "epoch": epoch,
            "epochs": self.plan.epochs,
            "step": position.step,
            "learning_rate": self.rate,
            "train_loss": self.tally.loss,
            "train_top1": self.tally.top1,
            "val_loss": None if scores is None else scores.loss,
            "val_top1": None if scores is None else scores.top1,
            f"{self.job.data.unit}_per_second": per_second,
            "seconds": spent + time.perf_counter() - began,
            "best": best,
        }
        self.tally.clear()
        position.seconds += spent + time.perf_counter() - began
        if self.team.leads:
            add_history(self.job.run, row)
        self._save()
        self.reporter.epoch(row)

    def _score(self) -> Scores | None:
        """Of the validation split; None where there is none."""
        split = self.job.data.splits.get("val")
        if split is None or not len(split):
            return None
        logits = logits_of(
            self.kept,
            split,
            self.job.normalise,
            number_format=self.plan.number_format,
            algorithms=self.job.algorithms,
        )
        if not np.isfinite(logits).all():
            self._raise_not_finite()
        return score(probabilities(logits), split.labels, self.job.data.classes, self.job.data.unit)

    def _is_best(self, scores: Scores | None, epoch: int) -> bool:
        """Whether these weights are to be kept: the last ones not worse than the peak by more than chance.

        A difference within one standard error of the peak says nothing, and later weights have seen more
        (Breiman et al. 1984, the one-standard-error rule). Without scores the last are kept.
        """
        if scores is None:
            return True
        position = self.position
        if scores.top1 > position.peak_top1:
            position.peak_top1, position.peak_epoch = scores.top1, epoch
        peak = position.peak_top1
        return scores.top1 >= peak - math.sqrt(peak * (1 - peak) / scores.images)

    def _patience_is_over(self) -> bool:
        epoch, peak = self.position.step // self.plan.steps_per_epoch, self.position.peak_epoch
        patience = self.recipe.patience
        if patience is None or peak == 0 or epoch - peak < patience:  # peak 0: nothing to score by
            return False
        self.reporter.say(f"stopped early: no better validation score for {patience} epochs")
        return True

    def _save(self) -> None:
        self.tally.settle()
        if not self.tally.finite:
            self._raise_not_finite()
        if self.team.leads:
            states: dict[str, dict[str, Any]] = {
                "network": self.network.state_dict(),
                "optimizer": self.optimizer.state_dict(),
            }
            if self.average is not None:
                states["average"] = self.average.network.state_dict()
            tally = self.tally
            self.position.epoch_sums = (tally.loss_sum, tally.correct, tally.seen)
            save_checkpoint(self.job.run, self.position, states)
        self.saved_at = time.monotonic()

    def _raise_not_finite(self) -> None:
        step, recipe = self.position.step, self.recipe
        epoch = (step - 1) // self.plan.steps_per_epoch + 1
        raise not_finite(self.job.run, step, epoch, self.position.best_epoch, recipe.learning_rate)


def _mixed(*numbers: int) -> int:
    """One seed from several numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> np.uint64(1))
