"""What the steps of a training look like, decided once at its start and kept in its record."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

import numpy as np

from striate.errors import ArgumentError, DataError, RunError
from striate.plain_values import JsonValue
from striate.runs import read_json_lines, write_json_lines
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


# How long a training is: a number of steps, or minutes, for which the steps are planned anew as they pass.
#
# A plan is kept on disk before it counts. A training that is resumed follows the plans that were kept, each
# at its step, and so takes the same steps at the same learning rates as if it had never been interrupted.

PLANS = "minutes.jsonl"
"""In the run's folder: one plan a line."""
UNPLANNED = sys.maxsize
"""Steps of a training whose speed is not known yet."""
AIM = 0.98
"""Share of the minutes that is planned for; the rest is for what nobody foresees."""
FIRST, AGAIN = 0.02, 0.15
"""The first plan is made after this share of all minutes, each later one after this share of those left."""
FINISHING_SECONDS = 1.5
"""Drawing and writing at the end."""
SCORING_STEPS = 0.5
"""A batch is scored in about so many times the time of a training step."""


@dataclass(frozen=True)
class Revision(JsonValue):
    """What is planned at a step."""

    step: int
    """From which on it counts."""
    share: float
    """Of the training that is done by then."""
    steps: int
    """Of the whole training."""
    elapsed: float = 0.0
    """Seconds of the training, opening its data included."""
    scoring: float = 0.0
    """Seconds of these in which epochs were scored and saved."""


def clock() -> float:
    """Seconds, from whenever."""
    return monotonic()


@dataclass(frozen=True)
class Minutes:
    """Keeps a training within its minutes: says when to plan anew, and how many steps are left then."""

    seconds: float
    """That the whole training may take."""
    plan: Plan
    scored_images: int
    """In the validation split, which each epoch scores."""
    finally_scored: int
    """Images that are scored once more at the end, in fp32."""

    def is_due(self, last: Revision, step: int, elapsed: float) -> bool:
        """Whether it is time for another plan than `last`, or its steps are done and minutes may be left."""
        if step == last.steps:
            return True
        if last.steps == UNPLANNED:
            return elapsed - last.elapsed >= FIRST * self.seconds
        return elapsed - last.elapsed >= AGAIN * (AIM * self.seconds - last.elapsed)

    def revised(self, last: Revision, step: int, share: float, elapsed: float, scoring: float) -> Revision:
        """The plan that fits what is left, at the speed since the last one.

        Args:
            last: the plan so far.
            step: how many steps are done.
            share: of the training that they are, by the plan so far.
            elapsed: seconds of the training.
            scoring: seconds of these in which the epochs so far were scored and saved.
        """
        plan = self.plan
        worked = (elapsed - last.elapsed) - (scoring - last.scoring)
        step_seconds = max(worked, 1e-6) / max(step - last.step, 1)
        epochs = step // plan.steps_per_epoch
        score_seconds = scoring / epochs if epochs else self._scored(self.scored_images, step_seconds)
        left = AIM * self.seconds - elapsed - score_seconds - self._finishing(step_seconds, score_seconds)
        fitting = int(left / (step_seconds + score_seconds / plan.steps_per_epoch))
        return Revision(step, share, step + max(fitting, 0), elapsed, scoring)

    def _finishing(self, step_seconds: float, score_seconds: float) -> float:
        slower = 2.0 if self.plan.number_format == "bf16" else 1.0
        if self.scored_images:
            scored = score_seconds * self.finally_scored / self.scored_images
        else:
            scored = self._scored(self.finally_scored, step_seconds)
        return FINISHING_SECONDS + slower * scored

    def _scored(self, images: int, step_seconds: float) -> float:
        return SCORING_STEPS * step_seconds * images / self.plan.batch_size


class Length:
    """How many steps a training has, as far as is known, and which share of it is done."""

    def __init__(self, plan: Plan, minutes: Minutes | None = None, began: float | None = None) -> None:
        self.plan, self.minutes = plan, minutes
        self.revisions = [Revision(0, 0.0, UNPLANNED if plan.steps is None else plan.steps)]
        self.coming: list[Revision] = []
        """Plans that this training made before it was interrupted, for steps that lie ahead."""
        self._began = clock() if began is None else began

    @property
    def elapsed(self) -> float:
        """Seconds of the training so far, opening its data included."""
        return clock() - self._began

    @property
    def steps(self) -> int:
        """Of the whole training, as planned now."""
        return self.revisions[-1].steps

    @property
    def known_steps(self) -> int | None:
        """The same; None before the first plan."""
        return None if self.steps == UNPLANNED else self.steps

    @property
    def epochs(self) -> int | None:
        """Of the whole training, the last of which may be cut short; None before the first plan."""
        return None if self.known_steps is None else -(-self.steps // self.plan.steps_per_epoch)

    def share(self, steps_done: int) -> float:
        """Of the training that is done after so many steps; 0 before the first plan."""
        last = self.revisions[-1]
        if self.known_steps is None or last.steps == last.step:
            return last.share
        return last.share + (1 - last.share) * (steps_done - last.step) / (last.steps - last.step)

    def go_on(self, revisions: list[Revision], step: int, elapsed: float) -> None:
        """Takes up a training after `step` steps: follows the plans made before, at their steps."""
        self.revisions += [one for one in revisions if one.step <= step]
        self.coming = [one for one in revisions if one.step > step]
        self._began -= elapsed

    def follow(self, step: int) -> None:
        """After this step: takes up the plan that was made here before an interruption, if one was."""
        if self.coming and self.coming[0].step == step:
            self.revisions.append(self.coming.pop(0))

    def begin(self, opening: float) -> None:
        """Notes how many seconds had passed before the first step."""
        self.revisions[0] = replace(self.revisions[0], elapsed=opening)

    def is_revision_due(self, step: int) -> bool:
        """Whether it is time to plan anew after this step."""
        if self.minutes is None or self.coming:
            return False
        return self.minutes.is_due(self.revisions[-1], step, self.elapsed)

    def revised(self, step: int, scoring: float) -> Revision:
        """What is to be planned now; see `Minutes.revised`."""
        assert self.minutes is not None
        return self.minutes.revised(self.revisions[-1], step, self.share(step), self.elapsed, scoring)


def keep_revision(run: Path, revision: Revision) -> None:
    """Adds a plan to those on disk, and waits until it is there."""
    plans = [*kept_revisions(run), revision]
    write_json_lines(run / PLANS, [plan.to_json() for plan in plans])


def kept_revisions(run: Path) -> list[Revision]:
    """The plans on disk. Raises RunError where they are damaged: other plans would be another training."""
    path = run / PLANS
    if path.is_symlink() or not path.is_file():  # a link is none of ours
        return []
    try:
        return [Revision.from_json(row) for row in read_json_lines(path)]
    except (ArgumentError, RunError) as problem:
        raise RunError(
            f"{path} is damaged ({problem}): restore it from a copy, or delete it, and what is left of the "
            "minutes is planned anew"
        ) from None
