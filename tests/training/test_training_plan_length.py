"""Minutes are kept, whatever the speed does; a training that was interrupted takes the same steps."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from small_runs import TINY, At, Told, assert_equal, go_on, small_recipe, small_run, state_of
from striate.errors import RunError
from striate.runs import read_history
from striate.training import plan as plan_module
from striate.training.plan import (
    FINISHING_SECONDS,
    PLANS,
    Length,
    Minutes,
    Plan,
    Revision,
    keep_revision,
    kept_revisions,
)

BATCH = 10


def plan_of(per_epoch: int, minutes: float | None = None, epochs: int | None = None) -> Plan:
    return Plan(per_epoch * BATCH, BATCH, epochs, "fp32", minutes=minutes)


def test_a_fixed_number_of_steps() -> None:
    known = Length(plan_of(5, epochs=4))
    assert (known.steps, known.known_steps, known.epochs) == (20, 20, 4)
    assert [known.share(step) for step in (0, 1, 20)] == [0, 1 / 20, 1]
    assert not known.is_revision_due(20)


def test_shares_go_on_where_they_were_when_the_steps_are_planned_anew() -> None:
    """By hand: half of ten steps are done, then ten more are planned for the other half."""
    known = Length(plan_of(5, minutes=1))
    assert (known.known_steps, known.epochs, known.share(3)) == (None, None, 0.0)
    known.revisions.append(Revision(0, 0.0, 10))
    assert known.share(5) == 0.5
    known.revisions.append(Revision(5, known.share(5), 15))
    assert [known.share(step) for step in (5, 6, 10, 15)] == [0.5, 0.55, 0.75, 1.0]
    assert known.epochs == 3
    known.revisions.append(Revision(11, known.share(11), 11))
    assert known.epochs == 3  # the last one is cut short


class Course:
    """A training without a network: a clock that steps, scores and the end move on.

    scoring: seconds in which the three batches of the validation split are scored at pace 1.
    """

    def __init__(
        self, minutes: float, per_epoch: int, pace: Callable[[float], float], scoring: float
    ) -> None:
        self.now, self.scored, self.pace, self.score_seconds = 0.0, 0.0, pace, scoring
        self.minutes, self.per_epoch = minutes, per_epoch

    def seconds(self, opening: float) -> float:
        """Of the whole training, in which a step takes a second at pace 1."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(plan_module, "clock", lambda: self.now)
            plan = plan_of(self.per_epoch, self.minutes)
            minutes = Minutes(60 * self.minutes, plan, scored_images=30, finally_scored=60)
            known = Length(plan, minutes, began=0.0)
            self.now += opening
            known.begin(opening)
            step = 0
            while step < known.steps:
                self.now += self.pace(self.now)
                step += 1
                if known.is_revision_due(step):
                    known.revisions.append(known.revised(step, self.scored))
                    assert known.steps >= step
                if step % self.per_epoch == 0 or step == known.steps:
                    self._score()
            self.now += 2 * self.score_seconds * self.pace(self.now) + FINISHING_SECONDS
            assert known.steps == step
        return self.now

    def _score(self) -> None:
        spent = self.score_seconds * self.pace(self.now)
        self.now, self.scored = self.now + spent, self.scored + spent


@given(
    minutes=st.floats(2, 60),
    per_epoch=st.integers(1, 400),
    factor=st.floats(1 / 3, 3),
    moment=st.floats(0, 1),
    scoring=st.floats(0.9, 2),
    opening=st.floats(0, 10),
    jitter=st.floats(0, 0.3),
)
def test_minutes_are_kept_when_the_speed_changes_threefold(
    minutes: float,
    per_epoch: int,
    factor: float,
    moment: float,
    scoring: float,
    opening: float,
    jitter: float,
) -> None:
    ticks = itertools.cycle([1 - jitter, 1 + jitter])

    def pace(now: float) -> float:
        """Seconds of a step: about one, and another length after the moment."""
        return next(ticks) * (factor if now >= 60 * minutes * moment else 1.0)

    taken = Course(minutes, per_epoch, pace, scoring).seconds(opening)
    assert 0.9 <= taken / (60 * minutes) <= 1.1


def test_a_training_too_long_for_an_epoch_ends_within_it() -> None:
    assert 108 <= Course(2, 10_000, lambda now: 1.0, 1.5).seconds(0.0) <= 120


def test_what_is_kept_comes_back_whole_or_is_refused(tmp_path: Path) -> None:
    """Other plans would be another training."""
    assert kept_revisions(tmp_path) == []
    revisions = [Revision(3, 0.25, 12, 1.5, 0.5), Revision(7, 0.5, 14, 3.0, 0.75)]
    for one in revisions:
        keep_revision(tmp_path, one)
    assert kept_revisions(tmp_path) == revisions
    path = tmp_path / PLANS
    text = path.read_bytes()
    first = text.index(b"\n")
    for cut in range(len(text)):
        path.write_bytes(text[:cut])
        if cut in (0, first, first + 1, len(text) - 1):  # between lines
            found = kept_revisions(tmp_path)
            assert found == revisions[: len(found)]
            continue
        with pytest.raises(RunError) as caught:
            kept_revisions(tmp_path)
        assert str(caught.value).startswith(f"{path} is damaged (")
        assert str(caught.value).endswith(
            "): restore it from a copy, or delete it, and what is left of the minutes is planned anew"
        )


