"""A run: the folder that holds one training. Its files, how they are written, and its record.

    run.json           the record: recipe, network, data, classes, versions, machine, results
    model.safetensors  the best weights so far
    checkpoint.pt      everything needed to go on (tensors and numbers only)
    history.jsonl      one line an epoch
    curves.png, confusion.png

Every file is written beside and renamed, so that a kill leaves the old or the new, never half. This room
knows the folder, not what a network is.
"""

import contextlib
import errno
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from striate.errors import RunError

FORMAT = 2
"""Version of the record. A reader refuses a newer one."""

RECORD, MODEL, CHECKPOINT, HISTORY = "run.json", "model.safetensors", "checkpoint.pt", "history.jsonl"
CURVES, CONFUSION = "curves.png", "confusion.png"

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def write(path: Path, save: Callable[[Path], object]) -> None:
    """Lets `save` write a file beside `path`, then puts it in its place in one step.

    The folder is made if need be. Raises RunError when the disk is full or the folder cannot be written;
    `path` is as it was.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save(beside)
        _flush(beside)
        beside.replace(path)
    except BaseException as problem:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        reason = _why(problem)
        if reason is None:
            raise
        raise RunError(
            f"could not save {path}: {reason}; what was saved before is intact: make room or choose another "
            "folder with --out, then try again (a training goes on with --resume)"
        ) from problem


def write_text(path: Path, text: str) -> None:
    """The same for a text, in UTF-8; what that cannot hold, as in some file names, is escaped."""
    write(path, lambda beside: beside.write_text(text, encoding="utf-8", errors="backslashreplace"))


def _why(problem: BaseException) -> str | None:
    """The reason in words if the file system caused it. Some writers wrap the number in a text."""
    if isinstance(problem, OSError):
        return "the disk is full" if problem.errno in _FULL else (problem.strerror or str(problem))
    text = str(problem)
    if "No space left" in text or "file write failed" in text or "os error 28" in text:
        return "the disk is full"
    return None


def _flush(path: Path) -> None:
    """Makes sure that the bytes are on the disk before the name points to them."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def write_record(run: Path, record: dict[str, Any]) -> None:
    """Writes run.json."""
    text = json.dumps({"format": FORMAT, **record}, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(run / RECORD, text + "\n")


def read_record(run: str | Path) -> dict[str, Any]:
    """Reads run.json. Raises RunError for what is no run, half-written, or of a newer version."""
    run = Path(run)
    path = run / RECORD
    if not run.is_dir():
        raise RunError(f"no run at {run}: expected a folder made by `striate train`; see `ls runs`")
    if not path.is_file():
        raise RunError(f"{run} is not a run: it holds no {RECORD}; give a folder made by `striate train`")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        version = record["format"]
    except (ValueError, KeyError, TypeError, OSError):
        raise RunError(
            f"{path} cannot be read as a run's record: it is damaged; train again, or restore it from a copy"
        ) from None
    if not isinstance(version, int) or version > FORMAT:
        raise RunError(
            f"{run} was written by a newer striate (record format {version}, this one reads up to {FORMAT}): "
            "upgrade with pip install --upgrade striate"
        )
    assert isinstance(record, dict)
    return in_todays_words(record) if version == 1 else record


def in_todays_words(record: dict[str, Any]) -> dict[str, Any]:
    """A record of format 1, which called the algorithms of convolutions forms."""
    recipe, table = dict(record["recipe"]), record.get("forms", [])
    if "forms" in recipe:
        recipe["algorithms"] = recipe.pop("forms")
    algorithms = [_algorithms_of(entry) for entry in table] if isinstance(table, list) else table
    rest = {name: value for name, value in record.items() if name != "forms"}
    return {**rest, "format": FORMAT, "recipe": recipe, "algorithms": algorithms}


def _algorithms_of(entry: Any) -> Any:
    if not isinstance(entry, dict) or not isinstance(entry.get("forms"), dict):
        return entry
    chosen = {
        operation: {"algorithm": choice["form"], **{k: v for k, v in choice.items() if k != "form"}}
        if isinstance(choice, dict) and "form" in choice
        else choice
        for operation, choice in entry["forms"].items()
    }
    return {**{k: v for k, v in entry.items() if k != "forms"}, "algorithms": chosen}


def require(run: Path, name: str) -> Path:
    """The path of one of the run's files. Raises RunError if it is missing."""
    path = run / name
    if not path.is_file():
        raise RunError(
            f"{run} is half-written: it holds no {name}; if its training still goes on, wait for its first "
            f"epoch to end, otherwise go on with `striate train --resume {run}`"
        )
    return path


def add_history(run: Path, row: dict[str, Any]) -> None:
    """Adds one line to the history."""
    rows = [*read_history(run), row]
    text = "".join(json.dumps(line) + "\n" for line in rows)
    write_text(run / HISTORY, text)


def cut_history(run: Path, epochs: int) -> None:
    """Drops the lines after `epochs`: a kill may fall between the history and the checkpoint."""
    rows = read_history(run)
    if len(rows) > epochs:
        text = "".join(json.dumps(line) + "\n" for line in rows[:epochs])
        write_text(run / HISTORY, text)


def read_history(run: Path) -> list[dict[str, Any]]:
    """The history so far, one dict an epoch; empty where there is none yet."""
    path = run / HISTORY
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


@contextlib.contextmanager
def lock(run: Path) -> Iterator[None]:
    """Holds the run for one training. Raises RunError if another process holds it.

    The system drops the lock when the process ends, however it ends.
    """
    import fcntl

    try:
        run.mkdir(parents=True, exist_ok=True)
        file = (run / ".lock").open("a+")
    except OSError as problem:
        raise RunError(
            f"cannot write into {run}: {problem.strerror}; choose another folder with --out"
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise RunError(
                f"another training (process {holder}) is writing into {run}: "
                "wait for it, or choose another folder with --out"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def fresh_folder(parent: Path, name: str) -> Path:
    """`parent/name`, or with the first free number behind it: digits-plain, digits-plain-2, …"""
    candidate, number = parent / name, 1
    while candidate.exists():
        number += 1
        candidate = parent / f"{name}-{number}"
    return candidate
