"""A zip or tar as a data set: unpacked once into the user's cache, and read from there.

Only ordinary files are taken out, none above the folder that they are unpacked into, and none of an archive
that would grow without measure. What stands in the cache is of one state of one file: a changed archive is
unpacked anew.
"""

import hashlib
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import IO, cast

from striate.data.sources.finding import sets_folder
from striate.data.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from striate.errors import DataError

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
MOST_GROWTH, ALWAYS_TAKEN = 100, 1 << 30
"""Pictures hardly shrink: an archive may grow so many times, and to a GiB in any case."""


def is_archive(path: Path) -> bool:
    """Whether it is the file of an archive."""
    return path.name.lower().endswith(SUFFIXES) and path.is_file()


def name_of(path: Path) -> str:
    """The archive's name without its suffix.

    >>> name_of(Path("pets.tar.gz"))
    'pets'
    """
    suffix = max((one for one in SUFFIXES if path.name.lower().endswith(one)), key=len, default="")
    return path.name[: len(path.name) - len(suffix)]


def unpacked(path: Path) -> Path:
    """The folder that holds what is in an archive; unpacked now, if it has not been before.

    Raises:
        DataError: it is damaged, or what is in it does not fit.
    """
    status = path.stat()
    identity = f"{path.absolute()} {status.st_size} {status.st_mtime_ns}"
    target = sets_folder() / "unpacked" / hashlib.sha256(identity.encode()).hexdigest()[:16] / name_of(path)
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    room = min(
        max(MOST_GROWTH * status.st_size, ALWAYS_TAKEN), shutil.disk_usage(target.parent).free - ALWAYS_TAKEN
    )
    draft = Path(mkdtemp(dir=target.parent))
    try:
        _unpack(path, draft, room)
        if not target.is_dir():  # else another process was quicker
            draft.rename(target)
    except (OSError, EOFError, RuntimeError, tarfile.TarError, zipfile.BadZipFile, zlib.error) as error:
        why = (str(error).splitlines() or [type(error).__name__])[0].removesuffix(":")
        raise DataError(f"cannot unpack {path}: {why}; give a whole archive, or a folder") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _unpack(path: Path, folder: Path, room: int) -> None:
    names = []
    for name, opened in _files(path):
        names.append(name)
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if not parts or ".." in parts or parts[0] == "/" or ":" in parts[0]:
            raise DataError(f"{path} holds {name!r}, which lies outside of it: unpack it by hand and look")
        target = folder.joinpath(*parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        with opened() as file, target.open("wb") as out:
            while block := file.read(1 << 20):
                room -= len(block)
                if room < 0:
                    raise DataError(f"{path} grows beyond measure or the disk: unpack it by hand and look")
                out.write(block)
    _refuse_nested(path, names)


def _refuse_nested(path: Path, names: Sequence[str]) -> None:
    """Raises DataError where archives are in the archive, and no pictures or videos."""
    inner = [name for name in names if name.lower().endswith(SUFFIXES)]
    if inner and not any(Path(name).suffix.lower() in IMAGE_SUFFIXES | VIDEO_SUFFIXES for name in names):
        raise DataError(
            f"{path} holds other archives, as {inner[0]}: unpack it by hand, and give what is in there, or "
            "the folder once those are unpacked too"
        )


def _files(path: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    """Each ordinary file: its name, and what opens it."""
    if path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path) as packed:
            for entry in packed.infolist():
                if not entry.is_dir() and entry.external_attr >> 28 in (0, 8):  # links are left out
                    yield entry.filename, partial(packed.open, entry)
        return
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isreg():
                yield member.name, cast("Callable[[], IO[bytes]]", partial(archive.extractfile, member))
