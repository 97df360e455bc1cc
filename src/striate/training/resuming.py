"""A training that goes on: what may be asked of it, and what it is set up from."""

from pathlib import Path
from typing import Any

from striate.errors import ArgumentError, RunError
from striate.runs import read_record
from striate.training.request import (
    Request,
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
