"""Where code of one's own comes from, and whether it may be run when a run that names it is opened.

A run holds the name, the file and the file's SHA-256. Whoever types the name runs the file and thereby trusts
it; a run folder, which may come from a stranger, runs only what was trusted on this machine before, and only
in the form in which it was trained.
"""

import hashlib
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from striate.cache import cache_folder
from striate.errors import ArgumentError, NetworkError, StriateError, unknown
from striate.plain_values import JsonValue


@dataclass(frozen=True)
class Source(JsonValue):
    """The file that a function of one's own stands in."""

    file: str
    sha256: str

    @classmethod
    def of(cls, backbone: str) -> "Source":
        """Of `my.py:make` or `package.module:make`, without running it.

        Raises:
            NetworkError: there is no such file or module.
        """
        where = backbone.rpartition(":")[0]
        file = Path(where) if where.endswith(".py") else _file_of(where)
        if file is None or not file.is_file():
            raise NetworkError(
                f"there is no {'file' if where.endswith('.py') else 'module'} {where} to take {backbone} "
                "from: name a Python file or an importable module, as in my.py:make"
            )
        return cls(str(file.resolve()), hashlib.sha256(file.read_bytes()).hexdigest())

    @staticmethod
    def name(make: Callable[..., object]) -> str:
        """Of a function or class: `module:make`, or `script.py:make` in what runs as a script.

        Raises:
            NetworkError: one that stands in no file, or inside of another function.
        """
        name, module = make.__qualname__, sys.modules.get(make.__module__)
        if "." in name or not hasattr(module, name):
            raise NetworkError(
                f"{name} cannot be found again by another process: give a function or class that stands at "
                "the top of a file, or its name, as in my.py:make"
            )
        if make.__module__ != "__main__":
            return f"{make.__module__}:{name}"
        file = getattr(module, "__file__", None)
        if file is None:
            raise NetworkError(
                f"{name} was typed into an interpreter, where no other process finds it: put it into a file"
            )
        return f"{file}:{name}"

    def trust(self) -> None:
        """Remembers that the user has named this file, as it is."""
        if self.sha256 in _trusted():
            return
        with suppress(OSError):  # what cannot be remembered is asked for again
            _list().parent.mkdir(parents=True, exist_ok=True)
            with _list().open("a") as file:
                file.write(f"{self.sha256} {self.file}\n")

    def check(self, backbone: str, command: str = "striate inspect {name} --input 3x64x64") -> None:
        """Refuses code that is gone, has changed, or that nobody here has named.

        Args:
            backbone: its name, as it was typed.
            command: by which somebody names it.

        Raises:
            NetworkError: with what to do.
        """
        file, name = Path(self.file), f"{self.file}:{backbone.rpartition(':')[2]}"
        if not file.is_file():
            raise NetworkError(f"it comes from {backbone}, and there is no {self.file}: put the file back")
        if hashlib.sha256(file.read_bytes()).hexdigest() != self.sha256:
            raise NetworkError(
                f"it comes from {backbone}, and {self.file} has changed since the run began: put the file "
                f"back as it was (its SHA-256 began with {self.sha256[:12]})"
            )
        if not backbone.rpartition(":")[0].endswith(".py") and Source.of(backbone) != self:
            raise NetworkError(
                f"it comes from {backbone} in {self.file}, and that name now means another file: stand in "
                "the folder that you trained in"
            )
        if self.sha256 not in _trusted():
            raise NetworkError(
                f"it is code, {name}, that nobody has run here yet: read it, name it once "
                f"(`{command.format(name=name)}`), then open the run again"
            )


def _list() -> Path:
    return cache_folder() / "trusted_code.txt"


def _trusted() -> set[str]:
    try:
        return {line.split(" ", 1)[0] for line in _list().read_text().splitlines()}
    except (OSError, ValueError):
        return set()


def _file_of(module: str) -> Path | None:
    """Where a module stands. Nothing is imported, the packages that it is in neither."""
    _find_here()
    folders, origin = None, None
    parts = module.split(".")
    for number in range(1, len(parts) + 1):
        found = PathFinder.find_spec(".".join(parts[:number]), folders)
        if found is None:
            return None
        folders, origin = found.submodule_search_locations, found.origin
    return None if origin is None else Path(origin)


def _find_here() -> None:
    """The folder one stands in counts."""
    if "" not in sys.path:
        sys.path.insert(0, "")


def imported(module_name: str, name: str) -> ModuleType:
    """A module by its name, or by the path of its file. `name`: what was asked for, for errors.

    Raises:
        ArgumentError: there is none, or it cannot be imported.
    """
    _find_here()
    try:
        if not module_name.endswith(".py"):
            return import_module(module_name)
        file = Path(module_name)
        found = spec_from_file_location(file.stem, file)
        if not file.is_file() or found is None or found.loader is None:
            raise ArgumentError(f"there is no file {module_name}: name a Python file, as in my.py:make")
        module = module_from_spec(found)
        sys.modules.setdefault(file.stem, module)
        found.loader.exec_module(module)
    except StriateError:
        raise
    except (Exception, SystemExit) as error:
        raise ArgumentError(f"cannot import {module_name!r} of {name!r}: {reason(error)}") from error
    return module


def named(module: ModuleType, name: str) -> Any:
    """What a module calls that: a function, a class or a network.

    Raises:
        ArgumentError: no such name.
        NetworkError: something that cannot be called.
    """
    where, _, attribute = name.rpartition(":")
    if not hasattr(module, attribute):
        raise ArgumentError(unknown(f"name in {where}", attribute, _callables(module)))
    made = getattr(module, attribute)
    if not callable(made):
        raise NetworkError(f"{name} should give a torch.nn.Module; it is of type {type(made).__name__}")
    return made


def _callables(module: object) -> list[str]:
    return [name for name in dir(module) if not name.startswith("_") and callable(getattr(module, name))]


def reason(error: BaseException) -> str:
    """The first line of an error, with its kind where that says more."""
    text = (str(error).strip().splitlines() or [""])[0]
    plain = isinstance(error, (ImportError, StriateError)) and text
    return text if plain else f"{type(error).__name__}: {text}".removesuffix(": ")
