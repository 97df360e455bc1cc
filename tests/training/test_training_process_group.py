"""Two processes train as one does: the same batches, the same curve, every image counted once."""

import signal
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from team_script import (
    FAR,
    NORMED,
    OWN,
    PARTS,
    SHAPES,
    clips_recipe,
    far_from_zero,
    in_float64,
    steps_of,
)
from torch import nn

from forks import TORCHRUN, Fork, Forks
from small_clips import clip_run
from small_runs import (
    EVERYTHING_RANDOM,
    STEPS,
    At,
    Told,
    change_record,
    epochs_in,
    go_on,
    small_recipe,
    small_run,
)
from striate.errors import TrainingError
from striate.runs import HISTORY, read_history, read_record
from striate.training.loss import SETTLE_EVERY
from striate.training.process_group import ProcessGroup, share_batch_norm

ROUNDING = (SETTLE_EVERY + 2) * 2**-24
"""Networks compute in float64 here (`in_float64`), but losses are numbers of fp32, of which so many are added
up before they are added up in float64: n additions err by n units in the last place at most."""
HERE = Path(__file__).parent
CPU = torch.device("cpu")


@given(batch=st.integers(1, 300), world=st.integers(1, 20))
def test_parts_cover_the_batch_from_even_places(batch: int, world: int) -> None:
    parts = [ProcessGroup(rank, world, CPU).part(batch) for rank in range(world)]
    assert [index for part in parts for index in range(batch)[part]] == list(range(batch))
    assert all(part.start % 2 == 0 for part in parts)
    sizes = [len(range(batch)[part]) for part in parts]
    assert max(sizes) - min(sizes) <= 3
    assert sizes[0] > 0


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings of this process compute as those of `together` do."""
    in_float64(monkeypatch.setattr)


@pytest.fixture(scope="module")
def together(
    tmp_path_factory: pytest.TempPathFactory, small_set: Path, small_clips: Path, forks: Forks
) -> Path:
    """Where two processes have left their trainings; a signal to torchrun ended the last one."""
    folder = tmp_path_factory.mktemp("together")
    for machine in ("machine0", "machine1"):
        (folder / machine).mkdir()
    small_run(folder / "machine0" / "run", small_recipe(), data=str(small_set), reporter=At(3))
    words = (*TORCHRUN, HERE / "team_script.py", small_set, small_clips, folder)
    process = forks.run(*words, told=folder / "told.txt")
    try:
        wait_for(folder / "signalled" / HISTORY, process)
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    finally:
        process.send_signal(signal.SIGTERM)
    told = (folder / "told.txt").read_text()
    assert told.count("all done\n") == 2, told
    assert "Warning" not in told
    return folder


def numbers(run: Path) -> list[dict[str, Any]]:
    timed = ("seconds", "images_per_second", "clips_per_second")
    return [{name: row[name] for name in row if name not in timed} for row in read_history(run)]


@pytest.mark.usefixtures("quick", "exact")
def test_the_same_curve_as_one_process(together: Path, tmp_path: Path, small_set: Path) -> None:
    recipe = small_recipe(augmentation=EVERYTHING_RANDOM, clip_norm=1.0, ema=0.9)
    alone = small_run(tmp_path / "alone", recipe, data=small_set)
    ours, theirs = numbers(alone.path), numbers(together / "plain")
    assert len(ours) == len(theirs) == 2
    for one, other in zip(ours, theirs, strict=True):
        assert one == pytest.approx(other, rel=ROUNDING)
    results = read_record(together / "plain")["results"]
    assert alone.test is not None
    assert results["test"]["images"] == alone.test.images == 45  # odd: one process scores more than the other
    assert sum(map(sum, results["test"]["confusion"])) == 45
    assert results["test"]["top1"] == pytest.approx(alone.test.top1, abs=1.5 / 45)
    assert read_record(together / "plain")["machine"]["processes"] == 2


@pytest.mark.usefixtures("quick", "exact")
def test_a_network_with_batch_norms(together: Path, tmp_path: Path, small_set: Path) -> None:
    gentle = small_recipe(epochs=1, learning_rate=1e-4)
    alone = small_run(tmp_path / "alone", gentle, data=small_set, **NORMED)
    for one, other in zip(numbers(alone.path), numbers(together / "normed"), strict=True):
        assert one == pytest.approx(other, rel=ROUNDING)


@pytest.mark.usefixtures("quick", "exact")
def test_what_is_dropped_does_not_depend_on_the_processes(
    together: Path, tmp_path: Path, small_set: Path
) -> None:
    """Two processes drop what one drops; so does one that goes on where two were stopped."""
    recipe = small_recipe(augmentation=EVERYTHING_RANDOM, clip_norm=1.0, ema=0.9)
    alone = small_run(tmp_path / "alone", recipe, data=small_set, backbone=f"{OWN}:make_dropping", options={})
    told = Told()
    resumed = go_on(together / "dropping", reporter=told)
    assert told.lines[0] == (
        "going on with 1 process in place of 2: the same batches and random numbers; sums round otherwise"
    )
    for one, other in zip(numbers(alone.path), numbers(resumed.path), strict=True):
        assert one == pytest.approx(other, rel=ROUNDING)


def test_a_network_that_draws_by_itself_goes_on_with_as_many_processes(
    tmp_path: Path, small_set: Path
) -> None:
    """Its record says that two began it."""
    backbone = f"{OWN}:make_noisy"
    run = tmp_path / "run"
    small_run(run, data=small_set, backbone=backbone, options={}, reporter=At(3))
    change_record(run, lambda record: record["machine"].update(processes=2))
    with pytest.raises(TrainingError) as refused:
        go_on(run)
    assert str(refused.value) == (
        f"{run} began with 2 processes, and its network draws random numbers of its own, which differ with "
        f"the number of processes: go on with as many, or start a new run with --weights {run}"
    )


@pytest.mark.usefixtures("quick", "exact")
def test_clips(together: Path, tmp_path: Path, small_clips: Path) -> None:
    """Each process draws the frames of its own part as one process would."""
    alone = clip_run(tmp_path / "alone", clips_recipe(), data=small_clips, **NORMED)
    for one, other in zip(numbers(alone.path), numbers(together / "clips"), strict=True):
        assert one == pytest.approx(other, rel=ROUNDING)
    assert "clips_per_second" in read_history(together / "clips")[0]


@pytest.mark.usefixtures("quick")
def test_algorithms_are_measured_for_every_part_and_shared(
    together: Path, tmp_path: Path, small_set: Path
) -> None:
    """A batch of 30 is parts of 16 and 14. Algorithms are for fp32 only, and each rounds its own way."""
    entries = read_record(together / "using_algorithms")["algorithms"]
    assert {entry["input"][0] for entry in entries} == {14, 16}
    assert len(entries) == 4
    recipe = small_recipe(
        batch_size=30, augmentation=EVERYTHING_RANDOM, clip_norm=1.0, ema=0.9, algorithms="plain"
    )
    alone = small_run(tmp_path / "alone", recipe, data=small_set)
    for one, other in zip(numbers(alone.path), numbers(together / "using_algorithms"), strict=True):
        assert one == pytest.approx(other, rel=1e-3)


@pytest.mark.usefixtures("exact")
def test_a_signal_to_torchrun_leaves_a_run_that_can_go_on(together: Path) -> None:
    run = together / "signalled"
    stopped = f"stopped, everything saved; go on with:  striate train --resume {run}\n"
    assert (together / "told.txt").read_text().count(stopped) == 1
    assert read_record(run)["status"] == "stopped"
    epochs = len(epochs_in(run))
    go_on(run, reporter=At(STEPS * (epochs + 1)))
    assert epochs_in(run)[: epochs + 1] == list(range(1, epochs + 2))


def test_the_main_process_alone_holds_the_run(together: Path) -> None:
    """Two machines, as far as a process can tell: it goes on to the end; the other's folder stays empty."""
    told, said = ((together / f"machine{number}.txt").read_text() for number in range(2))
    assert "going on with 2 processes in place of 1" in told
    assert told.endswith("code 0\n")
    assert said == "code 0\n"
    assert read_record(together / "machine0" / "run")["status"] == "finished"
    assert list((together / "machine1").iterdir()) == []


