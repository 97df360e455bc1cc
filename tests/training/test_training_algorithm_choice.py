"""The algorithms that a training measures, takes, keeps in its record and shares."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import nn

from forks import Forks
from small_clips import clip_run
from small_runs import (
    EVERYTHING_RANDOM,
    At,
    assert_equal,
    change_record,
    go_on,
    small_recipe,
    small_run,
    state_of,
)
from striate.algorithms import ALGORITHMS, Choice, Geometry, Operation
from striate.algorithms.catalogue import fitting
from striate.errors import RunError
from striate.evaluating.evaluate import evaluate
from striate.evaluating.predict import predict
from striate.machine import threads
from striate.runs import MODEL, read_record
from striate.training import algorithm_choice as algorithms
from striate.training import number_format
from striate.training.algorithm_choice import algorithms_for, steps_of
from striate.training.number_format import choose
from striate.training.process_group import ProcessGroup
from striate.training.recipe import Recipe
from striate.tuning import Measured, Trial

pytestmark = pytest.mark.usefixtures("quick", "own_cache")

CPU = torch.device("cpu")
RECIPE = small_recipe(epochs=2, augmentation=EVERYTHING_RANDOM, ema=0.9)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known at first."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def preferred(geometry: Geometry, shape: tuple[int, ...], number: Any, *_: object) -> Measured:
    """What a measurement finds on a machine where every other algorithm than PyTorch's call is faster."""

    def trial(algorithm: str, seconds: float) -> Trial:
        return Trial(Choice(algorithm, number), seconds, 0.0, 1e-4)

    others = {one: fitting(geometry, one, last_resorts=True)[0] for one in Operation}
    return Measured({one: (trial("plain", 1.0), trial(name, 0.1)) for one, name in others.items()})


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The input shapes that have been measured, in a training that is called long enough for it."""
    shapes: list[tuple[int, ...]] = []

    def measure(geometry: Geometry, shape: tuple[int, ...], *more: Any) -> Measured:
        shapes.append(shape)
        return preferred(geometry, shape, *more)

    monkeypatch.setattr(import_module("striate.tuning.tune"), "measure", measure)
    monkeypatch.setattr(algorithms, "WORTH_MEASURING", 1)
    return shapes


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What was computed with the padding made explicit, the last algorithm that fits these networks."""
    names: set[str] = set()

    def watched(algorithm: Any, operation: str) -> Any:
        real = getattr(algorithm, operation)
        return lambda *given: names.add(f"{algorithm.name}: {operation}") or real(*given)

    for operation in ("output", "input_gradient", "weight_gradient"):
        monkeypatch.setattr(ALGORITHMS["padded"], operation, watched(ALGORITHMS["padded"], operation))
    return names


def test_a_long_training_measures_takes_and_records_them(
    tmp_path: Path, small_set: Path, measured: list[tuple[int, ...]], used: set[str]
) -> None:
    run = small_run(tmp_path / "run", RECIPE, data=small_set)
    assert measured == [(32, 1, 8, 8), (32, 4, 4, 4)]
    assert used == {"padded: output", "padded: input_gradient", "padded: weight_gradient"}
    entries = read_record(run.path)["algorithms"]
    assert [entry["input"] for entry in entries] == [[32, 1, 8, 8], [32, 4, 4, 4]]
    assert entries[1]["algorithms"]["input_gradient"] == {"algorithm": "padded", "number_format": "fp32"}
    assert (
        "2 of 2 distinct convolutions take faster algorithms "
        "than PyTorch's call (--algorithms plain: none does)" in run.notes
    )
    plain = small_run(
        tmp_path / "plain", small_recipe(**{**vars(RECIPE), "algorithms": "plain"}), data=small_set
    )
    assert read_record(plain.path)["algorithms"] == []
    assert not any("algorithms" in note for note in plain.notes)
    one, other = (state_of(path)["network"] for path in (run.path, plain.path))
    assert one.keys() == other.keys()
    for name in one:
        torch.testing.assert_close(one[name], other[name], rtol=1e-3, atol=1e-4)


