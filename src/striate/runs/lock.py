"""One writer in a folder."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from striate.errors import RunError

LOCK = ".lock"


@contextlib.contextmanager
def lock(folder: Path, writer: str = "training") -> Iterator[None]:
    """Holds a folder for one writer. The system lets go of it when the process ends, however it ends.

    Args:
        folder: made if need be.
        writer: what the holder is, for the sentence that another one gets.

    Raises:
        RunError: another process holds it, or it cannot be written.
    """
    import portalocker  # here, as it takes longer to import than all of this room

    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = os.fdopen(_open_own(folder / LOCK), "r+")
    except OSError as problem:
        raise RunError(
            f"cannot write into {folder}: {problem.strerror}; choose another folder with --out"
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


def _open_own(path: Path) -> int:
    """Opens a file of this one name. Through a link, what is written here would overwrite another file."""
    link = OSError(0, f"its {LOCK} is a link or no file, which striate never makes: remove it")
    if path.is_symlink():
        raise link
    file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
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
