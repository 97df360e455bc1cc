"""Starts trainings that are meant to be killed: trains once itself, then forks one a line."""

import gc
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from small_clips import SHIFTING
from small_runs import EVERYTHING_RANDOM, TINY, go_on, small_recipe, small_run
from striate.runs import RECORD, read_record
from striate.training import concluding, loop, number_format

EPOCHS = 20
RECIPE = small_recipe(epochs=EPOCHS, augmentation=EVERYTHING_RANDOM, ema=0.9, clip_norm=1.0)
KINDS: dict[str, dict[str, Any]] = {
    "images": {"recipe": RECIPE, "options": {**TINY, "dropout": 0.3}},
    "clips": {
        "recipe": replace(RECIPE, batch_size=8, epochs=10),
        "options": {**SHIFTING, "dropout": 0.3},
        "frames": 4,
        "time": "tsm",
    },
}


def one(kind: str, data: Path, run: Path, checkpoint_seconds: float) -> None:
    """The training, from its start or from where the last one was killed."""
    loop.CHECKPOINT_SECONDS = checkpoint_seconds  # type: ignore[assignment]
    concluding.draw_curves = concluding.draw_confusion = lambda *arguments: arguments[-1].write_bytes(b"")
    number_format.try_step = lambda *arguments: 0.01
    if (run / RECORD).exists():
        if read_record(run)["status"] != "finished":  # else it was killed after its very last file
            go_on(run)
    else:
        small_run(run, data=data, **KINDS[kind])


def serve() -> None:
    """Arguments: a set of images, one of clips, and a folder for the trainings that nobody kills.

    Prints the seconds that each of these takes, then of each training its number and how it ended.
    """
    data = dict(zip(KINDS, map(Path, sys.argv[1:3]), strict=True))
    for kind in KINDS:  # this also loads all that is loaded when first used
        before = time.perf_counter()
        one(kind, data[kind], Path(sys.argv[3]) / kind, 60)
        print(time.perf_counter() - before, flush=True)
    gc.freeze()
    for line in sys.stdin:
        kind, run, seconds = line.split("\t")
        process = os.fork()
        if process == 0:
            one(kind, data[kind], Path(run), float(seconds))
            os._exit(0)
        print(process, flush=True)
        print(os.waitpid(process, 0)[1], flush=True)


if __name__ == "__main__":
    serve()
