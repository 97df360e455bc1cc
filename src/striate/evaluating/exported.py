"""An exported file in place of a run: opened by ONNX Runtime, used like any other network.

The file takes pixels and gives probabilities. Here it becomes a network of the kind that runs have, which
gives scores: the logarithms of the probabilities, whose softmax they are again.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from striate.data.images.transform import AsTransform
from striate.errors import ArgumentError, MissingExtraError, NetworkError, RunError
from striate.evaluating.exported_content import FRAME, FileContent, from_texts
from striate.evaluating.run_model import Trained, framing_in, with_transform
from striate.evaluating.scoring import NO_ALGORITHMS, Normalisation
from striate.runs import intact
from striate.stepping import Entry, Step

SUFFIX = ".onnx"


def is_exported(run: str | Path) -> bool:
    """Whether a name is that of a file rather than of a run's folder."""
    return Path(run).suffix.lower() == SUFFIX and not Path(run).is_dir()


def open_exported(path: Path, transform: AsTransform | None = None) -> Trained:
    """A file that `export` has written; another `transform` takes the place of its own.

    Raises:
        RunError: there is none, it is damaged, or others wrote it.
        MissingExtraError: ONNX Runtime is not installed.
    """
    model = OnnxModel(path)
    content = model.content
    planes, options = content.planes, with_transform(content.data_options, transform)
    return Trained(
        run=path,
        network=ExportedNetwork(model),
        classes=content.classes,
        channels=content.channels,
        size=content.size,
        normalise=AsTheyAre((0.0,) * planes, (1.0,) * planes),
        temperature=1.0,
        source=content.source,
        data_options=options,
        sampling=content.sampling,
        flow=content.flow,
        algorithms=NO_ALGORITHMS,
        framing=framing_in(options),
    )


class OnnxModel:
    """One file in ONNX Runtime, on as many threads as PyTorch uses."""

    def __init__(self, path: Path) -> None:
        _check_bytes(path)
        self.path = path
        runtime = onnx_runtime("running an exported file")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        try:
            self._session: Any = runtime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
        except Exception as problem:  # ONNX Runtime raises what it likes
            raise RunError(f"{path} cannot be run by ONNX Runtime: {first_line(problem)}") from None
        self.content = _content_of(path, self._session.get_modelmeta().custom_metadata_map)

    def run(self, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        """Its outputs, in the file's order.

        Raises:
            NetworkError: it does not take such inputs.
        """
        try:
            outputs: list[np.ndarray] = self._session.run(None, dict(inputs))
        except Exception as problem:
            raise NetworkError(f"{self.path} does not take this input: {first_line(problem)}") from None
        return outputs


def onnx_runtime(what_for: str) -> Any:
    """The package. Raises MissingExtraError."""
    try:
        return import_module("onnxruntime")
    except ImportError:
        raise MissingExtraError("export", what_for) from None


def first_line(problem: BaseException) -> str:
    """Of what a library says."""
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0]


def _check_bytes(path: Path) -> None:
    if not path.is_file():
        raise RunError(f"there is no file {path}: give the folder of a run, or a file of `striate export`")
    with path.open("rb") as file:
        if not intact(file):
            raise RunError(
                f"{path} is damaged, or was not written by `striate export`: export the run again, or give "
                "its folder"
            )


def _content_of(path: Path, texts: Mapping[str, str]) -> FileContent:
    try:
        return from_texts(texts)
    except ArgumentError as problem:
        raise RunError(f"{path} does not say what it holds ({problem}): export the run again") from None


class AsTheyAre(Normalisation):
    """Of a network that normalises by itself: pixels stay bytes, where others become fp32."""

    def __call__(self, inputs: Tensor) -> Tensor:
        """The inputs, whatever they are."""
        return inputs


class ExportedNetwork(nn.Module):
    """A file as a network: pixels (N, planes, …) in [0, 255] → scores (N, K).

    Of a step, the scores are those after the last frame of each clip.
    """

    def __init__(self, model: OnnxModel) -> None:
        super().__init__()
        self.content = model.content
        self.step = _step_of(model)
        self._model = model

    def forward(self, pixels: Tensor) -> Tensor:
        if self.step is None:
            return _scores(self._model.run({self.content.input_name: _bytes(pixels)})[0])
        clip = (pixels.unsqueeze(2) if pixels.ndim == 4 else pixels).to(self.step.dtype)
        scores, state = self.step(clip, self.step.initial(clip.shape[0]))
        every = torch.cat([scores, self.step.finish(state)], dim=1)
        return every[:, self.step.last_of(clip.shape[2])]


def _bytes(pixels: Tensor) -> np.ndarray:
    return np.ascontiguousarray(pixels.cpu().numpy().astype(np.uint8, copy=False))


def _scores(probabilities: np.ndarray) -> Tensor:
    """Finite also where a probability is too small to be written."""
    rows = torch.from_numpy(probabilities)
    return rows.clamp_min(torch.finfo(rows.dtype).tiny).log()


def _step_of(model: OnnxModel) -> Step | None:
    content, step = model.content, model.content.step
    if step is None:
        return None
    entries = {
        one.name: Entry(one.shape, float(one.initial), getattr(torch, one.dtype)) for one in step.state
    }
    return Step(
        _StepGraph(model, list(entries)), entries, content.channels, content.size, len(content.classes),
        step.readout, step.window, step.late, step.every, step.longer, torch.device("cpu"), torch.uint8,
    )  # fmt: skip


class _StepGraph(nn.Module):
    """The graph of a `Step`: frames (N, C, k, H, W), one after the other, through the file."""

    def __init__(self, model: OnnxModel, names: Sequence[str]) -> None:
        super().__init__()
        self._model, self._names = model, names

    def forward(self, frames: Tensor, *state: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        kept = [tensor.numpy() for tensor in state]
        rows = []
        for frame in _bytes(frames).swapaxes(1, 2).swapaxes(0, 1):  # (k, N, C, H, W)
            inputs = {FRAME: np.ascontiguousarray(frame), **dict(zip(self._names, kept, strict=True))}
            found, *kept = self._model.run(inputs)
            rows.append(_scores(found))
        return torch.stack(rows, dim=1), tuple(map(torch.from_numpy, kept))
