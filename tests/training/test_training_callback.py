"""The caller's function after each epoch: what it hears, and how it ends a training."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from small_runs import small_recipe, small_run
from striate.errors import ArgumentError
from striate.runs import MODEL, read_history
from striate.training.train import train


def test_it_hears_the_history_and_cannot_change_it(tmp_path: Path, small_set: Path) -> None:
    rows: list[Mapping[str, Any]] = []
    run = small_run(tmp_path / "run", small_recipe(), data=small_set, on_epoch_end=rows.append)
    assert run.status == "finished"
    assert [dict(row) for row in rows] == read_history(run.path)
    with pytest.raises(TypeError):
        rows[0]["val_top1"] = 1.0  # type: ignore[index]


@pytest.mark.parametrize("no", [False, np.False_])
def test_false_stops_and_the_run_goes_on_as_if_it_had_not(tmp_path: Path, small_set: Path, no: Any) -> None:
    whole = small_run(tmp_path / "whole", small_recipe(), data=small_set, on_epoch_end=lambda row: None)
    stopped = small_run(tmp_path / "run", small_recipe(), data=small_set, on_epoch_end=lambda row: no)
    assert (stopped.status, len(read_history(stopped.path))) == ("stopped", 1)
    # a no after the last epoch stops nothing
    ended = train(resume=stopped.path, on_epoch_end=lambda row: no)
    assert ended.status == "finished"
    assert (ended.path / MODEL).read_bytes() == (whole.path / MODEL).read_bytes()


def test_any_other_answer_goes_on(tmp_path: Path, small_set: Path) -> None:
    answers = [None, True, 0, ""]
    recipe = small_recipe(epochs=len(answers))
    run = small_run(
        tmp_path / "run", recipe, data=small_set, on_epoch_end=lambda row: answers[row["epoch"] - 1]
    )
    assert run.status == "finished"
    assert len(read_history(run.path)) == len(answers)


def test_what_it_raises_ends_the_training_which_can_go_on(tmp_path: Path, small_set: Path) -> None:
    def fail(row: Mapping[str, Any]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        small_run(tmp_path / "run", small_recipe(), data=small_set, on_epoch_end=fail)
    assert train(resume=tmp_path / "run").status == "finished"


def test_what_cannot_be_called() -> None:
    with pytest.raises(ArgumentError) as caught:
        train("digits", on_epoch_end=3)  # type: ignore[arg-type]
    assert str(caught.value) == "on_epoch_end must be a function or None; got 3"
