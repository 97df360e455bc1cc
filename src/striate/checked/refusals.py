"""What the operating system refuses while a function works, as a sentence in place of a traceback."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from striate.errors import DataError, StriateError

_TOO_LARGE = "this needs more memory than there is: make it smaller, or less at once"
_MEMORY = (
    "can't allocate memory",
    "out of memory",
    "Storage size calculation overflowed",
    "array is too big",
)


@contextmanager
def saying_refusals() -> Iterator[None]:
    """Raises DataError where a file cannot be read or written, or the memory does not suffice."""
    try:
        yield
    except (StriateError, BrokenPipeError, ConnectionError):
        raise
    except Exception as error:
        refused = _system_error(error)
        if refused is not None and (refused.filename is not None or refused.errno == errno.ENOSPC):
            raise DataError(refused_by_the_system(refused)) from error
        if isinstance(error, MemoryError) or any(sign in str(error) for sign in _MEMORY):
            raise DataError(
                "this needs more memory than there is: make it smaller, or less at once"
            ) from error
        raise


def _system_error(error: Exception) -> OSError | None:
    """What the system said, also where a library written in Rust tells it in words."""
    if isinstance(error, OSError):
        return error
    told = re.search(r"\(os error (\d+)\)(?: at path \"(.+?)\")?", str(error))
    return told and OSError(int(told[1]), os.strerror(int(told[1])), told[2] or "the file")


def refused_by_the_system(error: OSError) -> str:
    """The sentence for what the system refused.

    >>> refused_by_the_system(PermissionError(13, "Permission denied", "/etc/shadow"))
    '/etc/shadow: permission denied: name another place, or make this one readable and writable'
    """
    reason = (error.strerror or type(error).__name__).lower()
    if error.errno == errno.ENOSPC:
        return f"{error.filename or 'the disk'}: {reason}: free some room, or write to another disk"
    advice = {
        errno.ENAMETOOLONG: "give it a shorter name",
        errno.ENOENT: "check the name",
        errno.EISDIR: "name a file",
        errno.ENOTDIR: "name a folder",
        errno.EEXIST: "name another place",
    }.get(error.errno or 0, "name another place, or make this one readable and writable")
    return f"{error.filename}: {reason}: {advice}"
