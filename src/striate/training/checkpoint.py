"""Everything a training needs to go on exactly where it was: tensors and numbers, nothing that runs code."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from striate.errors import RunError
from striate.runs import CHECKPOINT, MODEL, require, write


@dataclass
class Position:
    """Where a training is. Random draws come from the step number, so no random state is kept."""

    step: int = 0
    epoch_sums: tuple[float, float, int] = (0.0, 0.0, 0)
    """Loss, right ones and images of the epoch so far, over all processes."""
    seconds: float = 0.0
    """Spent training and scoring so far."""
    best_epoch: int = 0
    """Whose weights are kept."""
    peak_top1: float = -1.0
    peak_epoch: int = 0
    """The highest validation accuracy so far, and when it was first reached."""


def save_checkpoint(run: Path, position: Position, states: dict[str, dict[str, Any]]) -> None:
    """Writes checkpoint.pt: the position and the state dicts of network, average and optimiser."""
    content = {"position": dict(vars(position)), **states}
    write(run / CHECKPOINT, lambda path: torch.save(content, path))


def read_checkpoint(run: Path) -> tuple[Position, dict[str, dict[str, Any]]]:
    """The inverse. Raises RunError where it is missing or damaged."""
    path = require(run, CHECKPOINT)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        position = Position(**content.pop("position"))
    except Exception:  # damaged bytes can break the reader in any way
        raise damaged(run) from None
    return position, content


def damaged(run: Path) -> RunError:
    """What to say of a checkpoint that is not what was saved, and what to do."""
    sentence = f"{run / CHECKPOINT} is damaged and cannot be resumed from: "
    if not (run / MODEL).is_file():
        return RunError(f"{sentence}train again")
    return RunError(
        f"{sentence}the best weights are in {run / MODEL}; "
        f"go on from them with `striate train DATA --weights {run}`"
    )
