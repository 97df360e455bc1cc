"""A run that cannot go on says why."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from small_runs import At, change_record, go_on, small_run, write_idx, write_small_set
from striate.errors import DataError, RunError
from striate.runs import FORMAT, read_record
from striate.training.train import Run

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run that was stopped after a step, and the folder of its data."""
    folder = tmp_path_factory.mktemp("stopped")
    data = write_small_set(folder / "set")
    return small_run(folder / "run", data=data, reporter=At(1)).path, data


@pytest.fixture
def copied(stopped: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """Copies that may be changed: the run, and its data."""
    run, data = (Path(shutil.copytree(one, tmp_path / one.name)) for one in stopped)
    change(run, ("data", "source"), str(data))
    return run, data


def change(run: Path, where: tuple[str, ...], value: Any) -> None:
    """Sets one value of the record; None takes it out."""

    def set_value(record: dict[str, Any]) -> None:
        for name in where[:-1]:
            record = record[name]
        if value is None:
            del record[where[-1]]
        else:
            record[where[-1]] = value

    change_record(run, set_value)


def test_a_finished_run(digits_run: Run) -> None:
    with pytest.raises(RunError) as caught:
        go_on(digits_run.path)
    assert str(caught.value) == (
        f"{digits_run.path} is finished, there is nothing to resume: "
        f"to train its network further, start a new run with --weights {digits_run.path}"
    )


def test_a_run_whose_data_are_gone(copied: tuple[Path, Path]) -> None:
    run, data = copied
    shutil.rmtree(data)
    with pytest.raises(DataError, match=f"^no folder {data}: give "):
        go_on(run)


def test_a_run_whose_data_have_changed(copied: tuple[Path, Path]) -> None:
    run, data = copied
    labels = np.frombuffer((data / "t10k-labels-idx1-ubyte").read_bytes()[8:], np.uint8).copy()
    labels[labels == 1] = 7
    write_idx(data / "t10k-labels-idx1-ubyte", labels)
    with pytest.raises(DataError) as caught:
        go_on(run)
    assert str(caught.value).startswith(f"{data} has changed since {run} began: other images of each class (")
    assert str(caught.value).endswith(" now); restore it, or start a new run")


def test_a_run_whose_data_have_other_classes(copied: tuple[Path, Path]) -> None:
    run, _ = copied
    change(run, ("data", "classes"), ["cat", "dog"])
    with pytest.raises(DataError, match=r'other classes \(\["cat", "dog"\] then, \["0", "1", '):
        go_on(run)


@pytest.mark.parametrize("where", ["recipe", "plan", "data", "network", "classes", "machine"])
def test_a_record_that_lacks_something(copied: tuple[Path, Path], where: str) -> None:
    run, _ = copied
    change(run, (where,), None)
    if where in ("classes", "machine"):  # kept for readers only
        assert go_on(run).status == "finished"
        return
    with pytest.raises(RunError) as caught:
        go_on(run)
    assert str(caught.value) == f"the record of {run} lacks what a training needs to go on: train again"


@pytest.mark.parametrize(
    "where", [("data", "source"), ("data", "options"), ("data", "normalisation"), ("plan", "epochs")]
)
def test_a_record_that_lacks_a_part(copied: tuple[Path, Path], where: tuple[str, ...]) -> None:
    run, _ = copied
    change(run, where, None)
    with pytest.raises(RunError, match="lacks what a training needs to go on: train again"):
        go_on(run)


@pytest.mark.parametrize("what", ["recipe", "plan", "network"])
@pytest.mark.parametrize("value", [3, [], "text"])
def test_a_record_with_nonsense_in_it(copied: tuple[Path, Path], what: str, value: Any) -> None:
    run, _ = copied
    change(run, (what,), value)
    with pytest.raises(RunError) as caught:
        go_on(run)
    assert str(caught.value) == (
        f"{run / 'run.json'} is no record of a run: {what} must be an object; got {value!r}; "
        "restore it from a copy"
    )


def test_a_record_of_a_newer_version(copied: tuple[Path, Path]) -> None:
    run, _ = copied
    change(run, ("format",), FORMAT + 1)
    versions = rf"record format {FORMAT + 1}, this one reads up to {FORMAT}"
    sentence = rf"was written by a newer striate \({versions}\)"
    with pytest.raises(RunError, match=sentence):
        go_on(run)


def test_what_a_newer_version_of_a_recipe_added_is_left_out(copied: tuple[Path, Path]) -> None:
    run, _ = copied
    change(run, ("recipe", "from the future"), 3)
    assert go_on(run).status == "finished"
    assert read_record(run)["status"] == "finished"
