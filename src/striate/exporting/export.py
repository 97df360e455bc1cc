"""The verb `export`: a run in, a checked ONNX file out."""

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from striate.checked import checked, like
from striate.errors import ArgumentError
from striate.evaluating.exported import SUFFIX, ExportedNetwork, is_exported, open_exported
from striate.evaluating.exported_content import FileContent, to_texts
from striate.evaluating.opening import open_trained
from striate.evaluating.predict import predict
from striate.evaluating.run_step import step_of_run
from striate.exporting.answers import Answers
from striate.exporting.checking import Check, Times, check, times
from striate.exporting.exported_run import Port, Written, written
from striate.exporting.int8 import write_int8
from striate.exporting.onnx_model import check_extra, load, save
from striate.exporting.real_inputs import RealData, real_data
from striate.pages import Shown
from striate.published.network import is_published
from striate.runs import write
from striate.stepping.readout import Readout

CALIBRATED, CALIBRATED_FRAMES = 128, 64
"""Single inputs, and frames of each stream, that int8 is calibrated with."""
BATCH = 8


@dataclass(frozen=True)
class Export(Shown):
    """A file that was written, what it takes and gives, and how it compares with PyTorch."""

    path: Path
    run: str
    content: FileContent
    """What the file says of itself."""
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    file_bytes: int
    fp32_bytes: int | None
    """Of a file in int8: the same in fp32."""
    state_bytes: int | None
    """Of one stream; None of a file without a state."""
    check: Check
    times: Times

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**super().to_json(), "faster": self.faster}

    @property
    def faster(self) -> float:
        """How often the file gives an answer while PyTorch gives one, here."""
        return self.times.pytorch / self.times.file


@checked
@like(predict, only="weights classes offline")
def export(
    run: str | Path,
    out: str | Path,
    *,
    streaming: bool = False,
    readout: Readout | None = None,
    window: int | None = None,
    lookahead: bool = False,
    int8: bool = False,
    calibrate: str | Path | None = None,
    **opening: Any,
) -> Export:
    """Write a run as an ONNX file that takes pixels and gives probabilities, and check it.

    Normalisation, temperature and softmax are inside; classes, the rule of resizing and which frames make a
    clip are in the file's metadata. ONNX Runtime is given real inputs, and the file is left on disk only if
    it says what PyTorch says: within 0.0001 in fp32, within a point of accuracy in int8. It then stands in
    place of the run for `predict`, `evaluate` and `stream`.

    Args:
        run: the folder of a run, made by `train`, or the name of a network with published weights, which
            `calibrate` is needed for.
        out: the file to write, .onnx.
        streaming: the step of one frame more, with its state, in place of whole clips.
        readout: of the step, how single frames become one answer, as in `stream`. By default window.
        window: frames of the readout, by default as in `stream`.
        lookahead: as for `stream`.
        int8: convolutions, linear layers and what stands between convolutions in 8 bits.
        calibrate: labelled data to calibrate and to check with. By default what the run was trained on.
        opening: of a network by its name: weights, classes and offline, as for `predict`.

    Raises:
        RunError: a folder that is no run.
        WeightsError: weights that are damaged or cannot be had.
        NetworkError: a network that cannot be written, or a file that differs from PyTorch.
        DataError: no real inputs to check with.
        ArgumentError: another suffix; a readout without streaming; a run that cannot be streamed; a file that
            is exported already.
        MissingExtraError: the extra export is not installed.
    """
    path = Path(out)
    _check(path, streaming, readout, window, lookahead)
    check_extra()
    if is_exported(run):
        raise ArgumentError(f"{run} is an exported file already: give the run that it was made of")
    if is_published(run) and calibrate is None:
        raise ArgumentError(
            f"a file is checked with real inputs, and those that {run} was trained on are not here: name "
            "labelled ones of its classes with --calibrate"
        )
    trained = open_trained(run, "cpu", **opening)
    own = step_of_run(trained, readout, window, lookahead=lookahead) if streaming else None
    data = real_data(trained, calibrate)
    portable = None
    if streaming:
        portable = step_of_run(trained, readout, window, lookahead=lookahead, portable=True)
    parts = written(trained, portable)
    results: list[Export] = []

    def make(beside: Path) -> None:
        results.append(_made(path, beside, Answers(trained, own), parts, data, int8))

    write(path, make)
    return results[0]


def _check(path: Path, streaming: bool, readout: Readout | None, window: int | None, lookahead: bool) -> None:
    if path.is_dir():
        raise ArgumentError(
            f"out is a file; {path} is a folder: name a file in it, such as {path / 'run.onnx'}"
        )
    if path.suffix.lower() != SUFFIX:
        name = path.stem if path.stem.lower() != SUFFIX else "network"
        raise ArgumentError(f"out is an ONNX file; got {path.name}: try {path.with_name(name)}{SUFFIX}")
    asked = {"readout": readout, "window": window, "lookahead": lookahead or None}
    extra = [f"--{name}" for name, value in asked.items() if value is not None]
    if extra and not streaming:
        raise ArgumentError(
            f"only files for streams take {' and '.join(extra)}: add --streaming, or leave "
            f"{' and '.join(extra)} out"
        )


def _made(path: Path, beside: Path, own: Answers, parts: Written, data: RealData, int8: bool) -> Export:
    """The file, written and checked."""
    content, fp32, fp32_bytes = parts.content, None, None
    save(parts.model, beside, to_texts(content))
    if int8:
        fp32_bytes = beside.stat().st_size
        content = replace(content, precision="int8")
        fp32 = _answers(beside)
        _to_int8(beside, content, fp32, data)
    file = _answers(beside)
    result = check(own, file, data, int8)
    return Export(
        path=path,
        run=str(own.trained.run),
        content=content,
        inputs=parts.inputs,
        outputs=parts.outputs,
        file_bytes=beside.stat().st_size,
        fp32_bytes=fp32_bytes,
        state_bytes=None if own.step is None else own.step.state_bytes,
        check=result,
        times=times(own, file, data, fp32),
    )


def _answers(path: Path) -> Answers:
    trained = open_exported(path)
    network = trained.network
    assert isinstance(network, ExportedNetwork)
    return Answers(trained, network.step)


def _to_int8(path: Path, content: FileContent, fp32: Answers, data: RealData) -> None:
    inputs = data.calibrate
    batches = inputs.batches(CALIBRATED, BATCH) if fp32.step is None else inputs.streams(CALIBRATED_FRAMES)
    with TemporaryDirectory() as folder:
        quantised = Path(folder) / path.name
        write_int8(path, quantised, fp32.feeds(batches))
        save(load(quantised), path, to_texts(content))
