"""What has been measured on this machine, kept between processes: one JSON file per machine and version."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from striate.algorithms import ALGORITHMS, Choice, Geometry, Operation
from striate.algorithms.algorithm import Shape
from striate.algorithms.in_network import DTYPES, Number
from striate.cache import cache_folder
from striate.errors import ArgumentError
from striate.machine import describe
from striate.plain_values import from_plain
from striate.tuning.measuring import Measured, Trial, tolerance
from striate.version import __version__


class Store:
    """Measurements by geometry, input shape and number format. A damaged or foreign file counts as empty."""

    def __init__(self, device: torch.device, folder: Path | None = None) -> None:
        machine = describe(device) | {"striate": __version__, "algorithms": list(ALGORITHMS)}
        name = hashlib.sha256(json.dumps(machine, sort_keys=True).encode()).hexdigest()[:16]
        self.path = (folder or cache_folder() / "algorithms") / f"{name}.json"
        self.machine, self.device = machine, device
        self._entries: dict[str, Any] = self._read()

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
            return dict(content["measured"])
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    @contextmanager
    def held(self) -> Iterator[None]:
        """Lets one process measure at a time: those that wait find what it measured, and choose the same."""
        import portalocker  # here, as it is rarely needed

        with ExitStack() as stack:
            with suppress(OSError):  # a cache that cannot be written is none
                self.path.parent.mkdir(parents=True, exist_ok=True)
                file = stack.enter_context(self.path.with_suffix(".lock").open("a"))
                portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE)
            self._entries |= self._read()
            yield

    def get(self, geometry: Geometry, shape: Shape, number_format: Number) -> Measured | None:
        """What is known; None where nothing is."""
        try:
            entry = self._entries[_key(geometry, shape, number_format)]
            trials = {Operation(name): tuple(self._trials(entry[name], number_format)) for name in entry}
        except (AttributeError, KeyError, TypeError, ValueError):
            return None
        whole = Operation.OUTPUT in trials and all(trials.values())
        return Measured(trials) if whole else None

    def _trials(self, rows: list[dict[str, Any]], number_format: Number) -> Iterator[Trial]:
        limit = tolerance(number_format, self.device)
        for row in rows:
            if row["algorithm"] in ALGORITHMS and row["number_format"] in DTYPES:
                choice = Choice(row["algorithm"], row["number_format"])
                yield Trial(choice, float(row["seconds"]), float(row["error"]), limit)

    @property
    def empty(self) -> bool:
        """Whether nothing is known."""
        return not self._entries

    def keys(self, number_format: Number) -> list[tuple[Geometry, Shape]]:
        """What is known in this number format, small batches before large ones."""
        found = [(geometry, shape) for geometry, shape, own in self._keys() if own == number_format]
        return sorted(found, key=lambda key: key[1][0])

    def _keys(self) -> Iterator[tuple[Geometry, Shape, str]]:
        for key in self._entries:
            with suppress(ValueError, ArgumentError):
                yield from_plain(tuple[Geometry, Shape, str], json.loads(key), "key")

    def put(self, geometry: Geometry, shape: Shape, number_format: Number, measured: Measured) -> None:
        """Keeps a measurement, to be written by `save`."""
        self._entries[_key(geometry, shape, number_format)] = {
            operation.value: [
                {**asdict(trial.choice), "seconds": trial.seconds, "error": trial.error} for trial in trials
            ]
            for operation, trials in measured.trials.items()
        }

    def save(self) -> None:
        """Writes the file beside and renames it. A cache that cannot be written is none: nothing is said."""
        self._entries = {**self._read(), **self._entries}  # another process may have measured meanwhile
        beside = self.path.with_suffix(f".{os.getpid()}.part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps({"machine": self.machine, "measured": self._entries}))
            beside.replace(self.path)
        except OSError:
            with suppress(OSError):
                beside.unlink()


def _key(geometry: Geometry, shape: Shape, number_format: Number) -> str:
    return json.dumps([asdict(geometry), shape, number_format])
