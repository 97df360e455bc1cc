"""The files that a path stands for: itself, or all in a folder."""

import os
from pathlib import Path

from striate.data.segment import file_of
from striate.errors import DataError


def files_below(path: Path, kind: str) -> list[Path]:
    """The file itself, or every file of a folder and its folders, in order; not what is hidden.

    Args:
        path: a file or folder, or a segment of one, which stands for itself.
        kind: what the files are to be, "image" or "video", for the sentence.

    Raises:
        DataError: there is nothing, or what never ends: a named pipe or a device.
    """
    whole = Path(file_of(str(path)))
    if path.is_file() or (whole != path and whole.exists()):
        return [path]
    if not path.exists():
        raise DataError(f"no file {path}: give {kind} files, or folders that hold some")
    if not path.is_dir():
        raise DataError(
            f"{path} is no file that can be read to its end: give {kind} files, or folders of them"
        )
    found = []
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if _shown(name)]
        found += [Path(folder, name) for name in names if _shown(name)]
    return sorted(file for file in found if file.is_file())


def _shown(name: str) -> bool:
    """Whether it is looked at, by the same rule as in a set to train on."""
    return not name.startswith(".") and name != "__MACOSX"
