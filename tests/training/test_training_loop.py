"""What ends a training badly, and what is left of it then: the last good files, and words that help."""

import errno
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from small_runs import STEPS, At, Told, assert_equal, epochs_in, go_on, small_recipe, small_run, state_of
from striate import load, runs
from striate.errors import RunError, TrainingError
from striate.training import checkpoint, loop
from striate.training.step import Learner

pytestmark = pytest.mark.usefixtures("quick")

HOT = small_recipe(learning_rate=1e30, epochs=3, ema=0.0)


def test_a_loss_that_is_not_finite(tmp_path: Path, small_set: Path) -> None:
    told = Told()
    with pytest.raises(TrainingError) as caught:
        small_run(tmp_path / "run", HOT, data=small_set, reporter=told)
    assert str(caught.value) == (
        f"the loss is no longer a finite number at step {told.steps[-1]} (epoch 1); no epoch had ended, so "
        "there are no weights to keep; try --learning-rate 1e+29, --clip-norm 1 or --number-format fp32"
    )
    assert told.ended


def spoil(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Makes the weights of a step not a number."""
    real = Learner.step

    def spoilt(self: Learner, *batch: Any, **where: Any) -> None:
        real(self, *batch, **where)
        if where["step"] + 1 == step:
            with torch.no_grad():
                for network in (self.network, self.best_guess):
                    next(network.parameters()).fill_(torch.nan)

    monkeypatch.setattr(Learner, "step", spoilt)


@pytest.mark.parametrize(("spoilt", "noticed"), [(STEPS + 2, STEPS + 3), (2 * STEPS, 2 * STEPS)])
def test_the_last_good_weights_are_kept(
    tmp_path: Path, small_set: Path, monkeypatch: pytest.MonkeyPatch, spoilt: int, noticed: int
) -> None:
    with monkeypatch.context() as patch:
        spoil(patch, spoilt)
        with pytest.raises(TrainingError) as caught:
            small_run(tmp_path / "run", data=small_set)
    assert f"at step {noticed} (epoch 2)" in str(caught.value)
    assert f"; the weights of epoch 1 are kept in {tmp_path / 'run' / runs.MODEL}; " in str(caught.value)
    assert all(torch.isfinite(value).all() for value in load(tmp_path / "run").state_dict().values())
    assert go_on(tmp_path / "run").status == "finished"  # from before it happened
    assert epochs_in(tmp_path / "run") == [1, 2]


def test_they_are_kept_without_validation_images_too(
    tmp_path: Path, small_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop.Loop, "_score", lambda self: (None, None))
    spoil(monkeypatch, 2 * STEPS)
    with pytest.raises(TrainingError, match=r"at step 10 \(epoch 2\); the weights of epoch 1 are kept"):
        small_run(tmp_path / "run", data=small_set)
    assert all(torch.isfinite(value).all() for value in load(tmp_path / "run").state_dict().values())


def test_weights_that_are_not_finite_are_never_saved_to_go_on_from(
    tmp_path: Path, small_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the loss is looked at only now and then, as on a GPU."""
    monkeypatch.setattr("striate.training.loss.Tally.settle", slow_settle())
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", -1)
    spoil(monkeypatch, 2)
    with pytest.raises(TrainingError, match="the loss is no longer a finite number at step 3"):
        small_run(tmp_path / "run", data=small_set)
    saved = torch.load(tmp_path / "run" / runs.CHECKPOINT, weights_only=True)
    assert saved["position"]["step"] < 3


def slow_settle() -> Any:
    """Every second call of `settle` does nothing: those after a step, not those before saving."""
    from striate.training.loss import Tally

    real, calls = Tally.settle, []

    def settle(self: Tally) -> None:
        calls.append(1)
        if len(calls) % 2 == 0:
            real(self)

    return settle


def test_without_validation_images_nobody_stops_early(
    tmp_path: Path, small_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop.Loop, "_score", lambda self: (None, None))
    run = small_run(tmp_path / "run", small_recipe(epochs=3, patience=1), data=small_set)
    assert (run.epochs, run.best_epoch) == (3, 3)


def test_out_of_memory_in_a_step(tmp_path: Path, small_set: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_much(*arguments: object, **named: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(Learner, "step", too_much)
    with pytest.raises(TrainingError, match=r"^out of memory at batch size 32: try --batch-size 16$"):
        small_run(tmp_path / "run", data=small_set)


def test_out_of_memory_in_the_trial_before_it(
    tmp_path: Path, small_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_much(*arguments: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr("striate.training.number_format.try_step", too_much)
    with pytest.raises(TrainingError, match=r"^out of memory at batch size 32: try --batch-size 16$"):
        small_run(tmp_path / "run", data=small_set)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("file", [runs.MODEL, runs.HISTORY, runs.CHECKPOINT])
def test_the_disk_is_full(
    tmp_path: Path, small_set: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    whole = small_run(tmp_path / "whole", data=small_set)
    run = tmp_path / "run"
    before: dict[str, bytes] = {}
    savers = {
        runs.MODEL: "striate.training.loop.save_weights",
        runs.HISTORY: "pathlib.Path.write_text",
        runs.CHECKPOINT: "torch.save",
    }

    def full(*arguments: object, **named: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def fill_disk() -> None:
        before.update({path.name: path.read_bytes() for path in run.iterdir()})
        monkeypatch.setattr(savers[file], full)

    with pytest.raises(RunError) as caught:
        small_run(run, data=small_set, reporter=At(STEPS + 2, fill_disk))
    monkeypatch.undo()
    assert str(caught.value) == (
        f"could not save {run / file}: the disk is full; what was saved before is intact: make room or "
        "choose another folder with --out, then try again (a training goes on with --resume)"
    )
    for name in list(savers)[list(savers).index(file) :]:
        assert (run / name).read_bytes() == before[name]
    assert not list(run.glob("*.part"))
    go_on(run)
    assert_equal(state_of(run), state_of(whole.path))


def test_a_checkpoint_is_read_as_tensors_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint.save_checkpoint(tmp_path, checkpoint.Position(), {})
    asked: dict[str, Any] = {}
    real = torch.load
    monkeypatch.setattr(torch, "load", lambda *words, **named: asked.update(named) or real(*words, **named))
    checkpoint.read_checkpoint(tmp_path)
    assert asked["weights_only"] is True


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("balance", ["off", "on"])
def test_the_history_has_the_loss_that_is_trained_with_of_the_validation_images(
    tmp_path: Path, small_set: Path, monkeypatch: pytest.MonkeyPatch, smoothing: float, balance: str
) -> None:
    seen: list[tuple[Tensor, Tensor]] = []
    real = loop.logits_of

    def watched(network: Any, images: Any, *others: Any, **more: Any) -> Any:
        logits = real(network, images, *others, **more)
        seen.append((torch.from_numpy(logits), torch.from_numpy(images.labels)))
        return logits

    monkeypatch.setattr(loop, "logits_of", watched)
    recipe = small_recipe(epochs=1, label_smoothing=smoothing, class_weights=balance)
    run = small_run(tmp_path / "run", recipe, data=small_set)
    (row,) = runs.read_history(run.path)
    (logits, labels), *_ = seen
    weights = runs.read_record(run.path)["plan"]["class_weights"]
    chances = logits.log_softmax(1)
    right, even = -chances[torch.arange(len(labels)), labels], -chances.mean(1)
    losses = (1 - smoothing) * right + smoothing * even
    if weights is not None:
        losses = losses * torch.tensor(weights)[labels]
    assert row["val_objective"] == pytest.approx(losses.mean().item(), rel=1e-5)
    if not smoothing and balance == "off":
        assert row["val_objective"] == pytest.approx(row["val_loss"], rel=1e-4)
