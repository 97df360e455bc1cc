"""Fetches published data sets: several mirrors, resumed where cut off, checked before they count."""

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from striate.checked import checked
from striate.data.sources.finding import BUILT_IN, PUBLISHED, Published, cache_folder
from striate.errors import DataError, unknown

if TYPE_CHECKING:
    from http.client import HTTPResponse

Progress = Callable[[str, int, int | None], None]

_TIMEOUT_SECONDS = 10
_ROUNDS = 2  # over the mirrors: a connection that was cut goes on where it stopped
_BLOCK = 1 << 16


@checked
def get_data(
    name: str,
    *,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Path:
    """Fetches a published data set, as far as it is not there yet.

    Args:
        name: "mnist" or "fashion-mnist".
        out: the folder where to. By default the user's cache, where `train` finds the set by its name.
        progress: is called with the name of a file, the bytes fetched so far and, if known, the bytes in
            all.

    Returns:
        the folder.

    Raises:
        DataError: the name is unknown, no mirror answers, or nothing can be written.
    """
    return fetch(name, PUBLISHED, None if out is None else Path(out), progress or _silent)


def fetch(name: str, published: Mapping[str, Published], out: Path | None, progress: Progress) -> Path:
    """One of these sets; see `get_data`."""
    if name in BUILT_IN:
        raise DataError(f"{name!r} is built in: there is nothing to fetch")
    if name not in published:
        raise DataError(unknown("data set", name, published))
    target = cache_folder() / name if out is None else out.expanduser()
    with _writing(target):
        target.mkdir(parents=True, exist_ok=True)
    for file, checksum in published[name].files.items():
        if not any(_checksum(path) == checksum for path in (target / file, target / f"{file}.gz")):
            _fetch(published[name], file, target, progress)
    return target


def _silent(file: str, done: int, total: int | None) -> None:
    pass


def _fetch(published: Published, file: str, target: Path, progress: Progress) -> None:
    """One file, from the first mirror that gives it whole."""
    part = target / f"{file}.gz.part"
    reasons = []
    for mirror in published.mirrors * _ROUNDS:
        try:
            _download(f"{mirror}{file}.gz", part, progress)
        except _NotFetchedError as error:
            reasons.append(f"{mirror}: {error}")
            continue
        if _checksum(part) == published.files[file]:
            with _writing(target):
                part.replace(target / f"{file}.gz")
            return
        part.unlink()
        reasons.append(f"{mirror}: wrong checksum")
    raise DataError(_offline(published, file, target, reasons))


def _offline(published: Published, file: str, target: Path, reasons: list[str]) -> str:
    return (
        f"cannot fetch {file}.gz ({'; '.join(dict.fromkeys(reasons))}): try again later, or put the files "
        f"{', '.join(published.files)}, gzipped or not, into {target}"
    )


class _NotFetchedError(Exception):
    """A mirror did not give a file."""


def _download(address: str, part: Path, progress: Progress) -> None:
    """Appends to `part` what is missing of it. Raises _NotFetchedError if that fails; what came stays."""
    from http.client import (
        HTTPException,
    )  # here, since it takes 40 ms that other uses of this room do not need
    from urllib.error import HTTPError

    have = part.stat().st_size if part.exists() else 0
    try:
        with _request(address, have) as response:
            _append(response, part, have, progress)
    except HTTPError as error:
        error.close()
        if error.code != 416 or not have:  # 416: nothing is left to send, so the checksum decides
            raise _NotFetchedError(f"HTTP {error.code}") from None
    except (OSError, HTTPException) as error:
        raise _NotFetchedError(_why(error)) from None


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", error)  # urllib wraps what happened
    return getattr(reason, "strerror", None) or str(reason) or type(reason).__name__


def _request(address: str, have: int) -> "HTTPResponse":
    from urllib.request import Request, urlopen

    headers = {"User-Agent": "striate", **({"Range": f"bytes={have}-"} if have else {})}
    return cast("HTTPResponse", urlopen(Request(address, headers=headers), timeout=_TIMEOUT_SECONDS))


def _append(response: "HTTPResponse", part: Path, have: int, progress: Progress) -> None:
    if not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
        have = 0  # the server sends it all
    length = response.headers.get("Content-Length")
    total = have + int(length) if length and length.isdecimal() and len(length) < 20 else None
    with _writing(part), part.open("ab" if have else "wb"):
        pass  # from here on, only what comes is appended
    while block := response.read(_BLOCK):
        with _writing(part), part.open("ab") as file:
            file.write(block)
        have += len(block)
        progress(part.name.removesuffix(".part"), have, total)
    if total is not None and have < total:
        raise _NotFetchedError(f"cut off after {have} of {total} bytes")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Tells an error of this disk from one of the network."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"cannot write {path}: {error.strerror}; choose another folder or make room"
        ) from None


def _checksum(path: Path) -> str | None:
    """SHA-256 of a file's content, unpacked; None if there is no such file or it is damaged."""
    packed = path.suffix in (".gz", ".part")
    digest = hashlib.sha256()
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except (OSError, EOFError, zlib.error):
        return None
    return digest.hexdigest()
