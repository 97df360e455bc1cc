"""What ends a training early: Ctrl-C, politely; a batch too large or too small, with the size to try."""

import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from small_runs import small_recipe, small_run
from striate.errors import ArgumentError, TrainingError
from striate.machine import is_out_of_memory
from striate.runs import MODEL, read_history
from striate.training.stopping import StopRequest, stop_on_signal, within_limits
from striate.training.train import train


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_asks_and_the_second_stops(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stop_on_signal() as request:
        assert not request.asked
        signal.raise_signal(number)
        assert request.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_handlers_come_back_after_an_error() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError), stop_on_signal():
        1 / 0  # noqa: B018
    assert signal.getsignal(signal.SIGINT) is before


def test_in_another_thread_nothing_is_caught() -> None:
    before, found = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        with stop_on_signal() as request:
            found.append((request, signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    ((request, handler),) = found
    assert isinstance(request, StopRequest)
    assert handler is before


# Steps that cannot be done.


def allocate() -> None:
    torch.empty(1 << 60)


@pytest.mark.parametrize(
    "problem",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."),
        RuntimeError(
            "DefaultCPUAllocator: can't allocate memory: you tried to allocate 400000000000000 bytes."
        ),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    ],
)
def test_every_way_of_saying_it(problem: Exception) -> None:
    assert is_out_of_memory(problem)
    with pytest.raises(TrainingError) as caught, within_limits(64):
        raise problem
    assert str(caught.value) == "out of memory at batch size 64: try --batch-size 32"


def test_what_the_machine_really_says() -> None:
    with (
        pytest.raises(TrainingError, match=r"^out of memory at batch size 1: try a smaller --size$"),
        within_limits(1),
    ):
        allocate()


@pytest.mark.parametrize(
    "problem",
    [RuntimeError("required rank 4 tensor to use channels_last memory format"), ValueError("out of memory")],
)
def test_other_problems_are_left_as_they_are(problem: Exception) -> None:
    with pytest.raises(type(problem), match=str(problem)), within_limits(64):
        raise problem


def test_a_batch_norm_that_sees_one_value() -> None:
    layer = nn.BatchNorm2d(3)
    with pytest.raises(TrainingError) as caught, within_limits(1):
        layer(torch.zeros(1, 3, 1, 1))
    assert str(caught.value) == "a batch of 1 is too small for batch norms: try --batch-size 2"


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
