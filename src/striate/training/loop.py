"""The loop around the step: epochs, scores, checkpoints, minutes, and going on where a training was."""

import math
import time
from contextlib import closing
from typing import Any, NoReturn

import numpy as np
import torch

from striate.evaluating.metrics import Scores, probabilities, score
from striate.evaluating.scoring import logits_of
from striate.models import save_weights
from striate.runs import MODEL, add_history, cut_history, read_history, write
from striate.training.checkpoint import Position, bring_up_to_date, restored, save_checkpoint
from striate.training.loss import objective
from striate.training.optimisation import training_mode
from striate.training.plan import Length, Minutes, keep_revision, kept_revisions
from striate.training.progress import Reporter
from striate.training.setup import Setup
from striate.training.step import Learner
from striate.training.stopping import StopRequest, not_finite, within_limits

CHECKPOINT_SECONDS = 60
"""A long epoch is saved this often in between."""
_GO_ON, _SAVE, _STOP, _NOT_FINITE = range(4)
"""What the processes agree on after each step: the highest of what each is for."""


class Loop:
    """A training under way."""

    def __init__(self, setup: Setup, reporter: Reporter, stop: StopRequest) -> None:
        self.setup, self.reporter, self.stop = setup, reporter, stop
        self.group, self.recipe, self.plan = setup.group, setup.recipe, setup.plan
        self.learner = Learner(setup)
        self.position = Position()
        self.length = Length(setup.plan, _minutes(setup), setup.began)
        self.tally = self.learner.tally
        self.saved_at = time.monotonic()

    def go_on(self) -> None:
        """Takes up the run at its checkpoint, or at its start if it was killed before the first."""
        run = self.setup.run
        self._restore()
        revisions = self.group.from_main(lambda: kept_revisions(run))
        self.length.go_on(revisions, self.position.step, self.position.elapsed)
        if self.group.is_main:
            bring_up_to_date(run)
            cut_history(run, sum(row["step"] <= self.position.step for row in read_history(run)))

    def _restore(self) -> None:
        """The main process reads the checkpoint: no other machine need have the run's folder."""
        learner = self.learner
        network, optimizer = learner.network, learner.optimizer
        average = None if learner.average is None else learner.average.module
        found = self.group.from_main(lambda: restored(self.setup.run, network, optimizer, average))
        if found is None:
            return
        found.put_into(network, optimizer, average)
        self.position = found.position
        learner.count_from(self.position.step)
        if found.note is not None:
            self.reporter.say(found.note)
        self.tally.loss_sum, self.tally.correct, self.tally.seen = self.position.epoch_sums

    def run(self) -> str:
        """Trains to the end. Returns "finished", or "stopped" where somebody asked for it."""
        known, position = self.length, self.position
        if position.opening is None:
            position.opening = known.elapsed
        known.begin(position.opening)
        self.reporter.learns(self.setup.run, self.learner.best_guess)
        self.reporter.begin(known.known_steps, position.step, known.epochs, self.setup.data.unit)
        try:
            while self.position.step < self.length.steps and not self._patience_is_over():
                if not self._epoch():
                    return "stopped"
        finally:
            self.reporter.end()
        return "finished"

    def _epoch(self) -> bool:
        """Trains to the end of the current epoch and scores it. False if stopped."""
        epoch, start = divmod(self.position.step, self.plan.steps_per_epoch)
        batches = self.plan.batches(epoch, self.recipe.seed, self.learner.part, start)
        training_mode(self.learner.network, self.recipe.freeze)
        train, draws = self.setup.data.splits["train"], (self.recipe.seed, epoch)
        began, seen = time.perf_counter(), 0
        with closing(train.batches(batches, draws)) as feed:
            for images, labels, indices in feed:
                self._step(images, labels, indices)
                seen += self.plan.batch_size
                spent = time.perf_counter() - began
                action = self._agree_on_action(seen / spent)
                if self._epoch_is_over():
                    break
                if action == _STOP:
                    self.position.seconds += spent
                if action in (_SAVE, _STOP):
                    self._save()
                if action == _STOP:
                    return False
        self._finish_epoch(epoch + 1, time.perf_counter() - began, seen / spent)
        over = self.position.step >= self.length.steps
        return over or self.group.highest(_STOP if self.stop.asked else _GO_ON) == _GO_ON

    def _epoch_is_over(self) -> bool:
        step = self.position.step
        return step % self.plan.steps_per_epoch == 0 or step >= self.length.steps

    def _step(self, images: torch.Tensor, labels: torch.Tensor, indices: np.ndarray) -> None:
        step = self.position.step
        with within_limits(self.plan.batch_size):
            self.learner.step(images, labels, indices, step=step, done=self.length.share(step + 1))
        self.position.step += 1

    def _agree_on_action(self, per_second: float) -> int:
        """What is to be done after this step, the same on every process. Raises if the loss is not finite."""
        step = self.position.step
        if step % self.tally.every == 0 or step % self.plan.steps_per_epoch == 0:
            self.tally.settle()
            self.reporter.step(step, self.tally.loss, self.tally.top1, per_second)
        is_due = self.group.is_main and self.length.is_revision_due(step)
        action, revising = divmod(self.group.highest(2 * self._action() + is_due), 2)
        if action == _NOT_FINITE:
            self._raise_not_finite()
        if revising:
            self._revise()
        self.length.follow(step)
        return action

    def _action(self) -> int:
        """What this process is for."""
        if not self.tally.finite:
            return _NOT_FINITE
        if self.stop.asked:
            return _STOP
        if time.monotonic() - self.saved_at > CHECKPOINT_SECONDS:
            return _SAVE
        return _GO_ON

    def _revise(self) -> None:
        """Plans anew how many steps fit into the minutes; the plan is on disk before it counts."""
        first = self.length.known_steps is None
        revision = self.group.agree(self.length.revised(self.position.step, self.position.scoring))
        if self.group.is_main:
            keep_revision(self.setup.run, revision)
        self.length.revisions.append(revision)
        self.reporter.plan(revision.steps, self.length.epochs or 1)
        if first:
            epochs = revision.steps / self.plan.steps_per_epoch
            self.reporter.say(
                f"about {revision.steps:,} steps ({epochs:,.1f} epochs) fit into {self.plan.minutes:g} "
                "minutes; this is planned anew on the way"
            )

    def _finish_epoch(self, epoch: int, spent: float, per_second: float) -> None:
        began, elapsed = time.perf_counter(), self.length.elapsed
        self.tally.settle()
        if not all(torch.isfinite(value).all() for value in self.learner.best_guess.parameters()):
            self._raise_not_finite()
        scores, loss = self._score()
        position = self.position
        best = self._is_best(scores, epoch)
        if best:
            position.best_epoch = epoch
            if self.group.is_main:
                write(self.setup.run / MODEL, lambda path: save_weights(self.learner.best_guess, path))
        spent += time.perf_counter() - began
        row = self._row(epoch, scores) | {
            f"{self.setup.data.unit}_per_second": per_second,
            "seconds": spent,
            "val_objective": loss,
            "best": best,
        }
        self.tally.clear()
        position.seconds += spent
        if self.group.is_main:
            add_history(self.setup.run, row)
        position.scoring += self.length.elapsed - elapsed
        self._save()
        self.reporter.epoch(row)

    def _row(self, epoch: int, scores: Scores | None) -> dict[str, Any]:
        """What the history keeps of an epoch."""
        return {
            "epoch": epoch,
            "epochs": self.length.epochs or epoch,
            "step": self.position.step,
            "learning_rate": self.learner.rate,
            "train_loss": self.tally.loss,
            "train_top1": self.tally.top1,
            "val_loss": None if scores is None else scores.loss,
            "val_top1": None if scores is None else scores.top1,
        }

    def _score(self) -> tuple[Scores | None, float | None]:
        """Of the validation split: scores, and the loss that is trained with; None where there is none."""
        split = self.setup.data.splits.get("val")
        if split is None or not len(split):
            return None, None
        logits = logits_of(
            self.learner.best_guess,
            split,
            self.setup.normalise,
            number_format=self.plan.number_format,
            algorithms=self.setup.algorithms,
        )
        if not np.isfinite(logits).all():
            self._raise_not_finite()
        scores = score(probabilities(logits), split.labels, self.setup.data.classes, self.setup.data.unit)
        smoothing, weights = self.recipe.label_smoothing, self.learner.class_weights
        return scores, objective(logits, split.labels, smoothing, weights)

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
        tally, position = self.tally, self.position
        position.epoch_sums = tally.loss_sum, tally.correct, tally.seen
        position.elapsed = self.length.elapsed
        if self.group.is_main:
            save_checkpoint(self.setup.run, position, self.learner.states())
        self.saved_at = time.monotonic()

    def _raise_not_finite(self) -> NoReturn:
        step = self.position.step
        epoch = (step - 1) // self.plan.steps_per_epoch + 1
        raise not_finite(self.setup.run, step, epoch, self.position.best_epoch, self.recipe.learning_rate)


def _minutes(setup: Setup) -> Minutes | None:
    plan = setup.plan
    if plan.minutes is None:
        return None
    val, test = (len(setup.data.splits.get(name, ())) for name in ("val", "test"))
    return Minutes(60 * plan.minutes, plan, scored_images=val, finally_scored=val + test)
