"""A packed set of clips: all frames one after the other in one file, so that training need not decode.

| file | |
|---|---|
| `frames.u8` | the frames of one clip after the other, each (C, H, W) uint8, the short side as asked for |
| `log.jsonl` | what was asked for, then a line for each clip that is in `frames.u8` or could not be read |
| `pack.json` | what the clips are; written last, so that a folder without it is not finished |
| `flow-METHOD.u8` | optical flow to the next frame, (2, H, W) uint8 for each frame of `frames.u8` |
| `frames.crc32`, `flow-METHOD.crc32` | the checksum of each frame, 32 bits, little-endian |

With a size of shards, `frames-00000.u8` and so on take the place of `frames.u8`, and so does the flow.
Each line of `log.jsonl`, and `pack.json`, carries the checksum of itself.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from striate.data.packed.frame_file import Shape
from striate.data.packed.shards import shard_of
from striate.data.unreadable_files import Skipped
from striate.errors import ArgumentError, DataError
from striate.plain_values import JsonValue, parse_json

VERSION = 3
SHARDED = 4
"""Of a set that lies in shards."""
_UNTIMED = 2
"""The version before clips told how long they are."""
FRAMES, LOG, PACK = "frames.u8", "log.jsonl", "pack.json"


@dataclass(frozen=True)
class Pack(JsonValue):
    """What `pack.json` holds, clip by clip."""

    name: str
    classes: tuple[str, ...]
    channels: int
    short_side: int
    fps: float | None
    keys: tuple[str, ...]
    labels: tuple[int, ...]
    split: tuple[str, ...]
    shapes: tuple[Shape, ...]  # frames, height, width
    notes: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    seconds: tuple[float | None, ...] = ()
    """How long each clip is; None where its frames told no times."""

    shard_size: int | None = None
    """Bytes of frames in a file; None where all lie in one."""
    seals: tuple[int, ...] = ()
    """CRC-32 of the checksums of each shard's frames."""

    def __post_init__(self) -> None:
        if self.shard_size is not None and self.shard_size < 1:
            raise ArgumentError("the size of a shard is below 1")
        N = len(self.keys)
        if not len(self.labels) == len(self.split) == len(self.shapes) == len(self.seconds) == N:
            raise ArgumentError("keys, labels, split, shapes and seconds differ in length")
        if not all(seconds is None or 0 < seconds < float("inf") for seconds in self.seconds):
            raise ArgumentError("a time is not above 0")
        if not all(0 <= label < len(self.classes) for label in self.labels):
            raise ArgumentError(f"a label is not one of {len(self.classes)} classes")
        if min((length for shape in self.shapes for length in shape), default=1) < 1 or self.channels < 1:
            raise ArgumentError("a length is below 1")

    @property
    def capacity(self) -> int | None:
        """Values of one plane that a shard holds."""
        return capacity_of(self.shard_size, self.channels)

    @property
    def sizes(self) -> np.ndarray:
        """(N,) values of one plane of each clip: frames · height · width."""
        sizes: np.ndarray = np.array(self.shapes, np.int64).reshape(-1, 3).prod(axis=1)
        return sizes


def capacity_of(shard_size: int | None, channels: int) -> int | None:
    """Values of one plane in a shard of so many bytes; None where there are no shards."""
    return None if shard_size is None else max(1, shard_size // channels)


def is_packed(folder: Path) -> bool:
    """Whether a folder holds a packed set, finished or not."""
    return (folder / LOG).is_file() and any(
        path.is_file() for path in (folder / FRAMES, shard_of(folder / FRAMES, 0))
    )


def read_pack(folder: Path) -> Pack:
    """What a folder holds. Raises DataError unless it is finished and what was written."""
    if not (folder / PACK).is_file():
        raise DataError(
            f"{folder} is a packed set that is not finished: run the same striate data pack again to go on"
        )
    try:
        values = parse_json((folder / PACK).read_bytes(), PACK)
        if isinstance(values, dict) and values.get("version") not in (_UNTIMED, VERSION, SHARDED):
            raise DataError(f"{folder} was packed by another version of striate: pack it again")
        values = unsealed(values)
        if values.pop("version") == _UNTIMED:
            values["seconds"] = _counted(values)
        return Pack.from_json(values)
    except ArgumentError as error:
        raise DataError(f"{folder / PACK} is damaged ({error}): remove its folder and pack again") from None


def _counted(values: dict[str, Any]) -> list[float | None]:
    """The seconds of clips by their frames, where a pack says how many of these make a second."""
    fps, shapes = values.get("fps"), values.get("shapes", [])
    if not isinstance(shapes, list) or not all(isinstance(shape, list) and shape for shape in shapes):
        raise ArgumentError("its shapes are not lists")
    return [shape[0] / fps if fps else None for shape in shapes]


def sealed(values: Mapping[str, Any]) -> str:
    """One line of JSON that carries its own checksum."""
    return json.dumps({**values, "crc32": crc32(json.dumps(values).encode())})


def unsealed(values: Any) -> dict[str, Any]:
    """The values of such a line, which has been parsed. Raises ArgumentError if they are not as they were."""
    if isinstance(values, dict):
        rest = {name: value for name, value in values.items() if name != "crc32"}
        if values.get("crc32") == crc32(json.dumps(rest).encode()):
            return rest
    raise ArgumentError("its checksum differs")
