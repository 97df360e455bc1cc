"""Fetching a file from an address: gone on with where it was cut off, and never half of it taken for all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from striate.errors import DataError, not_written

if TYPE_CHECKING:
    from http.client import HTTPResponse

Progress = Callable[[str, int, int | None], None]
"""Called with the name of a file, the bytes fetched so far and, if known, those of all of it."""

PATIENCE_SECONDS = 10.0
"""For a network that says nothing, in the middle of a file too."""
_BLOCK = 1 << 16


def silent(file: str, done: int, total: int | None) -> None:
    """A `Progress` that tells nobody."""


class NotFetchedError(Exception):
    """An address did not give a file; the text says why."""


def download(address: str, part: Path, progress: Progress = silent, patience: float | None = None) -> None:
    """Fetches a file into `part`, appending what is missing of it.

    Args:
        address: http, https or file.
        part: where what has come so far stands; it stays if the rest does not come.
        progress: is called with the name of the file, the bytes fetched so far and, if known, in all.
        patience: seconds without a byte after which it is given up, ten by default.

    Raises:
        NotFetchedError: the address does not give it, or breaks off.
        DataError: it cannot be written here.
    """
    # here, since it takes 40 ms that other uses of this room do not need
    from http.client import HTTPException
    from urllib.error import HTTPError

    have = part.stat().st_size if part.exists() else 0
    try:
        with _request(address, have, PATIENCE_SECONDS if patience is None else patience) as response:
            _append(response, part, have, progress)
    except HTTPError as error:
        error.close()
        if error.code != 416 or not have:  # 416: nothing is left to send, so the checksum decides
            raise NotFetchedError(f"HTTP {error.code}") from None
    except (OSError, HTTPException) as error:
        raise NotFetchedError(_why(error)) from None


def answers(address: str, seconds: float) -> bool:
    """Whether an address gives a file within so many seconds, the time to look up its name included."""
    from threading import Thread

    found: list[bool] = []
    asking = Thread(target=lambda: found.append(_opens(address, seconds)), daemon=True)
    asking.start()  # beside, as nothing bounds how long a name is looked up
    asking.join(seconds)
    return found == [True]


def _opens(address: str, seconds: float) -> bool:
    from http.client import HTTPException

    try:
        _request(address, 0, seconds).close()
    except (OSError, HTTPException):
        return False
    return True


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", error)  # urllib wraps what happened
    return getattr(reason, "strerror", None) or str(reason) or type(reason).__name__


def _request(address: str, have: int, patience: float) -> "HTTPResponse":
    from urllib.request import Request, urlopen

    headers = {"User-Agent": "striate", **({"Range": f"bytes={have}-"} if have else {})}
    return cast("HTTPResponse", urlopen(Request(address, headers=headers), timeout=patience))


def _append(response: "HTTPResponse", part: Path, have: int, progress: Progress) -> None:
    if not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
        have = 0  # the server sends it all
    length = response.headers.get("Content-Length")
    total = have + int(length) if length and length.isdecimal() and len(length) < 20 else None
    with writing(part), part.open("ab" if have else "wb"):
        pass  # from here on, only what comes is appended
    while block := response.read(_BLOCK):
        with writing(part), part.open("ab") as file:
            file.write(block)
        have += len(block)
        progress(part.name.removesuffix(".part"), have, total)
    if total is not None and have < total:
        raise NotFetchedError(f"cut off after {have} of {total} bytes")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Tells an error of this disk from one of the network."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"cannot write {path}: {not_written(error)}; choose another folder or make room"
        ) from None
