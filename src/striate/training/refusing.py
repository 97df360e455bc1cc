"""What a training refuses to begin or to go on with."""

import json
from hashlib import blake2b
from pathlib import Path
from platform import node
from typing import Any

from striate.data import ImageData
from striate.errors import DataError, RunError
from striate.runs import holds_run
from striate.training.process_group import ProcessGroup


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
