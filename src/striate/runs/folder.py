"""The names in a run's folder, and what can be asked of a path without stumbling over a strange one."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from striate.errors import RunError, not_written

# One writer in a folder.

LOCK = ".lock"


@contextlib.contextmanager
def lock(folder: Path, writer: str = "training", name: str = LOCK) -> Iterator[None]:
    """Holds a folder for one writer. The system lets go of it when the process ends, however it ends.

    Args:
        folder: made if need be.
        writer: what the holder is, for the sentence that another one gets.
        name: of the file that is locked; those who write other files there lock another.

    Raises:
        RunError: another process holds it, or it cannot be written.
    """
    import portalocker  # here, as it takes longer to import than all of this room

    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = os.fdopen(open_own(folder / name), "r+", encoding="ascii")
    except OSError as problem:
        raise RunError(
            f"cannot write into {folder}: {not_written(problem)}; choose another folder with --out"
        ) from None
    with file:
        try:
            portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
        except portalocker.LockException:
            raise RunError(
                f"another {writer} (process {_holder(file.fileno())}) is writing into {folder}: "
                "wait for it, or choose another folder with --out"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def open_own(path: Path, flags: int = 0) -> int:
    """Opens a file of this one name, made if need be, to read and to write; gives its descriptor.

    Through a link, what is written here would overwrite another file.

    Args:
        path: of the file.
        flags: of the system's call, besides.

    Raises:
        OSError: it is a link, or no file.
    """
    link = OSError(0, f"its {path.name} is a link or no file, which striate never makes: remove it")
    if path.is_symlink():
        raise link
    file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | flags, 0o666)
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        os.close(file)
        raise link
    return file


def _holder(file: int) -> str:
    """What the holder has written there; on some systems nobody else may read it."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return os.read(file, 20).decode().strip() or "unknown"
    return "unknown"


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
        raise RunError(f"no run at {run}: {_expected(run)}")
    if not _there(run / RECORD):
        raise RunError(f"{run} is not a run: it holds no {RECORD}; give a folder made by `striate train`")
    return run / RECORD


def _expected(run: Path) -> str:
    if run.is_file():
        return "that is a file, and this needs the folder that `striate train` made"
    return "expected a folder made by `striate train`; see `ls runs`"


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
