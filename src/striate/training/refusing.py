"""What a training refuses to begin or to go on with."""

import json
from hashlib import blake2b
from pathlib import Path
from platform import node
from typing import Any

from striate.data import ImageData
from striate.errors import ArgumentError, DataError, RunError
from striate.runs import CHECKPOINT, MODEL, holds_run, read_record
from striate.training.process_group import ProcessGroup
from striate.training.request import (
    Request,
)


def refuse_differing(data: ImageData, group: ProcessGroup) -> None:
    """Raises DataError where this machine's data are not the main process's."""
    labels = {name: blake2b(split.labels.tobytes()).digest() for name, split in data.splits.items()}
    own = (data.classes, labels)
    if group.agree(own) != own:
        counts = ", ".join(f"{len(split):,} {name}" for name, split in data.splits.items())
        raise DataError(
            f"{data.source} on {node()} does not hold what it holds where the main process runs (here "
            f"{counts}): give every machine the same data"
        )


def refuse_changed(data: ImageData, known: dict[str, Any], run: Path) -> None:
    now = data.to_json()
    for name, what in (("classes", "classes"), ("counts", f"{data.unit} of each class"), ("size", "size")):
        if now[name] != known.get(name):
            raise DataError(
                f"{data.source} has changed since {run} began: other {what} ({_brief(known.get(name))} then, "
                f"{_brief(now[name])} now); restore it, or start a new run"
            )


def _brief(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"


def refuse_existing(run: Path) -> None:
    """Raises RunError where a run stands already: a new one would overwrite it."""
    if holds_run(run):
        raise RunError(
            f"{run} holds a run already: go on with `striate train --resume {run}`, or choose another --out"
        )


def refuse_other_data(run: Path, source: str) -> None:
    """Raises RunError where a run was trained on others than these, which were given in Python."""
    own = read_record(run).get("data", {}).get("source")
    if own != source:
        raise RunError(
            f"{run} was trained on {own}, and these data are {source}: go on with the same pictures, labels "
            "and splits, in the same order"
        )


def refuse_changes(request: Request) -> None:
    """A resumed training would not be the one that was interrupted if anything in these were another."""
    asked, usual = _named(request), _named(Request(request.data))
    names = [name for name in asked if asked[name] != usual[name]] + [*request.recipe.names]
    if names:
        raise ArgumentError(
            f"a training goes on exactly as it began, so --resume takes no {' or '.join(names)}: leave "
            "it out, or start a new run"
        )


def _named(request: Request) -> dict[str, Any]:
    """What is asked for, by the names of `train`."""
    own = {"options": request.options, "time": request.time, "out": request.out}
    network = {name: value for name, value in vars(request.network).items() if name != "offline"}
    return own | network | vars(request.picture) | vars(request.clips)


def damaged(run: Path) -> RunError:
    """What to say of a checkpoint that is not what was saved, and what to do."""
    sentence = f"{run / CHECKPOINT} is damaged and cannot be resumed from: "
    if not (run / MODEL).is_file():
        return RunError(f"{sentence}train again")
    return RunError(
        f"{sentence}the best weights are in {run / MODEL}; "
        f"go on from them with `striate train DATA --weights {run}`"
    )
