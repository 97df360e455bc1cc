"""The folder that a path or a name stands for."""

import os
from pathlib import Path

from striate.data.sources.published import PUBLISHED, cache_folder
from striate.errors import DataError, unknown

BUILT_IN = ("digits",)
_SYSTEM = (Path("/usr/share/datasets"), Path("/usr/local/share/datasets"))
_EXPECTED = "a folder with one folder per class, a folder of IDX files, or a name"


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
    return [*([Path(named).expanduser()] if named else []), Path("datasets"), cache_folder(), *_SYSTEM]


def _not_found(name: str) -> str:
    looked_at = ", ".join(str(parent / name) for parent in (Path(), *_parents()))
    if name in PUBLISHED:
        return (
            f"no data set {name!r} on this machine (looked for {looked_at}): "
            f"fetch it with: striate data get {name}"
        )
    known = unknown("data set", name, [*BUILT_IN, *PUBLISHED])
    return f"{known}, or any other folder (looked for {looked_at})"
