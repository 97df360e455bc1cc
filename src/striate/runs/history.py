"""The history of a run: one line of JSON an epoch, which curves and speeds are taken from."""

from pathlib import Path
from typing import Any

from striate.errors import RunError
from striate.runs.folder import HISTORY
from striate.runs.json_files import Number, Whole, check, read_json_lines, write_json_lines

SCHEMA = {
    "epoch": Whole(1),
    "epochs": Whole(1),
    "step": Whole(0),
    "learning_rate": Number(0),
    "train_loss": Number(),
    "train_top1": Number(0, 1),
    "val_loss": (None, Number()),
    "val_objective": (None, Number()),
    "val_top1": (None, Number(0, 1)),
    "images_per_second": Number(0),
    "clips_per_second": Number(0),
    "seconds": Number(0),
    "best": bool,
}
"""What a line may hold; of others nothing is asked."""


def add_history(run: Path, row: dict[str, Any]) -> None:
    """Adds one line to the history.

    Args:
        run: the folder.
        row: of the epoch whose turn it is.

    Raises:
        RunError: the history so far is damaged, or the line cannot be written.
    """
    write_json_lines(run / HISTORY, [*read_history(run), row])


def cut_history(run: Path, epochs: int) -> None:
    """Drops lines, as a kill may fall between the history and the checkpoint.

    Args:
        run: the folder.
        epochs: how many lines stay.

    Raises:
        RunError: the history is damaged.
    """
    rows = read_history(run)
    if len(rows) > epochs:
        write_json_lines(run / HISTORY, rows[:epochs])


def read_history(run: Path) -> list[dict[str, Any]]:
    """The history so far, one dict an epoch; empty where there is none yet.

    Args:
        run: the folder.

    Raises:
        RunError: a line is no line of a history, or is not of the epoch whose turn it is.
    """
    path = run / HISTORY
    if not path.is_file():
        return []
    try:
        rows: list[dict[str, Any]] = read_json_lines(path)
        for number, row in enumerate(rows, 1):
            check(row, SCHEMA, f"line {number}")
            if row.get("epoch") != number:
                raise ValueError(f"line {number} is not of epoch {number}")
    except (RunError, ValueError) as problem:
        raise RunError(
            f"{path} is damaged ({problem}): restore it from a copy, or delete it, as the training itself "
            "does not need it; its curves are then missing"
        ) from None
    return rows
