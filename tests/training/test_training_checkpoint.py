"""A checkpoint comes back as it was, or is refused in one sentence; reading it never runs code."""

import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from small_runs import TINY, At, go_on, small_run
from striate.errors import RunError
from striate.runs import CHECKPOINT, MODEL
from striate.training.checkpoint import Position, read_checkpoint, save_checkpoint
from striate.training.train import Run

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory, small_set: Path) -> Run:
    """A training that was stopped after its first epoch."""
    return small_run(tmp_path_factory.mktemp("stopped") / "run", data=small_set, reporter=At(6))


@pytest.fixture
def run(stopped: Run, tmp_path: Path) -> Path:
    """A copy of it that may be damaged."""
    return Path(shutil.copytree(stopped.path, tmp_path / "run"))


def test_it_comes_back(tmp_path: Path) -> None:
    position = Position(step=7, epoch_sums=(1.5, 3.0, 4), seconds=2.5, best_epoch=1, peak_top1=0.5)
    save_checkpoint(tmp_path, position, {"network": {"weight": torch.arange(3.0)}})
    read, states = read_checkpoint(tmp_path)
    assert read == position
    assert torch.equal(states["network"]["weight"], torch.arange(3.0))


def test_a_missing_one(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"is half-written: it holds no checkpoint\.pt; if its training"):
        read_checkpoint(tmp_path)


class Attack:
    """What a pickle could do."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return Path.touch, (self.file,)


def damage(run: Path, how: str) -> None:
    path = run / CHECKPOINT
    content = torch.load(path, weights_only=True)
    if how == "cut short":
        path.write_bytes(path.read_bytes()[:1000])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "text":
        path.write_text("hello")
    elif how == "a tensor":
        torch.save(torch.zeros(3), path)
    elif how == "a part missing":
        del content["optimizer"]
        torch.save(content, path)
    elif how == "another network":
        content["network"] = {name: value[:1] for name, value in content["network"].items()}
        torch.save(content, path)
    elif how == "another optimiser":
        content["optimizer"]["param_groups"].pop()
        torch.save(content, path)
    elif how == "another position":
        torch.save({**content, "position": {"stop": 3}}, path)
    elif how == "attack":
        path.write_bytes(pickle.dumps(Attack(run / "attacked")))
    else:
        torch.save({**content, "more": Attack(run / "attacked")}, path)


@pytest.mark.parametrize(
    "how",
    [
        *("cut short", "empty", "text", "a tensor", "a part missing", "another network", "another optimiser"),
        *("another position", "attack", "attack inside"),
    ],
)
def test_what_is_damaged(run: Path, how: str) -> None:
    damage(run, how)
    with pytest.raises(RunError) as caught:
        go_on(run)
    assert str(caught.value) == (
        f"{run / CHECKPOINT} is damaged and cannot be resumed from: the best weights are in {run / MODEL}; "
        f"go on from them with `striate train DATA --weights {run}`"
    )
    assert not (run / "attacked").exists()


def test_damaged_before_there_were_weights(run: Path) -> None:
    damage(run, "empty")
    (run / MODEL).unlink()
    with pytest.raises(RunError, match=r"checkpoint\.pt is damaged and cannot be resumed from: train again$"):
        go_on(run)


def test_the_way_out_that_is_named_works(run: Path, tmp_path: Path, small_set: Path) -> None:
    again = small_run(tmp_path / "again", data=small_set, weights=run, options=TINY)
    assert again.status == "finished"
