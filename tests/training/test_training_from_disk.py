"""A set too large for memory trains to the same numbers; files that break meanwhile are named."""

from functools import partial
from pathlib import Path

import pytest

from small_photographs import write_photographs
from small_runs import At, assert_equal, go_on, small_recipe, small_run, state_of
from striate import runs
from striate.data import open_data
from striate.training.train import Run

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Sixty pictures that can all be read."""
    return write_photographs(tmp_path / "photos", each=20, broken=False)


def train(photos: Path, out: Path, reporter: At | None = None) -> Run:
    told = {} if reporter is None else {"reporter": reporter}
    return small_run(out, small_recipe(batch_size=8), data=photos, size=16, **told)


def test_from_disk_as_from_memory(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = train(photos, tmp_path / "memory")
    monkeypatch.setattr("striate.training.setup.open_data", partial(open_data, memory_limit=0, workers=0))
    disk = train(photos, tmp_path / "disk")
    stopped = train(photos, tmp_path / "stopped", At(3))
    assert stopped.status == "stopped"
    go_on(stopped.path)
    assert_equal(state_of(disk.path), state_of(whole.path))
    assert_equal(state_of(stopped.path), state_of(whole.path))
    assert disk.test == whole.test
    assert not runs.read_record(disk.path)["data"]["in_memory"]
    assert any(note.startswith("read from disk as needed: ") for note in disk.notes)


def test_a_file_that_breaks_meanwhile(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("striate.training.setup.open_data", partial(open_data, memory_limit=0, workers=0))
    victim = open_data(photos, size=16).splits["train"].names[0]
    told = At(1, lambda: Path(victim).write_text("no picture any more", encoding="utf-8"))
    run = train(photos, tmp_path / "run", told)
    assert run.status == "finished"
    assert run.notes[-1] == (
        "files that could not be read, replaced by others of their class: 1, as "
        f"{victim} (not an image that Pillow knows)"
    )
    assert told.lines[-1] == run.notes[-1]