def test_plain_never_measures(tmp_path: Path, small_set: Path, measured: list[tuple[int, ...]]) -> None:
    small_run(tmp_path / "run", small_recipe(algorithms="plain"), data=small_set)
    assert measured == []


def test_a_short_training_takes_none_even_if_some_are_known(
    tmp_path: Path, small_set: Path, measured: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same command gives the same numbers, whatever has been measured in between."""
    monkeypatch.setattr(algorithms, "WORTH_MEASURING", 11)  # one step more than it has
    first = small_run(tmp_path / "first", RECIPE, data=small_set)
    assert (measured, read_record(first.path)["algorithms"]) == ([], [])
    monkeypatch.setattr(algorithms, "WORTH_MEASURING", 10)
    long = small_run(tmp_path / "long", RECIPE, data=small_set)
    assert len(measured) == len(read_record(long.path)["algorithms"]) == 2
    monkeypatch.setattr(algorithms, "WORTH_MEASURING", 11)
    again = small_run(tmp_path / "again", RECIPE, data=small_set)
    assert_equal(state_of(again.path), state_of(first.path))


@pytest.mark.parametrize("step", [1, 5, 7])
def test_an_interrupted_training_goes_on_in_the_same_algorithms(
    tmp_path: Path, small_set: Path, measured: list[tuple[int, ...]], used: set[str], step: int
) -> None:
    """Bit for bit, whatever has been measured since: the record holds them."""
    whole = small_run(tmp_path / "whole", RECIPE, data=small_set)
    stopped = small_run(tmp_path / "stopped", RECIPE, data=small_set, reporter=At(step))
    assert stopped.status == "stopped"
    for file in (tmp_path / "cache").rglob("*.json"):
        file.unlink()
    measured.clear()
    used.clear()
    go_on(stopped.path)
    assert measured == []
    assert "padded: input_gradient" in used
    assert_equal(state_of(stopped.path), state_of(whole.path))


@pytest.mark.parametrize(
    "entries", [3, [3], [{}], [{"convolution": {}, "input": [1], "algorithms": {}}], "unknown algorithm"]
)
def test_a_record_with_algorithms_that_nobody_knows(
    tmp_path: Path, small_set: Path, measured: list[tuple[int, ...]], entries: Any
) -> None:
    run = small_run(tmp_path / "run", RECIPE, data=small_set, reporter=At(1)).path

    def change(record: dict[str, Any]) -> None:
        if entries == "unknown algorithm":
            record["algorithms"][0]["algorithms"]["output"]["algorithm"] = "from the future"
        else:
            record["algorithms"] = entries

    change_record(run, change)
    with pytest.raises(RunError) as caught:
        go_on(run)
    assert str(caught.value) == f"the record of {run} lacks what a training needs to go on: train again"


def test_clips(tmp_path: Path, small_clips: Path, measured: list[tuple[int, ...]]) -> None:
    """A shift is part of what is measured, and of what the record holds."""
    run = clip_run(tmp_path / "run", data=small_clips)
    shifts = [entry["convolution"]["shift"] for entry in read_record(run.path)["algorithms"]]
    assert {"frames": 4, "ahead": 1, "behind": 1} in shifts
    assert all(shape[0] == 8 * 4 for shape in measured)
    stopped = clip_run(tmp_path / "stopped", data=small_clips, reporter=At(2))
    go_on(stopped.path)
    assert_equal(state_of(stopped.path), state_of(run.path))


def test_evaluation_and_prediction_take_what_is_known(
    tmp_path: Path, small_set: Path, measured: list[tuple[int, ...]], used: set[str]
) -> None:
    run = small_run(tmp_path / "run", RECIPE, data=small_set)
    picture = tmp_path / "black.png"
    Image.new("L", (8, 8)).save(picture)
    used.clear()
    with threads(1):  # as it was measured
        using_algorithms = evaluate(run.path)
    assert used == {"padded: output"}
    used.clear()
    with threads(1):
        assert len(predict(run.path, [picture]).images) == 1
    assert used == {"padded: output"}
    used.clear()
    with threads(1):
        plain = evaluate(run.path, algorithms="plain")
        predict(run.path, [picture], algorithms="plain")
    assert used == set()
    assert using_algorithms.scores.loss == pytest.approx(plain.scores.loss, rel=1e-5)


def test_a_long_evaluation_measures_outputs_first(
    tmp_path: Path, small_set: Path, measured: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = small_run(tmp_path / "run", small_recipe(algorithms="plain"), data=small_set)
    plain = evaluate(run.path)
    assert measured == []
    monkeypatch.setattr(import_module("striate.evaluating.evaluate"), "WORTH_MEASURING", 0.1)
    assert evaluate(run.path, algorithms="plain").scores == plain.scores
    assert measured == []
    using_algorithms = evaluate(run.path)
    assert measured == [(256, 1, 8, 8), (256, 4, 4, 4)]
    assert using_algorithms.scores.loss == pytest.approx(plain.scores.loss, rel=1e-5)


def test_what_cannot_be_kept_is_not_taken(
    tmp_path: Path, measured: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Measured anew, it could come out otherwise, and the same command would train other weights."""
    (tmp_path / "a file").write_text("where the cache's folder should be")
    network, shapes = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1)), [(2, 1, 8, 8)]
    assert len(algorithms_for(network, shapes, "fp32", CPU, steps=100)) == 1
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a file"))
    assert algorithms_for(network, shapes, "fp32", CPU, steps=100) == {}


