"""The parts of a file: its graph, what it takes and gives, and what it says of itself."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor

from striate.data.images.framing import Framing
from striate.evaluating.exported_content import (
    FRAME,
    NEXT,
    PIXELS,
    PROBABILITIES,
    FileContent,
    StateEntry,
    StepContent,
)
from striate.evaluating.run_model import Trained
from striate.exporting.onnx_model import to_onnx
from striate.exporting.whole import whole_network, whole_step
from striate.numbers import by, percent
from striate.plain_values import ToJson
from striate.stepping import Entry, Step
from striate.version import __version__

RESIZE = {
    "crop": "the short side is resized and what stands over is cut off evenly on both sides",
    "pad": "the long side is resized and what is missing is black, evenly on both sides",
    "squash": "both sides are resized",
}
VALUES = "with antialiasing (bilinear); grey is 0.299 R + 0.587 G + 0.114 B; 0 to 255, channels first"


@dataclass(frozen=True)
class Port(ToJson):
    """An input or an output of a file."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    """N is free."""

    def __str__(self) -> str:
        return f"{self.name} {by(self.shape)} {self.dtype}"


@dataclass(frozen=True)
class Written:
    """A file before it is one."""

    model: Any
    content: FileContent
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


def written(trained: Trained, step: Step | None) -> Written:
    """Exports a run, or its portable step.

    Args:
        trained: the run.
        step: where a file for streams is asked for.

    Raises:
        NetworkError: it cannot be written as ONNX.
    """
    content = _content(trained, step)
    answers = Port(PROBABILITIES, "float32", ("N", len(trained.classes)))
    H, W = trained.size
    if step is None:
        frames = () if trained.sampling is None else (trained.sampling.frames,)
        pixels = Port(PIXELS, "uint8", ("N", content.planes, *frames, H, W))
        model = to_onnx(whole_network(trained), [_example(pixels)], [PIXELS], [PROBABILITIES])
        return Written(model, content, (pixels,), (answers,))
    frame = Port(FRAME, "uint8", ("N", content.planes, H, W))
    states = [Port(name, _dtype(entry), ("N", *entry.shape)) for name, entry in step.entries.items()]
    after = [replace(port, name=NEXT + port.name) for port in states]
    inputs, outputs = (frame, *states), (answers, *after)
    examples = [_example(frame), *step.initial(2).values()]
    names = [[port.name for port in ports] for ports in (inputs, outputs)]
    model = to_onnx(whole_step(trained, step), examples, *names)
    return Written(model, content, inputs, outputs)


def _example(port: Port) -> Tensor:
    """Two of them."""
    shape = [2 if length == "N" else int(length) for length in port.shape]
    return torch.zeros(shape, dtype=getattr(torch, port.dtype))


def _dtype(entry: Entry) -> Any:
    return str(entry.dtype).removeprefix("torch.")


def _content(trained: Trained, step: Step | None) -> FileContent:
    kind: Literal["images", "clips", "step"] = "images" if trained.sampling is None else "clips"
    return FileContent(
        kind=kind if step is None else "step",
        classes=trained.classes,
        channels=trained.channels,
        size=trained.size,
        resize=_resize(trained.framing),
        precision="fp32",
        sampling=trained.sampling,
        flow=trained.flow,
        run=trained.run.name,
        source=trained.source,
        data_options=trained.data_options,
        striate=__version__,
        step=None if step is None else _step_content(step),
    )


def _resize(framing: Framing) -> str:
    inner = "" if framing.share == 1 else f"of each side the inner {percent(framing.share, 1)} are taken; "
    before = "" if framing.transform is None else f"first {framing.transform.name} is applied; "
    return f"{before}{inner}{RESIZE[framing.fit]}, {VALUES}"


def _step_content(step: Step) -> StepContent:
    state = tuple(
        StateEntry(name, entry.shape, _dtype(entry), str(entry.fill).replace("inf", "Infinity"))
        for name, entry in step.entries.items()
    )
    return StepContent(step.readout, step.window, step.late, step.every, step.longer, state)
