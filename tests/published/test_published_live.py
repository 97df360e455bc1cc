"""Networks by name in a stream and out of Python: the same answers as `predict` gives."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import striate
from weight_server import NETWORK, small_weights


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    draw = np.random.default_rng(0)
    for name in ("cat", "owl"):
        for split in ("train", "test"):
            folder = tmp_path / "photographs" / split / name
            folder.mkdir(parents=True)
            pixels = draw.integers(0, 256, (7, 9, 3), dtype=np.uint8)
            Image.fromarray(pixels).resize((270, 240)).save(folder / "1.png")
    return tmp_path / "photographs"


def test_it_says_of_frames_and_as_a_file_what_it_says_of_images(photographs: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("cat\ndog\nowl\n")
    asked: dict[str, Any] = {"weights": small_weights(tmp_path, classes=3), "classes": names, "offline": True}
    folder = photographs / "test" / "owl"
    (wanted,) = striate.predict(NETWORK, [folder], **asked).images
    (moment,) = striate.stream(NETWORK, folder, **asked)
    assert [name for name, _ in moment.probabilities] == ["cat", "dog", "owl"]
    file = striate.export(NETWORK, tmp_path / "a.onnx", calibrate=photographs, **asked)
    (found,) = striate.predict(file.path, [folder]).images
    assert found.best == wanted.best
    np.testing.assert_allclose(found.probabilities, wanted.probabilities, atol=1e-5)
    assert moment.best == wanted.best
    ours = sorted((p for _, p in moment.probabilities), reverse=True)
    np.testing.assert_allclose(ours, wanted.probabilities, atol=1e-5)
