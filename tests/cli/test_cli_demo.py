"""`striate demo`, with shorter trainings."""

from pathlib import Path
from typing import Any

import pytest
from commands import Command

from hand_made_runs import BLIND, hand_made_run
from small_runs import At, small_run
from striate.comparing import Comparison
from striate.comparing import compare as compare_runs
from striate.training.progress import Reporter
from striate.training.train import Run

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The demo's trainings become small ones, or none; a reporter put into the list is told of the first."""
    reporters: list[Reporter] = []

    def train(data: str, out: Path) -> Run:
        assert data == "digits"
        told = {"reporter": reporters[0]} if reporters else {}
        return small_run(out or Path("runs/digits-plain"), data=data, **told)

    def compare(data: str, times: tuple[str, ...], seeds: int, out: Path) -> Comparison:
        assert (data, times, seeds) == ("motion-digits", ("2d", "tsm"), 1)
        runs = [hand_made_run(out / "2d", "2d", BLIND), hand_made_run(out / "tsm", "tsm")]
        return compare_runs(runs=runs, out=out)

    monkeypatch.setattr("striate.demonstration.train", train)
    monkeypatch.setattr("striate.demonstration.compare", compare)
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
    rows = [line for line in done.out.splitlines() if line.startswith(("2d ", "tsm "))]
    assert [row.split()[1:7:2] for row in rows] == [
        ["50.00", "100.00", "50.00"],
        ["97.00", "100.00", "97.00"],
    ]
    assert "  pareto      runs/digits-plain/ways/pareto.png\n" in done.out
    assert done.out.endswith(
        "now your own images or clips, in one folder per class:  striate train FOLDER\n"
        "more ways through time:  striate compare motion-digits --time 2d tsm 3d lstm\n"
        "or the full MNIST:  striate data get mnist && striate train mnist\n"
    )


@pytest.mark.usefixtures("hurry")
def test_json_alone(run: Command, tmp_path: Path) -> None:
    content = run("demo", "--out", tmp_path / "run", "--json").json
    assert content["train"]["run"] == str(tmp_path / "run")
    assert len(content["predict"]["images"]) == 5
    assert [row["time"] for row in content["compare"]["rows"]] == ["2d", "tsm"]


def test_stopped(run: Command, tmp_path: Path, hurry: list[Any]) -> None:
    hurry.append(At(2))
    done = run("demo", "--out", tmp_path / "run")
    assert (done.code, done.out) == (
        130,
        f"stopped, everything saved; go on with:  striate train --resume {tmp_path / 'run'}\n",
    )
