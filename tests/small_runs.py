"""Trainings that take a fraction of a second, and reporters that interfere with them."""

import json
import signal
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from striate.data import open_data
from striate.data.augment.augmentation import Augmentation
from striate.runs import CHECKPOINT, HISTORY, MODEL, RECORD, read_history
from striate.training.progress import Reporter
from striate.training.recipe import Recipe
from striate.training.train import Run, train

STEPS = 5
"""An epoch of a small training: 176 images in batches of 32."""
TINY = {"widths": (4, 8), "hidden": (16,)}
EVERYTHING_RANDOM = Augmentation(
    crop_area=(0.7, 1.2),
    crop_aspect=1.2,
    rotate=10,
    shift=0.1,
    flip=True,
    jitter=0.2,
    erase=0.3,
    mixup=0.4,
    cutmix=1.0,
)


def write_small_set(folder: Path) -> Path:
    """Some of the digits as IDX files: 192 for training, of which 16 will validate, and 45 to test."""
    folder.mkdir(parents=True)
    digits = open_data("digits").splits["train"]
    for name, start, stop in (("train", 0, 192), ("t10k", 192, 237)):
        pixels = digits.take(range(start, stop)).numpy()[:, 0]
        write_idx(folder / f"{name}-images-idx3-ubyte", pixels)
        write_idx(folder / f"{name}-labels-idx1-ubyte", digits.labels[start:stop].astype(np.uint8))
    return folder


def write_idx(path: Path, values: np.ndarray) -> None:
    """Bytes as an IDX file."""
    path.write_bytes(struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape) + values.tobytes())


def small_recipe(**changes: Any) -> Recipe:
    """Two epochs in fp32, which needs no trial of bf16. Nothing in it is left to a preset."""
    return replace(Recipe(), **{"epochs": 2, "batch_size": 32, "number_format": "fp32", **changes})


def small_run(out: Path, recipe: Recipe | None = None, **changes: Any) -> Run:
    """A training on one thread, told to nobody; on the digits if no other data are given."""
    chosen = {"data": "digits", "options": TINY, "num_threads": 1, "reporter": Reporter(), **changes}
    return train(out=out, recipe=recipe or small_recipe(), **chosen)


def go_on(run: Path, **changes: Any) -> Run:
    """The training of a run, resumed."""
    return train(resume=run, **{"num_threads": 1, "reporter": Reporter(), **changes})


def change_record(run: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Changes run.json by hand, as somebody does who knows that its checksum then no longer holds."""
    record = json.loads((run / RECORD).read_text())
    change(record)
    (run / RECORD).write_text(json.dumps({**record, "checksum": None}))


class Told(Reporter):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.rows: list[dict[str, Any]] = []
        self.steps: list[int] = []
        self.begun: list[tuple[int | None, int, int | None]] = []
        self.ended = 0

    def say(self, text: str) -> None:
        self.lines.append(text)

    def begin(self, steps: int | None, done: int, epochs: int | None, unit: str = "images") -> None:
        self.begun.append((steps, done, epochs))

    def step(self, done: int, loss: float, top1: float, per_second: float) -> None:
        self.steps.append(done)

    def epoch(self, row: dict[str, Any]) -> None:
        self.rows.append(row)

    def end(self) -> None:
        self.ended += 1


class At(Told):
    """Does something when a certain step has ended: by default what Ctrl-C does."""

    def __init__(
        self, step: int, what: Callable[[], None] = lambda: signal.raise_signal(signal.SIGINT)
    ) -> None:
        super().__init__()
        self.at, self.what = step, what

    def step(self, done: int, loss: float, top1: float, per_second: float) -> None:
        super().step(done, loss, top1, per_second)
        if done == self.at:
            self.what()


def state_of(run: Path) -> dict[str, Any]:
    """All that a training is, times left out: its checkpoint, the weights kept, the history."""
    content = torch.load(run / CHECKPOINT, map_location="cpu", weights_only=True)
    for name in ("seconds", "elapsed", "opening", "scoring"):
        del content["position"][name]
    timed = ("seconds", "images_per_second", "clips_per_second")
    rows = [{name: row[name] for name in row if name not in timed} for row in read_history(run)]
    return {**content, "kept": (run / MODEL).read_bytes(), "history": rows}


def assert_equal(one: Any, other: Any, where: str = "state") -> None:
    """Bit for bit, however deeply nested."""
    assert type(one) is type(other), where
    if isinstance(one, torch.Tensor):
        assert one.dtype == other.dtype, where
        assert torch.equal(one, other), where
    elif isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for name in one:
            assert_equal(one[name], other[name], f"{where}.{name}")
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), where
        for number, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_equal(a, b, f"{where}[{number}]")
    else:
        assert one == other, where


def epochs_in(run: Path) -> list[int]:
    """The epochs that the history holds, line by line."""
    return [json.loads(line)["epoch"] for line in (run / HISTORY).read_text().splitlines()]
