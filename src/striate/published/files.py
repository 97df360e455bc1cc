"""Files of published weights: where they are kept, fetched where they are not, checked before they count."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from striate.cache import cache_folder
from striate.downloading import (
    PATIENCE_SECONDS,
    NotFetchedError,
    Progress,
    answers,
    download,
    silent,
    writing,
)
from striate.errors import DataError, WeightsError
from striate.published import table

WAITED_SECONDS = 3600
"""For another process that fetches the same file."""
AT_ONCE_SECONDS = 2.0
"""For a publisher to answer where nobody asked for the file."""
ROUNDS = 2  # a connection that was cut goes on where it stopped
_TRUE = ("1", "true", "yes", "on")


def kept_in() -> Path:
    """The folder where fetched weights are kept."""
    return cache_folder() / "weights"


def is_offline() -> bool:
    """Whether the user's environment says that nothing is to be fetched."""
    return any(os.environ.get(name, "").lower() in _TRUE for name in ("STRIATE_OFFLINE", "HF_HUB_OFFLINE"))


def found(file: str) -> Path | None:
    """A file of that name that is here already: in our folder, or in that of PyTorch's own downloads."""
    return next((folder / file for folder in _folders() if (folder / file).is_file()), None)


def _folders() -> Iterator[Path]:
    yield kept_in()
    home = os.environ.get("TORCH_HOME")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    yield (Path(home) if home else cache / "torch") / "hub" / "checkpoints"


def weights_at_once(file: str) -> Path:
    """The same for a file that nobody has asked for: where its publisher does not answer at once, nor in a
    continuous-integration job ($CI), nothing is fetched.

    Raises:
        WeightsError: as `weights_file`.
    """
    if found(file) is None and not is_offline():
        if os.environ.get("CI", "").lower() in _TRUE:
            raise WeightsError(f"{file} is not here, and nothing is fetched in CI unasked: {_by_hand(file)}")
        if not answers(address_of(file), AT_ONCE_SECONDS):
            raise WeightsError(f"{file} is not here, and its publisher does not answer: {_by_hand(file)}")
    return weights_file(file, patience=AT_ONCE_SECONDS)


def weights_file(
    file: str, *, offline: bool = False, progress: Progress = silent, patience: float = PATIENCE_SECONDS
) -> Path:
    """A published file, checked: as it is here, or fetched.

    Args:
        file: its name, which ends with the first digits of its SHA-256.
        offline: nothing is fetched.
        progress: as for `download`.
        patience: likewise.

    Raises:
        WeightsError: it is not here and cannot be fetched, or it is damaged.
    """
    here = found(file)
    if here is not None:
        check(here)
        return here
    if offline or is_offline():
        raise WeightsError(f"{file} is not here, and nothing is fetched offline: {_by_hand(file)}")
    import portalocker  # here, as it takes longer to import than all of this room

    target = kept_in() / file
    with writing(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    with portalocker.Lock(target.with_name(f"{file}.lock"), "w", timeout=WAITED_SECONDS):
        if not target.is_file():  # else another process has fetched it meanwhile
            _fetch(target, progress, patience)
    return target


def _fetch(target: Path, progress: Progress, patience: float) -> None:
    file, reason = target.name, ""
    part = target.with_name(f"{file}.part")
    for _ in range(ROUNDS):
        try:
            download(address_of(file), part, progress, patience)
        except NotFetchedError as problem:
            reason = str(problem)
            continue
        if _digest(part).startswith(checksum_in(file)):
            with writing(target):
                part.replace(target)
            return
        part.unlink()
        reason = "wrong checksum"
    raise WeightsError(f"cannot fetch {address_of(file)} ({reason}): try again later, or {_by_hand(file)}")


def address_of(file: str) -> str:
    """Where a file is fetched: at its publisher's, or where $STRIATE_WEIGHTS says."""
    return f"{(os.environ.get('STRIATE_WEIGHTS') or table.ADDRESS).rstrip('/')}/{file}"


def _by_hand(file: str) -> str:
    return f"put it into {kept_in()} by hand ({address_of(file)}), or name a file with --weights"


def fetch_text(address: str, file: str) -> Path | None:
    """A file that nothing depends on, such as names of classes; None where it cannot be had."""
    target = kept_in() / file
    try:
        with writing(kept_in()):
            kept_in().mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{file}.part")
        part.unlink(missing_ok=True)
        download(address, part)
        with writing(target):
            part.replace(target)
    except (NotFetchedError, DataError):
        return None
    return target


def check(path: Path) -> None:
    """Compares a file with the checksum in its name, if it is named as one of the published ones.

    Raises:
        WeightsError: it is another file, or damaged.
    """
    if all(one.file != path.name for one in table.WEIGHTS):
        return
    digest = _digest(path)
    if not digest.startswith(checksum_in(path.name)):
        raise WeightsError(
            f"{path} is damaged or another file: its SHA-256 begins with {digest[:8]}, and its name says "
            f"{checksum_in(path.name)}; remove it and fetch it again"
        )


def checksum_in(file: str) -> str:
    """The digits at the end of a published file's name.

    >>> checksum_in("alexnet-owt-7be5be79.pth")
    '7be5be79'
    """
    return Path(file).stem.rpartition("-")[2]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
