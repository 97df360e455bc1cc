"""What the operating system refuses while a function works, as a sentence in place of a traceback."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from striate.errors import DataError, StriateError

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
    except OSError as error:
        if error.filename is None and error.errno != errno.ENOSPC:
            raise
        raise DataError(refused_by_the_system(error)) from error
    except (MemoryError, RuntimeError, ValueError) as error:
        if not isinstance(error, MemoryError) and not any(sign in str(error) for sign in _MEMORY):
            raise
        raise DataError("this needs more memory than there is: make it smaller, or less at once") from error


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
