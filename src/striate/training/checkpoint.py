"""Everything a training needs to go on exactly where it was: tensors and numbers, nothing that runs code."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from striate.models import read_weights, save_weights
from striate.models.weight_files import check_archive, is_like, is_state_of
from striate.plain_values import from_plain
from striate.runs import (
    CHECKPOINT,
    CHECKPOINT_BEFORE,
    MODEL,
    SEALED,
    has_seal,
    holds_run,
    intact,
    read_record,
    require,
    seal,
    write,
    write_record,
)
from striate.runs.json_files import Number, Whole, check
from striate.training.optimisers import SGD, AdamW, Muon
from striate.training.refusing import damaged

_ADAM = {"step", "exp_avg", "exp_avg_sq"}
MEMORIES = {AdamW: _ADAM, SGD: {"momentum_buffer"}, Muon: _ADAM}
"""What an optimiser remembers of a parameter."""
TURNED = {"step", "momentum_buffer"}
"""What Muon remembers of a matrix that it turns."""
PACE = {"lr": Number(0), "betas": [Number(0, 1)], "momentum": Number(0, 1)}
"""What changes in an optimiser's settings from step to step; all else is the recipe's."""

_POSITION = {
    "step": Whole(),
    "epoch_sums": [Number(0)],
    "seconds": Number(0),
    "elapsed": Number(0),
    "opening": (Number(0), None),
    "scoring": Number(0),
    "best_epoch": Whole(),
    "peak_top1": Number(-1, 1),
    "peak_epoch": Whole(),
}

States = dict[str, dict[str, Any]]


@dataclass
class Position:
    """Where a training is. Random draws come from the step number, so no random state is kept."""

    step: int = 0
    epoch_sums: tuple[float, float, int] = (0.0, 0.0, 0)
    """Loss, right ones and images of the epoch so far, over all processes."""
    seconds: float = 0.0
    """Time spent training and scoring so far."""
    elapsed: float = 0.0
    """Since the training was asked for, opening its data included; pauses between interruptions left out."""
    opening: float | None = None
    """Of these seconds, those before the first step."""
    scoring: float = 0.0
    """Of these seconds, spent scoring and saving the epochs so far."""
    best_epoch: int = 0
    """The epoch whose weights are kept; 0 before the first."""
    peak_top1: float = -1.0
    """The highest validation accuracy so far."""
    peak_epoch: int = 0
    """When it was first reached."""


def save_checkpoint(run: Path, position: Position, states: States) -> None:
    """Writes checkpoint.pt, and keeps the one before.

    Args:
        run: the folder.
        position: where the training is.
        states: state dicts under "network", "optimizer" and, where there is one, "average".

    Raises:
        RunError: the disk is full, or the folder cannot be written.
    """
    content = {"position": dict(vars(position)), **states}

    def save(path: Path) -> None:
        with path.open("wb") as file:  # given a path, torch would lose what the system says of a full disk
            torch.save(content, file)
        seal(path)

    write(run / CHECKPOINT, save, before=run / CHECKPOINT_BEFORE)


def read_checkpoint(run: Path, name: str = CHECKPOINT) -> tuple[Position, States]:
    """Reads what `save_checkpoint` wrote.

    Args:
        run: the folder.
        name: of the file.

    Raises:
        RunError: it is missing, or not as it was written.
    """
    path = require(run, name)
    try:
        _check_bytes(path, sealed=not holds_run(run) or read_record(run)["format"] >= SEALED)
        content = torch.load(path, map_location="cpu", weights_only=True)
        position = content.pop("position")
        plain = {**position, "epoch_sums": list(position["epoch_sums"])}
        check(plain, _POSITION, "position")
        return from_plain(Position, plain), content
    except Exception:  # damaged bytes can break the reader in any way
        raise damaged(run) from None


def _check_bytes(path: Path, sealed: bool) -> None:
    with path.open("rb") as file:
        if intact(file):
            return
        if sealed or has_seal(file):
            raise ValueError("another checksum")
    check_archive(path)


@dataclass(frozen=True)
class Restored:
    """The last checkpoint that is whole, checked: nothing in it can surprise a network or an optimiser."""

    position: Position
    states: States
    note: str | None
    """What to say where the last checkpoint was damaged and the one before was taken."""

    def put_into(
        self, network: nn.Module, optimizer: torch.optim.Optimizer, average: nn.Module | None
    ) -> None:
        """Loads the states, as `restored` has checked them for such."""
        for part, module in _parts(network, average).items():
            module.load_state_dict(self.states[part])
        optimizer.load_state_dict(self.states["optimizer"])


def restored(
    run: Path, network: nn.Module, optimizer: torch.optim.Optimizer, average: nn.Module | None
) -> Restored | None:
    """Reads the last checkpoint that is whole, for what a training consists of; None before the first.

    Args:
        run: the folder.
        network: that the weights are for.
        optimizer: of the network.
        average: the moving average of the weights; None where the recipe has none.

    Raises:
        RunError: no checkpoint is whole, or the weights that are kept are not.
    """
    parts = _parts(network, average)
    names = [name for name in (CHECKPOINT, CHECKPOINT_BEFORE) if (run / name).exists()]
    for name in names:
        if not (run / name).is_file():
            continue
        try:
            position, states = read_checkpoint(run, name)
            states["optimizer"] = checked_memory(optimizer, states["optimizer"])
            if not all(is_state_of(states[part], parts[part].state_dict()) for part in parts):
                raise ValueError("of another network")
        except Exception:  # what is strange can break a comparison in any way
            continue
        if position.best_epoch:
            read_weights(run)
        return Restored(position, states, None if name == CHECKPOINT else _note(run, position))
    if names:
        raise damaged(run)
    return None


def _parts(network: nn.Module, average: nn.Module | None) -> dict[str, nn.Module]:
    return {"network": network} if average is None else {"network": network, "average": average}


def _note(run: Path, position: Position) -> str:
    return (
        f"{run / CHECKPOINT} is damaged or missing: going on from the checkpoint before it, after step "
        f"{position.step:,}, to the same end"
    )


def checked_memory(optimizer: torch.optim.Optimizer, state: Mapping[str, Any]) -> dict[str, Any]:
    """The state of an optimiser from a checkpoint, such that nothing in it can surprise the optimiser.

    Each tensor becomes one of the shape, type and layout of its parameter: the fused optimisers believe that
    without looking, and would write where it is not so.

    Args:
        optimizer: as the recipe makes it.
        state: what its `state_dict` was when the checkpoint was written.

    Raises:
        ValueError: it is of another optimiser, or damaged. Other errors mean the same.
    """
    own = optimizer.state_dict()["param_groups"]
    saved = state["param_groups"]
    if [group["params"] for group in own] != [group["params"] for group in saved]:
        raise ValueError("of other parameters")
    groups = [{**group, **_pace(kept, group)} for group, kept in zip(own, saved, strict=True)]
    known = [
        (one, TURNED if group.get("turned") else MEMORIES[type(optimizer)])
        for group in optimizer.param_groups
        for one in group["params"]
    ]
    memories = {number: _memory(entry, *known[number]) for number, entry in state["state"].items()}
    return {"state": memories, "param_groups": groups}


def _pace(saved: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: saved[name] for name in PACE if name in own}
    check({name: list(v) if isinstance(v, tuple) else v for name, v in found.items()}, PACE, "param_groups")
    return found


def _memory(entry: Mapping[str, Any], parameter: Tensor, names: set[str]) -> dict[str, Tensor]:
    if entry.keys() != names:
        raise ValueError("of another optimiser")
    return {name: _as_memory(name, value, parameter) for name, value in entry.items()}


def _as_memory(name: str, value: object, parameter: Tensor) -> Tensor:
    like = torch.zeros((), dtype=torch.float32) if name == "step" else parameter.detach()
    if not isinstance(value, Tensor) or not is_like(value, like):
        raise ValueError(f"{name} is not of this parameter")
    if name in ("step", "exp_avg_sq") and bool((value < 0).any()):
        raise ValueError(f"{name} is negative")
    return torch.empty_like(like).copy_(value)


def bring_up_to_date(run: Path) -> None:
    """Gives the files of a run that was written before there were checksums theirs, the record last."""
    record = read_record(run)
    if record["format"] >= SEALED:
        return
    if (run / CHECKPOINT).is_file():

        def save(path: Path) -> None:
            shutil.copyfile(run / CHECKPOINT, path)
            seal(path)

        write(run / CHECKPOINT, save)
    if (run / MODEL).is_file():
        weights = read_weights(run)
        write(run / MODEL, lambda path: save_weights(weights, path))
    write_record(run, record)
