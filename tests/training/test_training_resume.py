"""A training that was stopped or killed at any moment goes on to the very same numbers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from small_runs import (
    EVERYTHING_RANDOM,
    STEPS,
    TINY,
    At,
    Told,
    assert_equal,
    epochs_in,
    go_on,
    small_recipe,
    small_run,
    state_of,
)
from striate import runs
from striate.training import loop
from striate.training.progress import Reporter
from striate.training.train import Run

pytestmark = pytest.mark.usefixtures("quick")

RECIPE = small_recipe(epochs=3, augmentation=EVERYTHING_RANDOM, ema=0.9, clip_norm=1.0)
OPTIONS = {**TINY, "dropout": 0.3}


Start = Callable[..., Run]


@pytest.fixture
def start(tmp_path: Path, small_set: Path) -> Start:
    """Begins the training that is interrupted in these tests; in `tmp_path / "run"`."""

    def begin(reporter: Reporter | None = None) -> Run:
        return small_run(
            tmp_path / "run", RECIPE, data=small_set, options=OPTIONS, reporter=reporter or Reporter()
        )

    return begin


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, small_set: Path) -> dict[str, Any]:
    """The state of a training that nobody interrupted."""
    run = small_run(tmp_path_factory.mktemp("whole") / "run", RECIPE, data=small_set, options=OPTIONS)
    assert run.status == "finished"
    return state_of(run.path)


@pytest.mark.parametrize("step", [1, 3, STEPS, STEPS + 1, 3 * STEPS - 1])
def test_stopped_by_ctrl_c(tmp_path: Path, start: Start, whole: dict[str, Any], step: int) -> None:
    stopped = start(reporter=At(step))
    assert stopped.status == "stopped"
    assert runs.read_record(stopped.path)["status"] == "stopped"
    told = Told()
    again = go_on(stopped.path, reporter=told)
    assert told.begun == [(3 * STEPS, step, 3)]
    assert told.steps == list(range(step + 1, 3 * STEPS + 1))
    assert again.status == "finished"
    assert_equal(state_of(stopped.path), whole)


def test_stopped_again_and_again(tmp_path: Path, start: Start, whole: dict[str, Any]) -> None:
    run = start(reporter=At(4))
    for step in (5, 6, 9, 13):
        run = go_on(run.path, reporter=At(step))
        assert run.status == "stopped"
    assert go_on(run.path).status == "finished"
    assert_equal(state_of(run.path), whole)


def test_ctrl_c_at_the_last_step_comes_too_late(tmp_path: Path, start: Start, whole: dict[str, Any]) -> None:
    run = start(reporter=At(3 * STEPS))
    assert run.status == "finished"
    assert run.test is not None
    assert_equal(state_of(run.path), whole)


def interrupt() -> None:
    raise KeyboardInterrupt


def test_a_second_ctrl_c_stops_at_once(start: Start) -> None:
    class Impatient(At):
        def step(self, done: int, *rest: float) -> None:
            super().step(done, *rest)
            if done == self.at:
                self.what()

    impatient = Impatient(2)
    with pytest.raises(KeyboardInterrupt):
        start(impatient)
    assert impatient.steps == [1, 2]
    assert impatient.ended


@pytest.mark.parametrize("step", [3, STEPS + 3])
def test_cut_off_before_and_after_the_first_checkpoint(
    tmp_path: Path, start: Start, whole: dict[str, Any], step: int
) -> None:
    with pytest.raises(KeyboardInterrupt):
        start(reporter=At(step, interrupt))
    assert runs.read_record(tmp_path / "run")["status"] == "running"
    go_on(tmp_path / "run")
    assert_equal(state_of(tmp_path / "run"), whole)


def test_checkpoints_within_an_epoch(
    tmp_path: Path, start: Start, whole: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", -1)
    with pytest.raises(KeyboardInterrupt):
        start(reporter=At(STEPS + 3, interrupt))
    told = Told()
    go_on(tmp_path / "run", reporter=told)
    assert told.steps[0] == STEPS + 3  # step 3 ended but was not saved
    assert_equal(state_of(tmp_path / "run"), whole)


@pytest.mark.parametrize("epoch", [1, 2, 3])
@pytest.mark.parametrize("file", [runs.MODEL, runs.HISTORY, runs.CHECKPOINT])
def test_cut_off_between_the_files_of_an_epoch(
    tmp_path: Path, start: Start, whole: dict[str, Any], epoch: int, file: str
) -> None:
    with cut_before(file, epoch), pytest.raises(KeyboardInterrupt):
        start()
    go_on(tmp_path / "run")
    assert_equal(state_of(tmp_path / "run"), whole)
    assert epochs_in(tmp_path / "run") == [1, 2, 3]


@contextmanager
def cut_before(file: str, time: int) -> Iterator[None]:
    """Cuts a training off when it is about to write that file for the `time`th time."""
    real, times = runs.write, []

    def write(path: Path, save: Callable[[Path], object], before: Path | None = None) -> None:
        if path.name == file:
            times.append(path)
            if len(times) == time:
                raise KeyboardInterrupt
        real(path, save, before)

    with pytest.MonkeyPatch.context() as patch:
        for room in ("runs.files", "training.loop", "training.checkpoint", "training.concluding"):
            patch.setattr(f"striate.{room}.write", write)
        yield


def test_weights_given_at_the_start_count_when_it_starts_again(tmp_path: Path, small_set: Path) -> None:
    first = small_run(tmp_path / "first", data=small_set)
    whole = small_run(tmp_path / "whole", data=small_set, weights=first.path)
    with pytest.raises(KeyboardInterrupt):
        small_run(tmp_path / "run", data=small_set, weights=first.path, reporter=At(1, interrupt))
    go_on(tmp_path / "run")
    assert_equal(state_of(tmp_path / "run"), state_of(whole.path))


@pytest.mark.parametrize("stop", ["asked", "cut"])
def test_early_stopping_is_remembered(
    tmp_path: Path, small_set: Path, monkeypatch: pytest.MonkeyPatch, stop: str
) -> None:
    def first_is_best(self: loop.Loop, scores: object, epoch: int) -> bool:
        self.position.peak_epoch = 1
        return epoch == 1

    monkeypatch.setattr(loop.Loop, "_is_best", first_is_best)
    recipe = small_recipe(epochs=6, patience=2)
    whole = small_run(tmp_path / "whole", recipe, data=small_set)
    assert (whole.status, whole.epochs, whole.best_epoch) == ("finished", 3, 1)
    if stop == "asked":
        small_run(tmp_path / "run", recipe, data=small_set, reporter=At(3 * STEPS))
    else:
        with cut_before(runs.CURVES, 1), pytest.raises(KeyboardInterrupt):
            small_run(tmp_path / "run", recipe, data=small_set)
    told = Told()
    assert go_on(tmp_path / "run", reporter=told).status == "finished"
    assert told.steps == []
    assert told.lines[-1] == "stopped early: no better validation score for 2 epochs"
    assert_equal(state_of(tmp_path / "run"), state_of(whole.path))
