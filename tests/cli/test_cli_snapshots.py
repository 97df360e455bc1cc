"""Every table that a command prints, whole, at 80 and at 140 columns: see the folder `snapshots`."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commands import Command
from snapshots import WIDTHS, assert_printed

import striate
from striate.comparing import Comparison
from striate.comparing.comparison import Row, Spread
from striate.data.checking import CheckReport
from striate.data.packed.packing import Packed
from striate.data.unreadable_files import Skipped
from striate.evaluating.answers import Prediction
from striate.evaluating.evaluation import Evaluation, Views
from striate.evaluating.event_scores import ClassEvents, EventScores
from striate.evaluating.events import Event, EventRules
from striate.evaluating.exported_content import FileContent, StepContent
from striate.evaluating.metrics import ClassScore, Scores
from striate.evaluating.predict_clips import Span, VideoPrediction
from striate.evaluating.predictions import Predictions
from striate.exporting import Export
from striate.exporting.checking import Check, Times
from striate.exporting.exported_run import Port
from striate.training.train import Run

CLASSES = ("Tyrannosaurus rex", "cat", "golden retriever")


def scores(unit: str) -> Scores:
    """Of three classes, one of which was never predicted."""
    classes = tuple(
        ClassScore(name, 100, precision, recall, recall)
        for name, precision, recall in zip(CLASSES, (0.875, 0.5, None), (0.7, 1.0, 0.0), strict=True)
    )
    return Scores(300, 0.5667, None, 1.2345, 0.0678, classes, ((70, 30, 0), (0, 100, 0), (10, 90, 0)), unit)


def prediction(file: str, share: float = 0.9) -> Prediction:
    """All three classes."""
    return Prediction(file, CLASSES[::-1], (share, (1 - share) * 0.75, (1 - share) / 4))


EXPORT = Export(
    path=Path("live.onnx"),
    run="runs/clips-resnet18-tsm",
    content=FileContent(
        "step", CLASSES, 3, (112, 112), "", "int8", None, None, "clips-resnet18-tsm", "clips", {}, "0.1.0",
        StepContent("window", 8, 0, 1, 0, ()),
    ),
    inputs=(
        Port("frame", "uint8", ("N", 3, 112, 112)),
        Port("backbone.layer1.0.conv1.shift", "float32", ("N", 1, 8, 28, 28)),
    ),
    outputs=(
        Port("probabilities", "float32", ("N", 3)),
        Port("next_backbone.layer1.0.conv1.shift", "float32", ("N", 1, 8, 28, 28)),
    ),
    file_bytes=11_300_000,
    fp32_bytes=44_700_000,
    state_bytes=117_280,
    check=Check("clips", "test", 64, 4, 128, 0.0123, 0.987, 0.9, 0.895),
    times=Times(1, 0.019, 0.0037, 0.0036),
)  # fmt: skip
LONG = "holiday in Vietnam/2019-08-21 the long way down from the pass, seen from the bus.png"
SKIPPED = (Skipped("photos/broken.png", "not an image that Pillow knows"),)
ROW = Row(
    time="2d",
    backbone="resnet18",
    causal=False,
    frames=8,
    options={},
    runs=("runs/a", "runs/b"),
    top1=Spread.of([0.5, 0.52]),
    in_pairs=Spread.of([0.5, 0.5]),
    right_pair=Spread.of([0.97, 0.99]),
    parameters=11_180_616,
    macs=14_512_586_752,
    macs_per_frame=1_814_073_344,
    step_bytes=1_234_567_890,
    samples_per_second=12.34,
    epochs=12.0,
    seconds=1234.5,
    inference_ms=123.4,
    inference_ms_per_frame=15.4,
    flow_ms=None,
    streams=True,
    on_front=True,
)

RUN = Run(
    path=Path("runs/clips-plain-tsm"),
    status="finished",
    epochs=12,
    best_epoch=9,
    seconds=1234.5,
    total_seconds=1250.0,
    unit="clips",
    per_second=8.25,
    parameters=421_642,
    step_bytes=1_234_567,
    number_format="fp32",
    temperature=1.2,
    val=scores("clips"),
    test=scores("clips"),
    pictures=(Path("runs/clips-plain-tsm/curves.png"), Path("runs/clips-plain-tsm/confusion.png")),
    notes=(),
)

EVENTFUL = (
    VideoPrediction(
        prediction("jump.mp4"),
        Span(0.0, 4.0),
        (),
        (),
        (Event("cat", 0.5, 1.75, 0.912), Event("Tyrannosaurus rex", 3601.25, 3725.0, 0.501)),
        damaged_frames=3,
    ),
    VideoPrediction(prediction("still.mp4"), Span(0.0, 4.0), (), (), ()),
)
EVENTS = EventScores(
    2, 7, 9, (0.9, 0.85, 0.8, 0.5, 0.25), (ClassEvents("cat", 7, 9, (1.0, 0.9, 0.8, 0.5, 0.25)),)
)

RESULTS: dict[str, tuple[str, str, Callable[[], Any]]] = {
    "evaluate": (
        "evaluate",
        "evaluate runs/photos-plain",
        lambda: Evaluation("runs/photos-plain", "photos", "test", scores("images"), (), ("a note",)),
    ),
    "evaluate-clips": (
        "evaluate",
        "evaluate runs/clips-plain-tsm --clips 10 --crops 3",
        lambda: Evaluation(
            "runs/clips-plain-tsm", "clips", "test", scores("videos"), (), (), Views(10, 3, scores("clips"))
        ),
    ),
    "predict": (
        "predict",
        "predict runs/photos-plain photos/",
        lambda: Predictions("runs/photos-plain", (prediction("cat.png"), prediction(LONG, 0.4)), SKIPPED),
    ),
    "predict-clips": (
        "predict",
        "predict runs/clips-plain-tsm jump.mp4",
        lambda: Predictions(
            "runs/clips-plain-tsm",
            (),
            (),
            (
                VideoPrediction(
                    prediction("jump.mp4"),
                    Span(0.0, 4.0),
                    (prediction("jump.mp4", 0.8), prediction("jump.mp4", 0.6)),
                    (Span(0.0, 2.0), Span(2.0, 4.0)),
                ),
            ),
        ),
    ),
    "predict-events": (
        "predict",
        "predict runs/clips-plain-tsm jump.mp4 still.mp4 --events",
        lambda: Predictions("runs/clips-plain-tsm", (), SKIPPED, EVENTFUL, EventRules()),
    ),
    "evaluate-events": (
        "evaluate",
        "evaluate runs/clips-plain-tsm segments.csv --events",
        lambda: Evaluation(
            "runs/clips-plain-tsm", "segments.csv", "test", scores("videos"), (), (), events=EVENTS
        ),
    ),
    "train": ("train", "train clips/", lambda: RUN),
    "train-stopped": ("train", "train clips/", lambda: replace(RUN, status="stopped")),
    "compare": (
        "compare",
        "compare clips/ --backbone resnet18",
        lambda: Comparison(
            "finished",
            "clips",
            "test",
            200,
            False,
            None,
            (ROW, replace(ROW, time="two-stream", flow_ms=35.2, streams=False, on_front=False)),
            Path("runs/compared"),
            (Path("runs/compared/pareto.png"), Path("runs/compared/comparison.html")),
            {"processor": "a processor", "threads": 2},
            ("optical flow is computed before the network sees the clip: its time comes on top",),
        ),
    ),
    "export": ("export", "export runs/clips --out live.onnx --streaming --int8", lambda: EXPORT),
    "data-check": (
        "check_data",
        "data check photos/",
        lambda: CheckReport("photos", {"cat": 120, "dog": 1100}, SKIPPED, (), ("3 exact copies",)),
    ),
    "data-pack": (
        "pack_data",
        "data pack clips/ --out packed/",
        lambda: Packed("packed", 120, 12_345, 5_000_000_000, 3, 128, None, SKIPPED, ("a note",)),
    ),
    "data-get": ("get_data", "data get mnist", lambda: Path("datasets/mnist")),
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", sorted(RESULTS))
def test_what_is_printed_of_a_result(
    name: str, width: int, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    verb, words, result = RESULTS[name]
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(striate, verb, lambda *arguments, **named: result())
    done = run(*words.split())
    assert_printed(name, width, f"$ striate {words}\n{done.out}")


INSPECTED = {
    "inspect": "inspect plain",
    "inspect-depth": "inspect resnet18 --depth 1",
    "inspect-tsm": "inspect plain --time tsm --depth 1",
    "inspect-against": "inspect resnet18 --against mobilenet_v2",
    "inspect-unit": "inspect resnet18 --unit layer4.1.conv2:0,0",
    "help": "--help",
    "help-inspect": "inspect --help",
    "help-train": "train --help",
    "help-data": "data --help",
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", sorted(INSPECTED))
def test_what_is_printed_of_a_network(
    name: str, width: int, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    done = run(*INSPECTED[name].split())
    assert_printed(name, width, f"$ striate {INSPECTED[name]}\n{done.out}")
