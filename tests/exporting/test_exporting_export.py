"""A run as an ONNX file: what it takes, says of itself, gives; and that nothing wrong stays on disk."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from PIL import Image

import striate
from striate.data.images.framing import Framing
from striate.errors import ArgumentError, DataError, MissingExtraError, NetworkError, RunError
from striate.evaluating import exported
from striate.evaluating.exported import open_exported
from striate.evaluating.exported_content import FORMAT, from_texts
from striate.evaluating.metrics import probabilities
from striate.evaluating.run_model import open_run
from striate.evaluating.run_step import step_of_run
from striate.exporting import Export, checking, exported_run, onnx_model


def session_of(path: Path) -> Any:
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def test_a_file_of_images_gives_the_runs_own_probabilities(image_file: Export, images: Path) -> None:
    """Without striate: pixels in, and the network's softmax by hand on the other side."""
    session = session_of(image_file.path)
    trained = open_run(images)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 1, 8, 8), np.uint8)
    mean, std = trained.normalise.mean[0], trained.normalise.std[0]
    with torch.no_grad():
        scores = trained.network((torch.from_numpy(pixels).float() - mean) / std).numpy()
    wanted = probabilities(scores, trained.temperature)
    (found,) = session.run(None, {"pixels": pixels})
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    (alone,) = session.run(None, {"pixels": pixels[:1]})
    np.testing.assert_allclose(alone, found[:1], atol=1e-6)


def test_a_file_says_what_it_needs(image_file: Export, clip_file: Export, step_file: Export) -> None:
    kinds = []
    for one in (image_file, clip_file, step_file):
        texts = session_of(one.path).get_modelmeta().custom_metadata_map
        assert from_texts(texts) == one.content
        assert json.loads(texts["classes"]) == list(one.content.classes)
        assert "bilinear" in json.loads(texts["resize"])
        kinds.append(one.content.kind)
        taken = [(port.name, port.shape) for port in session_of(one.path).get_inputs()]
        assert taken == [(port.name, list(port.shape)) for port in one.inputs]
        given = [(port.name, list(port.shape)) for port in session_of(one.path).get_outputs()]
        assert given == [(port.name, list(port.shape)) for port in one.outputs]
    assert kinds == ["images", "clips", "step"]
    assert [str(port) for port in image_file.inputs] == ["pixels N×1×8×8 uint8"]
    assert [str(port) for port in clip_file.inputs] == ["pixels N×1×4×12×12 uint8"]
    assert str(step_file.inputs[0]) == "frame N×1×12×12 uint8"
    assert clip_file.content.sampling is not None
    assert clip_file.content.sampling.frames == 4


def test_a_file_tells_nothing_of_this_machine(step_file: Export) -> None:
    content = step_file.path.read_bytes()
    for secret in (str(Path(striate.__file__).parent), str(Path(torch.__file__).parent), str(Path.home())):
        assert secret.encode() not in content


def test_layers_keep_their_names(clip_file: Export, step_file: Export) -> None:
    for file in (step_file, clip_file):
        names = [node.name for node in onnx.load(str(file.path)).graph.node]
        assert len(set(names)) == len(names)
        assert not [name for name in names if "_empty_" in name]
    trained = open_run(Path(clip_file.run))
    layers = {name for name, layer in trained.network.named_modules() if isinstance(layer, torch.nn.Conv2d)}
    assert layers <= set(names)


def test_a_step_outside_of_striate_is_the_stream(step_file: Export, clips: Path, root: Path) -> None:
    """The state by name, from what the metadata say of it; two streams at once."""
    session = session_of(step_file.path)
    content = step_file.content
    assert content.step is not None
    folder = root / "frames" / "test" / "right"
    streams = sorted(folder.iterdir())[:2]
    frames = np.stack([[np.array(Image.open(file)) for file in sorted(one.iterdir())] for one in streams])
    state = {
        entry.name: np.full((2, *entry.shape), float(entry.initial), entry.dtype)
        for entry in content.step.state
    }
    rows = []
    for t in range(frames.shape[1]):
        row, *after = session.run(None, {"frame": frames[:, t, None], **state})
        state = dict(zip(state, after, strict=True))
        rows.append(row)
    late = content.step.late
    assert late > 0
    assert np.isnan(rows[:late]).all()
    for number, one in enumerate(streams):
        wanted = list(striate.stream(clips, one, lookahead=True, readout="since-start"))
        found = [row[number].tolist() for row in rows[late:]]
        for moment, row in zip(wanted, found, strict=False):
            np.testing.assert_allclose(row, [p for _, p in moment.probabilities], atol=1e-5)


