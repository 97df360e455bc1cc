"""Fetches published data sets: several mirrors, resumed where cut off, checked before they count."""

import gzip
import hashlib
import zlib
from collections.abc import Mapping
from pathlib import Path

from striate.checked import checked
from striate.data.sources.finding import BUILT_IN, PUBLISHED, Published, sets_folder
from striate.downloading import NotFetchedError, Progress, download, silent, writing
from striate.errors import DataError, unknown

_ROUNDS = 2  # over the mirrors: a connection that was cut goes on where it stopped


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
    return fetch(name, PUBLISHED, None if out is None else Path(out), progress or silent)


def fetch(name: str, published: Mapping[str, Published], out: Path | None, progress: Progress) -> Path:
    """One of these sets; see `get_data`."""
    if name in BUILT_IN:
        raise DataError(f"{name!r} is built in: there is nothing to fetch")
    if name not in published:
        raise DataError(unknown("data set", name, published))
    target = sets_folder() / name if out is None else out.expanduser()
    with writing(target):
        target.mkdir(parents=True, exist_ok=True)
    for file, checksum in published[name].files.items():
        if not any(_checksum(path) == checksum for path in (target / file, target / f"{file}.gz")):
            _fetch(published[name], file, target, progress)
    return target


def _fetch(published: Published, file: str, target: Path, progress: Progress) -> None:
    """One file, from the first mirror that gives it whole."""
    part = target / f"{file}.gz.part"
    reasons = []
    for mirror in published.mirrors * _ROUNDS:
        try:
            download(f"{mirror}{file}.gz", part, progress)
        except NotFetchedError as error:
            reasons.append(f"{mirror}: {error}")
            continue
        if _checksum(part) == published.files[file]:
            with writing(target):
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
