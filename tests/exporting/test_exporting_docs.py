"""The blocks of docs/export.md, run on other people's side: without striate, and in JavaScript."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import striate
from striate.exporting import Export

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
PAGE = Path(__file__).parents[2] / "docs" / "export.md"
AFTER = """
import { readFileSync } from "node:fs";
ort.env.wasm.numThreads = 1;
const [pixels, frames] = ["pixels", "frames"].map((name) => new Uint8Array(readFileSync(`${name}.raw`)));
const said = (name) => JSON.parse(readFileSync(`${name}.json`));
const picture = await open("photos.onnx", said("photos"));
const live = await open("live.onnx", said("live"));
const answers = [], length = said("live").content.size.reduce((a, b) => a * b);
for (let at = 0; at < frames.length; at += length) {
  if (at === 2 * length) live.restart();
  answers.push(await live.next(frames.slice(at, at + length)));
}
console.log(JSON.stringify([await picture.next(pixels), answers]));
"""


def blocks(language: str) -> list[str]:
    return [body for name, body in BLOCK.findall(PAGE.read_text(encoding="utf-8")) if name == language]


@pytest.fixture
def elsewhere(image_file: Export, step_file: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the page names."""
    shutil.copy(image_file.path, tmp_path / "photos.onnx")
    shutil.copy(step_file.path, tmp_path / "live.onnx")
    pixels = np.random.default_rng(0).integers(0, 256, (20, 31), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def frames(root: Path, step_file: Export) -> np.ndarray:
    folder = sorted((root / "frames" / "test" / "right").iterdir())[0]
    return np.stack([np.array(Image.open(file))[None] for file in sorted(folder.iterdir())])


def test_the_python_of_the_page(elsewhere: Path, frames: np.ndarray, images: Path, step_file: Export) -> None:
    names: dict[str, Any] = {"frames": frames}
    first, second = blocks("python")
    exec(compile(first, str(PAGE), "exec"), names)
    (wanted,) = striate.predict(images, ["photo.png"]).images
    assert names["classes"][names["probabilities"].argmax()] == wanted.best
    assert float(names["probabilities"].max()) == pytest.approx(wanted.probabilities[0], abs=1e-6)
    exec(compile(second, str(PAGE), "exec"), names)
    late = [row for row in names["answers"] if not np.isnan(row).any()]
    folder = elsewhere / "frames"
    folder.mkdir()
    for number, frame in enumerate(frames):
        Image.fromarray(frame[0]).save(folder / f"{number}.png")
    for row, moment in zip(late, striate.stream(step_file.path, folder), strict=False):
        np.testing.assert_allclose(row, [p for _, p in moment.probabilities], atol=1e-6)
    assert len(late) == len(frames) - step_file.content.step.late  # type: ignore[union-attr]


def test_the_javascript_of_the_page(
    elsewhere: Path, frames: np.ndarray, image_file: Export, step_file: Export
) -> None:
    """In Node; STRIATE_NODE_MODULES says where the package is, which is not installed with the checks."""
    packages = Path(os.environ.get("STRIATE_NODE_MODULES", Path(__file__).parents[2] / "node_modules"))
    if shutil.which("node") is None or not (packages / "onnxruntime-web").is_dir():
        pytest.skip("needs node, and onnxruntime-web in node_modules or STRIATE_NODE_MODULES")
    (elsewhere / "node_modules").symlink_to(packages)
    (elsewhere / "page.mjs").write_text(blocks("js")[0] + AFTER)
    for name, file in (("photos", image_file), ("live", step_file)):
        (elsewhere / f"{name}.json").write_text(json.dumps(file.to_json()))
    pixels = np.random.default_rng(0).integers(0, 256, (1, 1, 8, 8), np.uint8)
    pixels.tofile("pixels.raw")
    frames.tofile("frames.raw")
    done = subprocess.run(["node", "page.mjs"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    picture, answers = json.loads(done.stdout)
    (wanted,) = _session(image_file.path).run(None, {"pixels": pixels})[0]
    assert [name for name, _ in picture] == list(image_file.content.classes)
    np.testing.assert_allclose([p for _, p in picture], wanted, atol=1e-6)
    state: dict[str, np.ndarray] = {}
    for number, (frame, answer) in enumerate(zip(frames, answers, strict=True)):
        if number in (0, 2):
            state = _initial(step_file)
        row, *after = _session(step_file.path).run(None, {"frame": frame[None], **state})
        state = dict(zip(state, after, strict=True))
        found = [np.nan if p is None else p for _, p in answer]
        np.testing.assert_allclose(found, row[0], atol=1e-6)


def _session(path: Path) -> Any:
    import onnxruntime

    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def _initial(file: Export) -> dict[str, np.ndarray]:
    assert file.content.step is not None
    return {
        one.name: np.full((1, *one.shape), float(one.initial), one.dtype) for one in file.content.step.state
    }