def test_the_step_of_a_file_takes_pixels_as_they_are(step_file: Export) -> None:
    step = step_of_run(open_exported(step_file.path))
    scores, state = step(torch.zeros(1, 1, 2, 12, 12, dtype=torch.uint8), step.initial())
    assert scores.shape == (1, 2, 2)
    assert step.finish(state).shape == (1, step.late, 2)
    with pytest.raises(NetworkError) as refused:
        step(torch.zeros(1, 1, 2, 12, 12), step.initial())
    assert str(refused.value) == (
        "a step of an exported file takes pixels, uint8 from 0 to 255; got torch.float32: it normalises "
        "them itself"
    )


@pytest.mark.parametrize("kind", ["image_file", "clip_file", "step_file"])
def test_a_file_in_place_of_its_run_says_the_same(kind: str, request: pytest.FixtureRequest) -> None:
    """A step's since-start answer after the last frame is the clip's own."""
    export: Export = request.getfixturevalue(kind)
    wanted, found = striate.evaluate(export.run), striate.evaluate(export.path)
    assert abs(wanted.scores.loss - found.scores.loss) < 1e-6
    assert wanted.scores.confusion == found.scores.confusion
    assert (wanted.data, wanted.split, wanted.scores.unit) == (found.data, found.split, found.scores.unit)


def test_predict_and_stream_take_a_file(
    step_file: Export, clip_file: Export, clips: Path, root: Path
) -> None:
    folder = next((root / "frames" / "test" / "left").iterdir())
    wanted = striate.predict(clips, [folder]).videos
    found = striate.predict(clip_file.path, [folder]).videos
    assert wanted is not None
    assert found is not None
    np.testing.assert_allclose(found[0].whole.probabilities, wanted[0].whole.probabilities, atol=1e-6)
    ours = list(striate.stream(clips, folder, lookahead=True, readout="since-start"))
    theirs = list(striate.stream(step_file.path, folder))
    assert [one.time for one in ours] == [one.time for one in theirs]
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(
            [p for _, p in one.probabilities], [p for _, p in other.probabilities], atol=1e-6
        )


def test_a_file_has_no_algorithms_to_choose_from(step_file: Export, clip_file: Export, clips: Path) -> None:
    for verb in (striate.evaluate, striate.serve, striate.open_predictor, striate.predict):
        with pytest.raises(ArgumentError) as refused:
            verb(clip_file.path, *([["x.mp4"]] if verb is striate.predict else []), algorithms="plain")
        assert str(refused.value) == (
            "an exported file is run by ONNX Runtime, which has no plain algorithms: leave --algorithms out"
        )


def test_int8_holds_convolutions_and_linear_layers_in_8_bits(int8_file: Export, image_file: Export) -> None:
    model = onnx.load(str(int8_file.path))
    weights = {one.name: one for one in model.graph.initializer}
    held = {node.input[0]: node.output[0] for node in model.graph.node if node.op_type == "DequantizeLinear"}
    kinds = {one.data_type for name, one in weights.items() if name in held and len(one.dims) > 1}
    assert kinds == {onnx.TensorProto.INT8}
    scales = [
        node for node in model.graph.node if node.op_type == "DequantizeLinear" and node.input[0] in weights
    ]
    assert any(weights[node.input[1]].dims for node in scales)  # one for each channel
    assert int8_file.content.precision == "int8"
    check = int8_file.check
    assert check.inputs == 359
    assert check.accuracy_pytorch - check.accuracy_file <= 0.01
    assert int8_file.times.fp32_file is not None
    assert image_file.times.fp32_file is None
    assert striate.evaluate(int8_file.path).scores.top1 == pytest.approx(check.accuracy_file)