def test_nothing_is_measured_for_a_gpu(measured: list[tuple[int, ...]]) -> None:
    network, shapes = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1)), [(2, 1, 8, 8)]
    assert algorithms_for(network, shapes, "bf16", torch.device("cuda"), steps=1e9) == {}
    assert measured == []


def test_steps_of_a_recipe() -> None:
    assert steps_of(Recipe(epochs=3, batch_size=32), 100, lambda: 1) == 9
    assert steps_of(Recipe(epochs=3, batch_size=500), 100, lambda: 1) == 3
    assert steps_of(Recipe(minutes=2), 100, lambda: 10**9) == 1200  # at 10 thousand million a second


def test_the_parts_that_processes_may_have() -> None:
    assert ProcessGroup(0, 1, CPU).part_sizes(7) == (7,)
    assert ProcessGroup(1, 2, CPU).part_sizes(7) == (3, 4)
    assert ProcessGroup(0, 2, CPU).part_sizes(64) == (32,)
    assert ProcessGroup(0, 8, CPU).part_sizes(3) == (1, 2)


def test_a_network_that_cannot_be_followed_takes_none() -> None:
    class Counting(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise NotImplementedError("only with numbers")

    assert algorithms_for(Counting(), [(2, 1, 8, 8)], "fp32", CPU, steps=1e9) == {}


def _loss(network: nn.Module) -> torch.Tensor:
    result: torch.Tensor = network(torch.ones(2, 3, 6, 6)).square().mean()
    return result


def test_the_algorithms_are_asked_for_in_the_format_that_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = nn.Conv2d(3, 4, 3, padding=1)
    geometry = Geometry.of(layer)
    assert geometry is not None
    table = {(geometry, (2, 3, 6, 6)): preferred(geometry, (2, 3, 6, 6), "fp32").choices}
    monkeypatch.setattr(number_format, "has_native_bf16", lambda device: False)
    asked: list[str] = []
    choice = choose(layer, _loss, CPU, tables=lambda name: asked.append(name) or table)
    assert asked == ["fp32"]
    assert choice.table == table


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_the_same_training_under_load_gives_the_same_weights(
    tmp_path: Path, small_set: Path, forks: Forks
) -> None:
    """With nothing measured before: whoever measures first measures for all."""
    words = (Path(__file__).parent / "load_script.py", small_set, tmp_path, "3", "1")
    script = forks.run(*words, told=tmp_path / "told", env={"XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert script.wait(150) == 0, (tmp_path / "told").read_text()
    runs = [tmp_path / f"run{number}" for number in range(3)]
    assert all(read_record(run)["algorithms"] for run in runs)
    for run in runs[1:]:
        assert read_record(run)["algorithms"] == read_record(runs[0])["algorithms"]
        assert (run / MODEL).read_bytes() == (runs[0] / MODEL).read_bytes()
