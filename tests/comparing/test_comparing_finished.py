"""What joins a comparison, and what is refused."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from hand_made_runs import BLIND, hand_made_run
from small_runs import change_record
from striate.comparing import compare
from striate.comparing.finished import check_alike, differences, read_finished
from striate.comparing.rows import rows_of
from striate.errors import DataError, RunError
from striate.training.progress import Reporter


def refused(run: Path) -> str:
    with pytest.raises(RunError) as problem:
        read_finished(run)
    return str(problem.value)


def test_unfinished(tmp_path: Path) -> None:
    run = hand_made_run(tmp_path / "run", status="stopped")
    assert refused(run) == (
        f"{run} is not finished, and a comparison reads finished runs only: go on with `striate train "
        f"--resume {run}`, or leave it out"
    )


def test_images(tmp_path: Path) -> None:
    runs = [hand_made_run(tmp_path / str(seed), None, seed=seed) for seed in (0, 1)]
    (row,) = rows_of([read_finished(run) for run in runs], torch.device("cpu"))
    assert (row.time, row.frames, row.label, row.top1.values) == (None, None, "plain", (0.97, 0.97))
    assert row.macs == row.macs_per_frame == 8 * 9 * 256 + 8 * 8 * 9 * 64 + 8 * 16 * 2
    assert row.samples_per_second == 250.0


def test_images_beside_clips(tmp_path: Path) -> None:
    images, clips = hand_made_run(tmp_path / "images", None), hand_made_run(tmp_path / "clips")
    with pytest.raises(DataError) as problem:
        check_alike([read_finished(images), read_finished(clips)])
    assert str(problem.value) == f"{clips} cannot be compared with {images}: one is of images, one of clips"


def test_two_trainings_from_one_seed_are_no_sample(tmp_path: Path) -> None:
    one, other, twin = (
        hand_made_run(tmp_path / name, None, seed=seed, recipe={"epochs": epochs})
        for name, seed, epochs in (("a", 0, 3), ("b", 1, 3), ("c", 0, 60))
    )
    check_alike([read_finished(one), read_finished(other)])
    with pytest.raises(DataError) as problem:
        check_alike([read_finished(run) for run in (one, other, twin)])
    assert str(problem.value) == (
        f"{twin} and {one} train the same network from the same seed, 0: a row is the mean over seeds, so "
        "leave one of them out"
    )


def test_without_scores(tmp_path: Path) -> None:
    run = hand_made_run(tmp_path / "run", results={"temperature": 1.0})
    assert refused(run) == (
        f"{run} has no scores, as its data have no test and no validation split: leave it out"
    )


@pytest.mark.parametrize("changes", [{"network": {}}, {"summary": None}])
def test_damaged(tmp_path: Path, changes: dict[str, Any]) -> None:
    run = hand_made_run(tmp_path / "run", **changes)
    assert refused(run) == f"the record of {run} lacks what a comparison reads: train again"


@pytest.mark.parametrize("changes", [{"results": None}, {"data": 3}])
def test_what_no_record_holds(tmp_path: Path, changes: dict[str, Any]) -> None:
    run = hand_made_run(tmp_path / "run", **changes)
    (name, value), *_ = changes.items()
    assert refused(run) == (
        f"{run / 'run.json'} is no record of a run: {name} must be an object; got {value}; "
        "restore it from a copy"
    )


def changed_data(folder: Path, **changes: Any) -> Path:
    run = hand_made_run(folder)
    change_record(run, lambda record: record["data"].update(changes))
    return run


def test_other_data(tmp_path: Path) -> None:
    one, other = hand_made_run(tmp_path / "one"), changed_data(tmp_path / "other", name="signs")
    sentence = (
        f"{other} cannot be compared with {one}: they were trained on other data (signs and arrows); leave "
        "one of them out"
    )
    with pytest.raises(DataError, match=re.escape(sentence)):
        check_alike([read_finished(one), read_finished(other)])
    third = changed_data(tmp_path / "third", counts={})
    with pytest.raises(DataError, match="they were trained on other clips; leave"):
        check_alike([read_finished(one), read_finished(third)])


def test_other_recipes_and_machines_are_told(tmp_path: Path) -> None:
    runs = [
        hand_made_run(tmp_path / "0"),
        hand_made_run(tmp_path / "1", seed=1, recipe={"epochs": 3}),
        hand_made_run(
            tmp_path / "2",
            recipe={"label_smoothing": 0.0},
            machine={"processor": "another"},
            plan={"number_format": "bf16"},
        ),
    ]
    finished = [read_finished(run) for run in runs]
    assert list(differences(finished[:2])) == []
    slow = changed_data(tmp_path / "slow", seconds_per_frame=0.25)
    assert list(differences([finished[0], read_finished(slow)])) == [
        "not at the same speed: their frames are 0.25 s and unknown apart"
    ]
    assert list(differences(finished)) == [
        "not by the same recipe: the runs differ in label_smoothing",
        "trained in bf16 and fp32, as a trial chose for each: memory and speed of training differ by "
        "that too; --number-format fp32 makes them alike",
        "not trained on the same machine: clips per second in training cannot be compared",
    ]


def test_rows_of_runs_made_elsewhere(tmp_path: Path) -> None:
    """Two seeds of 2d, one of causal tsm, one with other widths: three rows."""
    runs = [
        hand_made_run(tmp_path / "a", "2d", BLIND),
        hand_made_run(tmp_path / "b", "2d", ((40, 60), (60, 40)), seed=1),
        hand_made_run(tmp_path / "c", "tsm", causal=True),
        hand_made_run(tmp_path / "d", "3d", options={"widths": (8, 16)}),
    ]
    found = compare(runs=[*runs, runs[0]], reporter=Reporter())
    blind, shifted, wide = found.rows
    assert (found.out, found.files, found.samples, found.split) == (None, (), 200, "test")
    assert blind.top1.values == (0.5, 0.4)
    assert blind.top1.mean == pytest.approx(0.45)
    assert blind.top1.std == pytest.approx(0.05)
    assert (blind.right_pair and blind.right_pair.mean, blind.in_pairs and blind.in_pairs.mean) == (
        1.0,
        pytest.approx(0.45),
    )
    assert (shifted.label, shifted.streams, wide.streams) == ("tsm, causal", True, False)
    assert 4 * shifted.macs_per_frame == shifted.macs == blind.macs
    assert wide.macs_per_frame == wide.macs
    assert wide.inference_ms_per_frame == wide.inference_ms > 0
    assert wide.options == {"widths": [8, 16]}
    assert [row.on_front for row in found.rows] == [False, True, False]
    assert "not as many trainings of each" in found.notes
    assert found.machine["torch"] == torch.__version__