def test_an_export_as_plain_values(image_file: Export) -> None:
    values = image_file.to_json()
    assert list(values) == [
        "path", "run", "content", "inputs", "outputs", "file_bytes", "fp32_bytes", "state_bytes", "check",
        "times", "faster",
    ]  # fmt: skip
    assert json.loads(json.dumps(values)) == values
    assert values["inputs"] == [{"name": "pixels", "dtype": "uint8", "shape": ["N", 1, 8, 8]}]
    assert values["content"]["format"] == FORMAT
    assert values["file_bytes"] == image_file.path.stat().st_size
    assert values["state_bytes"] is None


def test_a_wrong_file_does_not_stay(
    images: Path, image_file: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exporter that is wrong on an ordinary network, and one that was there before."""

    def wrong(*_: Any) -> Any:
        model = onnx.load(str(image_file.path))
        for weight in model.graph.initializer:
            if len(weight.dims) == 4:
                values = onnx.numpy_helper.to_array(weight)
                weight.CopyFrom(onnx.numpy_helper.from_array(values * 1.5, weight.name))
        return model

    monkeypatch.setattr(exported_run, "to_onnx", wrong)
    out = tmp_path / "a.onnx"
    out.write_text("before")
    with pytest.raises(
        NetworkError, match=r"^ONNX Runtime's probabilities differ from PyTorch's by up to 0\.\d+"
    ):
        striate.export(images, out)
    assert [one.name for one in tmp_path.iterdir()] == ["a.onnx"]
    assert out.read_text() == "before"


def test_int8_that_costs_accuracy_does_not_stay() -> None:
    result = checking.Check("digits", "test", 359, None, None, 0.5, 0.9, 0.95, 0.93)
    with pytest.raises(NetworkError) as refused:
        checking._refuse(result, int8=True)
    assert str(refused.value) == (
        "in int8 the accuracy falls from 95.00 % to 93.00 % on 359 inputs of digits, test, and a point is "
        "allowed: no file was written; export in fp32, or calibrate with more data"
    )
    checking._refuse(checking.Check("digits", "test", 359, None, None, 0.5, 0.9, 0.95, 0.94), int8=True)


def test_a_flipped_bit_is_noticed(image_file: Export, tmp_path: Path) -> None:
    content = bytearray(image_file.path.read_bytes())
    for place in np.random.default_rng(0).integers(0, len(content), 8).tolist():
        damaged = bytearray(content)
        damaged[place] ^= 1 << (place % 8)
        file = tmp_path / "damaged.onnx"
        file.write_bytes(damaged)
        with pytest.raises(RunError, match="is damaged, or was not written by `striate export`"):
            striate.evaluate(file)


def test_a_network_of_ones_own_is_streamed_and_exported(root: Path, tmp_path: Path) -> None:
    """From a file, with layers that no network of ours has; in place of its run the file says the same."""
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n\ndef make(classes, channels):\n"
        "    return nn.Sequential(nn.Conv2d(channels, 4, 3, stride=2), nn.BatchNorm2d(4), nn.SiLU(),\n"
        "        nn.Conv2d(4, 4, 3), nn.GELU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), "
        "nn.Linear(4, classes))\n"
    )
    run = striate.train(
        root / "frames", backbone=f"{tmp_path / 'mine.py'}:make", time="tsm", causal=True, size=12, frames=4,
        epochs=1, out=tmp_path / "run", num_threads=1,
    ).path  # fmt: skip
    file = striate.export(run, tmp_path / "new" / "folder" / "ä b.onnx", streaming=True)
    folder = next((root / "frames" / "test" / "left").iterdir())
    ours, theirs = list(striate.stream(run, folder)), list(striate.stream(file.path, folder))
    assert len(ours) == len(theirs) > 3
    for one, other in zip(ours, theirs, strict=True):
        assert dict(other.probabilities) == pytest.approx(dict(one.probabilities), abs=1e-5)


def test_what_cannot_be_done_is_said(
    clip_file: Export, step_file: Export, images: Path, tmp_path: Path
) -> None:
    clips, step = clip_file.path, step_file.path
    out, folder = tmp_path / "a.onnx", tmp_path / "b.onnx"
    folder.mkdir()
    for verb, kind, sentence in (
        (lambda: striate.stream(clips, "x"), ArgumentError,
         f"{clips} takes whole clips, not the next frame: write a file for streams with "
         "`striate export --streaming`"),
        (lambda: striate.stream(step, "x", window=3), ArgumentError,
         f"{step} was exported with readout since-start; got window 3: leave it out, or export again"),
        (lambda: striate.stream(step, "x", readout="frame"), ArgumentError,
         f"{step} was exported with readout since-start; got readout frame: leave it out, or export again"),
        (lambda: striate.predict(out, ["x"]), RunError,
         f"there is no file {out}: give the folder of a run, or a file of `striate export`"),
        (lambda: striate.predict(clips, ["x"], device="cuda"), ArgumentError,
         "an exported file runs on the processor; got 'cuda': leave the device out"),
        (lambda: striate.export(clips, out), ArgumentError,
         f"{clips} is an exported file already: give the run that it was made of"),
        (lambda: striate.export("mobilenet_v2", out, offline=True), ArgumentError,
         "a file is checked with real inputs, and those that mobilenet_v2 was trained on are not here: name "
         "labelled ones of its classes with --calibrate"),
        (lambda: striate.export(images, out, weights="imagenet", calibrate="digits"), ArgumentError,
         f"{images} has weights of its own; --weights goes with the name of a network, as mobilenet_v2"),
        (lambda: striate.export(images, tmp_path / "a.pt"), ArgumentError,
         f"out is an ONNX file; got a.pt: try {tmp_path / 'a.onnx'}"),
        (lambda: striate.export(images, "."), ArgumentError,
         "out is a file; . is a folder: name a file in it, such as run.onnx"),
        (lambda: striate.export(images, out, window=3, lookahead=True), ArgumentError,
         "only files for streams take --window and --lookahead: add --streaming, or leave --window and "
         "--lookahead out"),
        (lambda: striate.export(images, folder), ArgumentError,
         f"out is a file; {folder} is a folder: name a file in it, such as {folder / 'run.onnx'}"),
        (lambda: striate.export(Path(clip_file.run), out, streaming=True), NetworkError, None),
        (lambda: striate.export(images, out, calibrate=tmp_path / "no"), DataError, None),
    ):  # fmt: skip
        with pytest.raises(kind) as refused:
            verb()
        if sentence is not None:
            assert str(refused.value) == sentence
    assert list(tmp_path.iterdir()) == [folder]
    assert not list(folder.iterdir())


def test_the_extra_is_asked_for(images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(onnx_model, "import_module", missing)
    monkeypatch.setattr(exported, "import_module", missing)
    with pytest.raises(MissingExtraError) as refused:
        striate.export(images, tmp_path / "a.onnx")
    assert str(refused.value) == "exporting a network needs the extra 'export': pip install 'striate[export]'"
    with pytest.raises(MissingExtraError, match=r"^running an exported file needs the extra 'export'"):
        exported.onnx_runtime("running an exported file")


@pytest.mark.parametrize(
    ("framing", "says"),
    [
        (Framing(), "the short side is resized and what stands over is cut off evenly on both sides, with"),
        (Framing("pad"), "the long side is resized and what is missing is black, evenly on both sides, with"),
        (Framing("squash", 0.875), "of each side the inner 87.5 % are taken; both sides are resized, with"),
    ],
)
def test_the_rule_of_resizing_is_that_of_the_run(framing: Framing, says: str) -> None:
    assert exported_run._resize(framing) == f"{says} {exported_run.VALUES.removeprefix('with ')}"
