"""The folder that a path or a name stands for: as it is, of a set that can be fetched, or of an archive.

A zip or tar is unpacked once into the user's cache, and read from there. Only ordinary files are taken out,
none above the folder that they are unpacked into, and none of an archive that would grow without measure.
What stands in the cache is of one state of one file: a changed archive is unpacked anew.
"""

import hashlib
import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import IO, cast

from striate.cache import cache_folder
from striate.data.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from striate.errors import DataError, unknown


@dataclass(frozen=True)
class Published:
    """One published data set."""

    name: str
    mirrors: tuple[str, ...]
    """Addresses to which FILE.gz is appended, tried in turn."""
    files: Mapping[str, str]
    """File → SHA-256 of its content, unpacked."""
    classes: tuple[str, ...]


MNIST = Published(
    name="mnist",
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    files={
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    classes=tuple("0123456789"),
)

FASHION_MNIST = Published(
    name="fashion-mnist",
    mirrors=("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
    files={
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
    classes=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
)

PUBLISHED = {data_set.name: data_set for data_set in (MNIST, FASHION_MNIST)}


def sets_folder() -> Path:
    """Where fetched data sets are kept."""
    return cache_folder() / "datasets"


BUILT_IN = ("digits",)
_SYSTEM = (Path("/usr/share/datasets"), Path("/usr/local/share/datasets"))
_EXPECTED = (
    "a folder with one folder per class, a folder of IDX files, a list (CSV, TSV, JSON), a zip or tar, a "
    ".npz, or a name"
)


def find_folder(source: str | Path) -> Path:
    """The folder of a data set, given by its path or by a name. Raises DataError if there is none."""
    path = Path(source).expanduser()
    if path.is_dir():
        if not os.access(path, os.R_OK | os.X_OK):
            raise DataError(f"cannot list the folder {path}: Permission denied")
        return path
    if path.exists():
        raise DataError(f"{path} is a file, not a data set: give {_EXPECTED}")
    if isinstance(source, Path) or path.name != source:
        raise DataError(f"no folder {path}: give {_EXPECTED} ({', '.join(sorted({*BUILT_IN, *PUBLISHED}))})")
    for parent in _parents():
        if _holds_files(parent / source):
            return parent / source
    raise DataError(_not_found(source))


def _holds_files(folder: Path) -> bool:
    """Whether there is more in it than what a fetch that was cut off has left."""
    return folder.is_dir() and any(path.suffix != ".part" for path in folder.iterdir())


def _parents() -> list[Path]:
    """Folders in which data sets are looked for by name, in this order."""
    named = os.environ.get("STRIATE_DATA")
    return [*([Path(named).expanduser()] if named else []), Path("datasets"), sets_folder(), *_SYSTEM]


def _not_found(name: str) -> str:
    looked_at = ", ".join(str(parent / name) for parent in (Path(), *_parents()))
    if name in PUBLISHED:
        return (
            f"no data set {name!r} on this machine (looked for {looked_at}): "
            f"fetch it with: striate data get {name}"
        )
    known = unknown("data set", name, [*BUILT_IN, *PUBLISHED])
    return f"{known}, or any other folder (looked for {looked_at})"


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
