"""A packed set of clips: all frames one after the other in one file, so that training need not decode.

| file | |
|---|---|
| `frames.u8` | the frames of one clip after the other, each (C, H, W) uint8, the short side as asked for |
| `log.jsonl` | what was asked for, then a line for each clip that is in `frames.u8` or could not be read |
| `pack.json` | what the clips are; written last, so that a folder without it is not finished |
| `flow-METHOD.u8` | optical flow to the next frame, (2, H, W) uint8 for each frame of `frames.u8` |
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from striate.data.unreadable_files import Skipped
from striate.errors import DataError

VERSION = 1
FRAMES, LOG, PACK = "frames.u8", "log.jsonl", "pack.json"


@dataclass(frozen=True)
class Pack:
    """What `pack.json` holds, clip by clip."""

    name: str
    classes: tuple[str, ...]
    channels: int
    short_side: int
    fps: float | None
    keys: tuple[str, ...]
    labels: tuple[int, ...]
    split: tuple[str, ...]
    shapes: tuple[tuple[int, int, int], ...]  # frames, height, width
    notes: tuple[str, ...]
    skipped: tuple[Skipped, ...]

    @property
    def sizes(self) -> np.ndarray:
        """(N,) values of one plane of each clip: frames · height · width."""
        sizes: np.ndarray = np.array(self.shapes, np.int64).reshape(-1, 3).prod(axis=1)
        return sizes

    @property
    def starts(self) -> np.ndarray:
        """(N,) values of one plane before each clip."""
        starts: np.ndarray = np.cumsum(self.sizes) - self.sizes
        return starts

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"version": VERSION, **asdict(self)}


def is_packed(folder: Path) -> bool:
    """Whether a folder holds a packed set, finished or not."""
    return (folder / LOG).is_file() and (folder / FRAMES).is_file()


def read_pack(folder: Path) -> Pack:
    """What a folder holds. Raises DataError unless it is whole."""
    if not (folder / PACK).is_file():
        raise DataError(
            f"{folder} is a packed set that is not finished: run the same striate data pack again to go on"
        )
    values = json.loads((folder / PACK).read_text(encoding="utf-8"))
    if values.pop("version") != VERSION:
        raise DataError(f"{folder} was packed by another version of striate: pack it again")
    lists = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    skipped = tuple(Skipped(**one) for one in values["skipped"])
    shapes = tuple((shape[0], shape[1], shape[2]) for shape in values["shapes"])
    pack = Pack(**{**values, **lists, "skipped": skipped, "shapes": shapes})
    expected = int(pack.sizes.sum()) * pack.channels
    if (folder / FRAMES).stat().st_size != expected:
        raise DataError(f"{folder / FRAMES} should have {expected:,} bytes and has others: pack it again")
    return pack