def wait_for(file: Path, process: Fork, seconds: float = 120) -> None:
    """Until the file is there."""
    end = time.monotonic() + seconds
    while not file.exists():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.usefixtures("exact")
def test_ctrl_c_in_one_process_stops_all(together: Path, tmp_path: Path) -> None:
    assert read_record(together / "stopped")["status"] == "stopped"
    resumed = go_on(together / "stopped")  # with one process now
    assert resumed.status == "finished"
    assert epochs_in(resumed.path) == [1, 2]
    for one, other in zip(numbers(resumed.path), numbers(together / "plain"), strict=True):
        assert one == pytest.approx(other, rel=ROUNDING)


@pytest.mark.parametrize("kind", SHAPES)
def test_a_shared_batch_norm_equals_one_over_the_joined_batch(together: Path, kind: type[nn.Module]) -> None:
    joined = steps_of(nn.Sequential(kind(3)).double(), slice(None), SHAPES[kind])
    files = [together / f"{kind.__name__}-2-{rank}.pt" for rank in range(2)]
    parts = [torch.load(file, weights_only=True) for file in files]
    for name, expected in joined.items():
        if name.startswith("gradient of"):
            found = sum(part[name] for part in parts)
        elif expected.ndim == len(SHAPES[kind]):
            found = torch.cat([part[name] for part in parts])
        else:
            found = parts[0][name]
            assert torch.equal(found, parts[1][name]), name
        assert torch.allclose(found, expected, rtol=1e-12, atol=1e-12), name
    assert [len(range(7)[part]) for part in PARTS[2]] == [4, 3]


def test_the_variance_of_a_shared_batch_norm_survives_a_large_mean(together: Path) -> None:
    found = torch.cat([torch.load(together / f"far-{rank}.pt", weights_only=True) for rank in range(2)])
    exact = nn.BatchNorm2d(3).double()(far_from_zero().double())
    assert (found - exact).abs().max() < 5 * FAR * 2**-24  # of the mean, which fp32 holds no better


def test_alone_a_shared_batch_norm_is_torchs() -> None:
    shape = SHAPES[nn.BatchNorm2d]
    layer = nn.Sequential(nn.BatchNorm2d(3)).double()
    share_batch_norm(layer)
    found = steps_of(layer, slice(None), shape)
    for name, expected in steps_of(nn.Sequential(nn.BatchNorm2d(3)).double(), slice(None), shape).items():
        assert torch.equal(found[name], expected), name
