"""The files that a name stands for: itself, all in a folder, or those that a list names."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from striate.data import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from striate.data.segment import file_of
from striate.data.sources.list_files import LIST_SUFFIXES, clips_named
from striate.errors import DataError


def images_in(run: str | Path, files: Iterable[str | Path]) -> list[Path]:
    """The images named, those in folders, and those of lists.

    Raises:
        DataError: one does not exist or is a video.
    """
    return [path for file in files for path in _images(run, Path(file))]


def _images(run: str | Path, path: Path) -> list[Path]:
    if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file():
        raise DataError(f"{run} was trained on images, and {path} is a video: give image files")
    if path.suffix.lower() in LIST_SUFFIXES and path.is_file():
        return [Path(name) for name in clips_named(path)]
    files = files_below(path, "image")
    return files if files == [path] else [file for file in files if file.suffix.lower() in IMAGE_SUFFIXES]


def videos_in(run: str | Path, files: Iterable[str | Path]) -> list[Path]:
    """The videos named, those in folders, and those of lists; a folder that holds images is one video."""
    return [video for file in files for video in _videos(run, Path(file))]


def _videos(run: str | Path, path: Path) -> Iterator[Path]:
    if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file():
        raise DataError(
            f"{run} was trained on clips, and {path} is an image: give video files, or folders of frames"
        )
    if path.suffix.lower() in LIST_SUFFIXES and path.is_file():
        yield from map(Path, clips_named(path))
        return
    files = files_below(path, "video")
    yield from files if files == [path] else sorted({video for file in files if (video := _video_of(file))})


def _video_of(file: Path) -> Path | None:
    """The video that a file is, or is a frame of."""
    suffix = file.suffix.lower()
    if suffix in VIDEO_SUFFIXES:
        return file
    return file.parent if suffix in IMAGE_SUFFIXES else None


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
