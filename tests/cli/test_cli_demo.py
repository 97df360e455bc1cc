"""`striate demo`, with a shorter training."""

from pathlib import Path
from typing import Any

import pytest
from commands import Command

from small_runs import At, small_run
from striate.training.progress import Reporter
from striate.training.train import Run

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The demo's training becomes a small one; a reporter put into the list is told of it."""
    reporters: list[Reporter] = []

    def train(data: str, out: Path) -> Run:
        assert data == "digits"
        told = {"reporter": reporters[0]} if reporters else {}
        return small_run(out or Path("runs/digits-plain"), data=data, **told)

    monkeypatch.setattr("striate.cli.demo.train", train)
    return reporters


@pytest.mark.usefixtures("hurry")
def test_from_nothing_to_classified_images(run: Command, away: Path) -> None:
    done = run("demo")
    assert done.code == 0
    assert "run runs/digits-plain\n  test accuracy  " in done.out
    files = sorted((away / "runs" / "digits-plain" / "samples").iterdir())
    assert len(files) == 5
    for number, file in enumerate(files):
        assert file.name.startswith(f"{number}-is-")
        assert f"\nruns/digits-plain/samples/{file.name}  " in done.out
    assert done.out.endswith(
        "now your own images, in one folder per class:  striate train FOLDER\n"
        "or the full MNIST:  striate data get mnist && striate train mnist\n"
    )


@pytest.mark.usefixtures("hurry")
def test_json_alone(run: Command, tmp_path: Path) -> None:
    content = run("demo", "--out", tmp_path / "run", "--json").json
    assert content["train"]["run"] == str(tmp_path / "run")
    assert len(content["predict"]["images"]) == 5


def test_stopped(run: Command, tmp_path: Path, hurry: list[Any]) -> None:
    hurry.append(At(2))
    done = run("demo", "--out", tmp_path / "run")
    assert (done.code, done.out) == (
        130,
        f"stopped, everything saved; go on with:  striate train --resume {tmp_path / 'run'}\n",
    )