def test_a_link_in_place_of_the_plans_is_replaced_and_never_written_through(tmp_path: Path) -> None:
    precious, run = tmp_path / "precious", tmp_path / "run"
    precious.write_text("precious")
    run.mkdir()
    (run / PLANS).symlink_to(precious)
    keep_revision(run, Revision(3, 0.25, 12))
    assert precious.read_text() == "precious"
    assert not (run / PLANS).is_symlink()
    assert kept_revisions(run) == [Revision(3, 0.25, 12)]


def test_plans_made_before_an_interruption_are_followed_at_their_steps() -> None:
    revisions = [Revision(3, 0.0, 12), Revision(7, 0.5, 14), Revision(9, 0.6, 16)]
    known = Length(plan_of(5, minutes=1), Minutes(60, plan_of(5, minutes=1), 10, 20))
    known.go_on(revisions, step=7, elapsed=100.0)
    assert (known.steps, known.elapsed >= 100) == (14, True)
    assert not known.is_revision_due(7)  # though the minutes are over: the plan of step 9 is to come
    known.follow(8)
    assert known.steps == 14
    known.follow(9)
    assert known.steps == 16
    assert known.is_revision_due(9)


# In a training.


class Ticking(At):
    """Moves a clock by a second at every step, and by three from a step on; stops after another."""

    def __init__(self, clock: list[float], stop_after: int = -1, slow_after: int = 20) -> None:
        super().__init__(stop_after)
        self.clock, self.slow_after = clock, slow_after

    def step(self, done: int, loss: float, top1: float, per_second: float) -> None:
        self.clock[0] += 3.0 if done > self.slow_after else 1.0
        super().step(done, loss, top1, per_second)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands still unless it is moved."""
    now = [0.0]
    monkeypatch.setattr("striate.training.plan.clock", lambda: now[0])
    monkeypatch.setattr("striate.training.train.clock", lambda: now[0])
    return now


def minutes_run(out: Path, data: Path, reporter: Told, **changes: Any) -> Any:
    recipe = small_recipe(minutes=1.0, algorithms="plain", **changes)
    return small_run(out, recipe, data=data, options=TINY, reporter=reporter)


@pytest.mark.usefixtures("quick")
def test_a_training_within_its_minutes(tmp_path: Path, small_set: Path, clock: list[float]) -> None:
    """20 steps of a second, then of three.

    The first plan, by hand: two seconds have passed, each epoch of five steps scores half a batch of 16 in a
    quarter of a second, the end takes 1.5 seconds and 61 images: (58.8 - 2 - 0.25 - 1.5 - 0.95) / 1.05 = 51.
    """
    told = Ticking(clock)
    run = minutes_run(tmp_path / "run", small_set, told)
    assert 0.9 * 60 <= run.total_seconds <= 60
    assert told.begun == [(None, 0, None)]
    (said,) = (line for line in told.lines if "planned anew" in line)
    assert said == "about 53 steps (10.6 epochs) fit into 1 minutes; this is planned anew on the way"
    rows = read_history(tmp_path / "run")
    assert rows[-1]["step"] == told.steps[-1] == kept_revisions(tmp_path / "run")[-1].steps
    assert [row["epoch"] for row in rows] == list(range(1, len(rows) + 1)) == list(range(1, run.epochs + 1))


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("stops", [(1,), (3,), (19, 22), (5, 6, 7, 30)])
def test_interrupted_at_any_step_it_takes_the_same_steps(
    tmp_path: Path, small_set: Path, clock: list[float], stops: tuple[int, ...]
) -> None:
    minutes_run(tmp_path / "whole", small_set, Ticking(clock))
    first, *others = stops
    run = tmp_path / "run"
    assert minutes_run(run, small_set, Ticking(clock, first)).status == "stopped"
    for stop in others:
        clock[0] += 1000  # a pause
        assert go_on(run, reporter=Ticking(clock, stop)).status == "stopped"
    clock[0] += 1000
    assert go_on(run, reporter=Ticking(clock)).status == "finished"
    assert (run / PLANS).read_bytes() == (tmp_path / "whole" / PLANS).read_bytes()
    assert_equal(state_of(run), state_of(tmp_path / "whole"))


@pytest.mark.usefixtures("quick")
def test_plans_for_steps_that_a_kill_undid_are_followed_again(
    tmp_path: Path, small_set: Path, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The training goes on from a checkpoint older than its plans, on a machine that is faster now."""
    whole, run = tmp_path / "whole", tmp_path / "run"
    minutes_run(whole, small_set, Ticking(clock))

    class KilledError(Exception):
        """Nothing is saved any more."""

    def kill() -> None:
        raise KilledError

    reporter = Ticking(clock, 23)
    reporter.what = kill
    with pytest.raises(KilledError):
        minutes_run(run, small_set, reporter)
    made = kept_revisions(run)
    assert go_on(run, reporter=Ticking(clock, slow_after=10**9)).status == "finished"
    assert kept_revisions(run)[: len(made)] == made
    assert len(kept_revisions(run)) > len(made)
    before = [row for row in read_history(whole) if row["step"] <= made[-1].step]
    again = read_history(run)[: len(before)]
    for one, other in zip(before, again, strict=True):
        assert one["train_loss"] == other["train_loss"]
        assert one["learning_rate"] == other["learning_rate"]
