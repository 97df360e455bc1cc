"""Every file of `examples/` runs, says what it promises and stays short; the notebook shows pages."""

import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from small_photographs import write_photographs
from striate.models import CATALOGUE, NETWORKS
from striate.training.train import Run

EXAMPLES = Path(__file__).parents[2] / "examples"
SHORT = sorted(path for path in EXAMPLES.glob("*.py") if path.name != "by_hand.py")
Example = Callable[..., str]


@pytest.fixture
def example(away: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Example:
    """Runs a file as `python examples/NAME.py …` does; gives what it prints."""

    def run(name: str, *words: object) -> str:
        monkeypatch.setattr(sys, "argv", [name, *(str(word) for word in words)])
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
        return capsys.readouterr().out

    return run


@pytest.fixture
def catalogue_as_before() -> Iterator[None]:
    """Takes out of the catalogue what an example puts in."""
    before = [(catalogue, dict(catalogue)) for catalogue in (CATALOGUE, NETWORKS)]
    yield
    for catalogue, saved in before:
        catalogue.clear()
        catalogue.update(saved)


def test_each_job_has_a_test_here():
    names = {path.stem for path in SHORT} | {path.stem for path in EXAMPLES.glob("*.ipynb")}
    text = Path(__file__).read_text(encoding="utf-8")
    assert len(names) == 7
    assert not [name for name in names if f'"{name}' not in text]


@pytest.mark.parametrize("path", SHORT, ids=[path.stem for path in SHORT])
def test_each_is_under_sixty_lines_and_says_how_it_is_called(path):
    text = path.read_text()
    assert len(text.splitlines()) < 60
    assert f"    python examples/{path.name}" in text


def test_inspect_any_module(example):
    lines = example("inspect_any_module", "page.html").splitlines()
    assert lines[0].split() == ["first", "conv2d", "(3·3·3", "+", "1)·16", "=", "448", "sees", "3×3"]
    assert lines[-1].startswith("2,938 parameters, ")
    assert "<html" in Path("page.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("quick")
def test_train_on_your_photos(example):
    folder = write_photographs(Path("photos"), 12, broken=False)
    picture = folder / "red circle" / "000.png"
    said = example("train_on_your_photos", folder, picture, "--epochs", 4, "--size", 16, "--out", "run")
    assert "% of 5 pictures that it had never seen" in said or "% of 6 pictures" in said
    assert [line.split("  ")[0] for line in said.splitlines() if "of them found" in line] == [
        "blue bar",
        "green square",
        "red circle",
    ]
    assert said.splitlines()[-1].startswith(f"{picture}: ")


@pytest.mark.usefixtures("quick")
def test_ways_on_your_clips(example, small_clips):
    said = example("ways_on_your_clips", small_clips, "--epochs", 1, "--out", "ways")
    assert [line.split()[0] for line in said.splitlines()[-3:]] == ["2d", "tsm", "more"]
    assert "<html" in Path("ways/ways.html").read_text(encoding="utf-8")


def test_explain_one_weight(example, digits_run: Run):
    said = example("explain_one_weight", digits_run.path, "--out", "weight.html").splitlines()
    assert said[0] == "the image is a 2"
    assert said[1].startswith("the gradient of conv2.weight[5, 3, 1, 1] is ")
    assert said[2].startswith("the next step moves it from ")
    assert "<html" in Path("weight.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("quick", "catalogue_as_before")
def test_your_own_network(example, small_set, small_clips):
    said = example("your_own_network", small_set, small_clips, "--epochs", 1, "--out", "mine")
    assert [line.split(":")[0] for line in said.splitlines() if line.endswith(" right")] == [
        "images",
        "clips, 2d",
        "clips, tsm",
    ]


def test_training_loop(example):
    said = example("training_loop", "--epochs", 2).splitlines()
    assert [line.split(":")[0] for line in said] == ["epoch 1", "epoch 2"]
    assert float(said[-1].split()[2].rstrip("%")) > 85


def test_the_notebook_shows_tables_and_pages(tmp_path):
    notebook = nbformat.read(EXAMPLES / "tour.ipynb", as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = {
        cell["id"]: {kind for output in cell["outputs"] for kind in output.get("data", {})}
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    }
    pages = {name for name, kinds in shown.items() if "text/html" in kinds}
    assert pages >= {"inspect", "explain", "weight"}
    assert not [
        output
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if output["output_type"] == "error"
    ]
