"""Files written once for all tests of the room, as PyTorch's exporter takes seconds."""

from pathlib import Path

import onnx
import pytest

import striate
from small_clips import clip_run, write_small_clips
from striate.exporting import Export, exported_run
from striate.training.train import Run


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("export")


@pytest.fixture(scope="session")
def clips(root: Path) -> Path:
    """A run whose frames see later ones: its answers in a stream are late."""
    data = write_small_clips(root)
    return clip_run(root / "clips", data=str(data), time="tsm").path


@pytest.fixture(scope="session")
def images(digits_run: Run) -> Path:
    return digits_run.path


@pytest.fixture(scope="session")
def image_file(digits_file: Export) -> Export:
    return digits_file


@pytest.fixture(scope="session")
def int8_file(images: Path, image_file: Export, root: Path) -> Export:
    """Made from what PyTorch's exporter has written before, as it takes seconds."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(exported_run, "to_onnx", lambda *_: onnx.load(str(image_file.path)))
        return striate.export(images, root / "int8.onnx", int8=True, calibrate="digits")


@pytest.fixture(scope="session")
def clip_file(clips: Path, root: Path) -> Export:
    return striate.export(clips, root / "clips.onnx")


@pytest.fixture(scope="session")
def step_file(clips: Path, root: Path) -> Export:
    return striate.export(clips, root / "step.onnx", streaming=True, lookahead=True, readout="since-start")
