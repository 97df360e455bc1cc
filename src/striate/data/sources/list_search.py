"""Where the files are that a list names: in its own folder or near it, with their suffix or without."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from striate.data.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES

_USUAL = (".jpg", ".jpeg", ".png", *sorted(VIDEO_SUFFIXES), *sorted(IMAGE_SUFFIXES))
"""Suffixes that the names in a list may lack."""
_MOST_FOLDERS = 200


class _Held:
    """The names in a folder, asked for faster than the disk is."""

    def __init__(self, folder: str, names: Iterable[str]) -> None:
        self.folder, self._names = folder, frozenset(names)
        self._alike: dict[str, list[str]] = {}
        for name in self._names:
            self._alike.setdefault(name.casefold(), []).append(name)
        self._stems = {os.path.splitext(name)[0] for name in self._alike}  # noqa: PTH122

    def has(self, name: str) -> bool:
        """Whether anything is called so, with whatever suffix, and in whatever case."""
        return name.casefold() in self._stems or name.casefold() in self._alike

    def exactly(self, name: str) -> str | None:
        return name if name in self._names else None

    def whatever_case(self, name: str) -> str | None:
        """The only one whose name is this but for case."""
        alike = self._alike.get(name.casefold(), [])
        return alike[0] if len(alike) == 1 else None


@dataclass
class Search:
    """Folders in which the paths of a list are looked for; where the last was found, the next is first.

    A file whose path differs in case alone, as photo.PNG from photo.png, is found where there is no other.
    """

    folders: list[Path]
    suffixes: list[str] = field(default_factory=lambda: ["", *dict.fromkeys(_USUAL)])
    _known: dict[str, "_Held"] = field(default_factory=dict)

    def find(self, names: Iterable[str], *, moving: bool = False) -> str | None:
        """A file or folder of one of these names, in the nearest folder that has one.

        moving: no image is meant, as of a part in time: one of the same name is the video's thumbnail.
        """
        named = [(name, self._suffixes_of(name, moving)) for name in map(_of_here, names) if name.strip()]
        for folder in self.folders:
            for name, suffixes in named:
                path, suffix = self._held_as(str(folder / name), suffixes)
                if path is not None:
                    self._prefer(folder, suffix)
                    return path
        return None

    def _held_as(self, path: str, suffixes: Sequence[str]) -> tuple[str | None, str]:
        """The file of that path with one of these suffixes, and which; None: there is none."""
        parent, name = os.path.split(path)
        held = self._held(parent) if name else _Held("", [])
        if held.has(name):
            for find in (held.exactly, held.whatever_case):
                for suffix in suffixes:
                    found = find(name + suffix)
                    if found is not None:
                        return os.path.join(held.folder, found), suffix  # noqa: PTH118
        return None, ""

    def _held(self, folder: str) -> "_Held":
        if folder not in self._known:
            there = folder if os.path.isdir(folder) else self._held_as(folder, [""])[0]  # noqa: PTH112
            self._known[folder] = _Held(there or "", _names_in(there) if there else [])
        return self._known[folder]

    def has(self, name: str) -> bool:
        """Whether there is a file or folder of that name."""
        return self.find([name]) is not None

    def _suffixes_of(self, name: str, moving: bool) -> Sequence[str]:
        known = Path(name).suffix.lower() in VIDEO_SUFFIXES | IMAGE_SUFFIXES
        usual = [suffix for suffix in self.suffixes if not moving or suffix not in IMAGE_SUFFIXES]
        return ("",) if known else usual

    def _prefer(self, folder: Path, suffix: str) -> None:
        if self.folders[0] != folder:
            self.folders.remove(folder)
            self.folders.insert(0, folder)
        if self.suffixes[0] != suffix:
            self.suffixes.remove(suffix)
            self.suffixes.insert(0, suffix)


def _names_in(folder: str) -> list[str]:
    try:
        return [entry.name for entry in Path(folder).iterdir()]
    except OSError:  # a file, or a folder that may not be read
        return []


def _of_here(name: str) -> str:
    """A path as it is written here: one that was written on Windows has backslashes between its folders."""
    return name if os.sep == "\\" else name.replace("\\", "/")


def folders_near(path: Path) -> list[Path]:
    """Its own folder, the one above, and the folders in both."""
    own = (path if path.is_dir() else path.parent).absolute()
    return list(dict.fromkeys([own, own.parent, *_inside(own), *_inside(own.parent)]))


def beside(path: Path) -> Search:
    """Looks in the list's own folder and in those there."""
    own = path.parent.absolute()
    return Search([own, *_inside(own)])


def _inside(folder: Path) -> list[Path]:
    return sorted(Path(entry.path) for entry in os.scandir(folder) if entry.is_dir())[:_MOST_FOLDERS]
