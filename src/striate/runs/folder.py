"""The names in a run's folder, and what can be asked of a path without stumbling over a strange one."""

from pathlib import Path

from striate.errors import RunError

RECORD, MODEL, HISTORY = "run.json", "model.safetensors", "history.jsonl"
CHECKPOINT, CHECKPOINT_BEFORE = "checkpoint.pt", "checkpoint-before.pt"
CURVES, CONFUSION = "curves.png", "confusion.png"


def holds_run(folder: Path) -> bool:
    """Whether a run stands there already.

    Args:
        folder: that is asked about; it need not exist.

    Raises:
        RunError: the system does not let anybody look, as into a forbidden folder.
    """
    return _there(folder / RECORD)


def require_run(run: Path) -> Path:
    """The path of the record in a run's folder.

    Raises:
        RunError: there is no such folder, or no record in it.
    """
    if not _there(run, folder=True):
        raise RunError(f"no run at {run}: expected a folder made by `striate train`; see `ls runs`")
    if not _there(run / RECORD):
        raise RunError(f"{run} is not a run: it holds no {RECORD}; give a folder made by `striate train`")
    return run / RECORD


def require(run: Path, name: str) -> Path:
    """The path of one of a run's files.

    Args:
        run: the folder.
        name: of the file, as `MODEL`.

    Raises:
        RunError: it is missing.
    """
    path = run / name
    if not _there(path):
        raise RunError(
            f"{run} is half-written: it holds no {name}; if its training still goes on, wait for its first "
            f"epoch to end, otherwise go on with `striate train --resume {run}`"
        )
    return path


def unused_folder(parent: Path, name: str) -> Path:
    """`parent/name`, or with the first free number behind it: digits-plain, digits-plain-2.

    Args:
        parent: the folder that it is to stand in.
        name: of the folder.
    """
    candidate, number = parent / name, 1
    while candidate.exists():
        number += 1
        candidate = parent / f"{name}-{number}"
    return candidate


def _there(path: Path, folder: bool = False) -> bool:
    """Whether a file, or a folder, stands there. Names that are too long make the system raise."""
    try:
        return path.is_dir() if folder else path.is_file()
    except OSError as problem:
        raise RunError(
            f"{_shortened(path)} cannot be looked at: {problem.strerror}; give a folder that may be read"
        ) from None


def _shortened(path: Path) -> str:
    text = str(path)
    return text if len(text) <= 120 else f"{text[:60]}…{text[-59:]}"
