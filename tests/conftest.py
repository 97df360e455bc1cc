"""Trainings that several tests look at. Nobody may change their folders: copy them first."""

import gc
import os
import sys
from collections.abc import Generator, Iterator
from contextlib import closing
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Set before torch is imported: threads that wait for others sleep, so that tests side by side do not starve.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import pytest
import torch
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

import striate
from forks import Forks
from scheduling import scheduling
from small_clips import write_small_clips
from small_runs import small_recipe, small_run, write_small_set
from striate.data.builtin import digits, motion_digits
from striate.errors import command_line
from striate.training import concluding
from striate.training.train import Run

if TYPE_CHECKING:
    from striate.exporting import Export

settings.register_profile("striate", deadline=None)  # the first example loads what is loaded when first used
settings.load_profile("striate")


LONG = ("training", "contract", "exporting", "watching")
"""Rooms with files that take long."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """What is collected stays: nobody looks for what does not, nor looks through it while the tests run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)  # to look at every 700th object took one second of twenty-five
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long first, so that processes side by side end together."""
    items.sort(key=lambda item: item.path.parent.name not in LONG)


EXPORTING = (
    *("exporting/", "test_evaluating_part.py", "test_serving_serve.py", "test_published_live.py"),
    "test_models_own_clips.py",
)
"""A room, and files elsewhere, that load PyTorch's exporter, which takes seconds: one process does them."""


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """Each file stays in one process, and all that exports in the same."""
    return ByFile(config, log)


class ByFile(LoadFileScheduling):  # type: ignore[misc]  # xdist is not typed
    """Gives out tests by file."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "exporting" if any(name in file for name in EXPORTING) else file


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is measured here is not for the user. Fonts, which take seconds to list, stay where they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLCONFIGDIR", str(Path.home() / ".cache" / "matplotlib"))
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("TORCH_HOME", str(tmp_path_factory.mktemp("torch")))
        patch.setenv("CI", "true")  # no test fetches weights that it did not ask for
        yield


@pytest.fixture(autouse=True)
def scheduling_stays() -> Iterator[None]:
    """No test leaves its process in another class of scheduling: processes started later would inherit it."""
    before = scheduling()
    yield
    assert scheduling() == before


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A small network that has learnt the digits, in about a second."""
    recipe = small_recipe(epochs=8, learning_rate=0.02, label_smoothing=0.0, ema=0.9)
    out = tmp_path_factory.mktemp("digits") / "run"
    return small_run(out, recipe, options={"widths": (8, 16), "hidden": ()})


@pytest.fixture(scope="session")
def digits_file(digits_run: Run, tmp_path_factory: pytest.TempPathFactory) -> "Export":
    """The same as an ONNX file; nobody may change it."""
    pytest.importorskip("onnxruntime")
    return striate.export(digits_run.path, tmp_path_factory.mktemp("digits-file") / "digits.onnx")


@pytest.fixture(scope="session")
def small_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of IDX files that opens at once."""
    return write_small_set(tmp_path_factory.mktemp("sets") / "small")


@pytest.fixture(scope="session", autouse=True)
def as_written() -> Iterator[None]:
    """Sentences are compared as they are written, in the words of the command line; see test_errors.py."""
    with command_line():
        yield


DRAWING = {name: getattr(concluding, name) for name in ("draw_curves", "draw_confusion")}


@pytest.fixture(scope="session", autouse=True)
def undrawn() -> Iterator[None]:
    """Trainings and comparisons draw nothing, which takes longer than they do here; see `drawn`."""
    with pytest.MonkeyPatch.context() as patch:
        for name in DRAWING:
            patch.setattr(concluding, name, lambda *arguments: arguments[-1].write_bytes(b""))
        if "striate.comparing.table" in sys.modules:  # else nobody here compares; matplotlib takes a second
            patch.setattr("striate.comparing.finished_runs.draw_front", lambda _, path: path.write_bytes(b""))
            patch.setattr("striate.comparing.table.draw_front", lambda _, file: None)
        yield


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings draw their pictures."""
    for name, draw in DRAWING.items():
        monkeypatch.setattr(concluding, name, draw)


@pytest.fixture(scope="session", autouse=True)
def digits_read_once() -> Iterator[None]:
    """Some hundred tests open the digits, whose numbers stand in a file as text."""
    read = cache(digits.load_digits)
    with pytest.MonkeyPatch.context() as patch:
        for module in (digits, motion_digits):
            patch.setattr(module, "load_digits", lambda: tuple(array.copy() for array in read()))
        yield


@pytest.fixture(scope="session", autouse=True)
def exporter_read_once() -> Iterator[None]:
    """PyTorch's exporter would read its thousand functions from their source anew for every file."""
    write = torch.onnx.export

    def export(*arguments: Any, **named: Any) -> Any:
        registry = import_module("torch.onnx._internal.exporter._registration").ONNXRegistry
        if not isinstance(vars(registry)["from_torchlib"], staticmethod):
            registry.from_torchlib = staticmethod(cache(registry.from_torchlib))
        return write(*arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.onnx, "export", export)
        yield


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Runs scripts that would load PyTorch and a training first."""
    with closing(Forks()) as running:
        yield running


@pytest.fixture
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder of one's own, so that runs/ is made there."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without timing a step, which takes longer than training here."""
    monkeypatch.setattr("striate.training.number_format.try_step", lambda *arguments: 0.01)


@pytest.fixture(scope="session")
def small_clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A packed folder of clips that opens at once."""
    return write_small_clips(tmp_path_factory.mktemp("clips"))
