"""A packed set of clips: all frames one after the other in one file, so that training need not decode.

| file | |
|---|---|
| `frames.u8` | the frames of one clip after the other, each (C, H, W) uint8, the short side as asked for |
| `log.jsonl` | what was asked for, then a line for each clip that is in `frames.u8` or could not be read |
| `pack.json` | what the clips are; written last, so that a folder without it is not finished |
| `flow-METHOD.u8` | optical flow to the next frame, (2, H, W) uint8 for each frame of `frames.u8` |

Files are mapped into memory, not read: a batch touches the frames it takes, and processes share them.
"""

import json
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from striate.data.image_data import Options
from striate.data.sets.clip_sets import ClipSet, DecodedClips, brought_to
from striate.data.sets.image_sets import Draws
from striate.data.sources.contents import ClipPixels, Contents
from striate.data.sources.groups import groups_of
from striate.data.sources.splits import FOLDER_SHARES
from striate.data.unreadable_files import Skipped
from striate.data.video.sampling import Sampling
from striate.errors import DataError

if TYPE_CHECKING:
    from torch import Tensor

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


def packed_contents(folder: Path, options: Options) -> Contents:
    """The clips of a packed set. Raises DataError unless it is whole."""
    pack = read_pack(folder)
    flow = None
    if options.flow:
        from striate.data.packed.flow import flow_of_pack  # needs an extra

        flow = flow_of_pack(folder, pack, options)
    split = np.array(pack.split)
    pixels = PackedPixels(pack, np.memmap(folder / FRAMES, np.uint8, "r"), flow, options)
    return Contents(
        name=pack.name,
        source=str(folder),
        classes=pack.classes,
        labels=np.array(pack.labels, np.int64),
        keys=pack.keys,
        pixels=pixels,
        given={name: np.flatnonzero(split == name) for name in ("train", *sorted({*pack.split} - {"train"}))},
        shares=FOLDER_SHARES,
        groups=groups_of(pack.keys, options.group_by),
        names=pack.keys,
        notes=(f"packed with a short side of {pack.short_side} pixels", *pack.notes),
        skipped=pack.skipped,
    )


class PackedPixels(ClipPixels):
    """The frames of a packed set."""

    def __init__(self, pack: Pack, frames: np.ndarray, flow: np.ndarray | None, options: Options) -> None:
        self.channels = options.channels or pack.channels
        self.size = options.square or (pack.short_side, pack.short_side)
        self.sampling, self.flow = options.sampling, options.flow
        self.store = Store(frames, flow, pack.channels, np.array(pack.shapes, np.int64))

    def subset(
        self, rows: np.ndarray, labels: np.ndarray, names: Sequence[str], classes: Sequence[str]
    ) -> ClipSet:
        return PackedClips(
            self.store, rows, labels, names, sampling=self.sampling, channels=self.channels, size=self.size
        )

    def keys(self) -> Sequence[Hashable]:
        return range(len(self.store.shapes))  # copies were looked for when it was packed


@dataclass(frozen=True)
class Store:
    """Frames of clips of different lengths and sizes, one after the other, and perhaps their flow."""

    frames: np.ndarray  # (bytes,) uint8
    flow: np.ndarray | None  # (bytes,) uint8
    channels: int
    shapes: np.ndarray  # (N, 3) frames, height, width

    def __post_init__(self) -> None:
        ends = np.cumsum(self.shapes.prod(axis=1))
        object.__setattr__(self, "_starts", ends - self.shapes.prod(axis=1))

    def clip(self, row: int) -> np.ndarray:
        """(T, C, H, W), not yet read."""
        return self._block(self.frames, row, self.channels)

    def flow_of(self, row: int) -> np.ndarray | None:
        """(T, 2, H, W), not yet read."""
        return None if self.flow is None else self._block(self.flow, row, 2)

    def _block(self, values: np.ndarray, row: int, planes: int) -> np.ndarray:
        T, H, W = self.shapes[row]
        starts: np.ndarray = self._starts  # type: ignore[attr-defined]
        start = int(starts[row]) * planes
        return values[start : start + planes * int(T * H * W)].reshape(T, planes, H, W)


class PackedClips(DecodedClips):
    """Clips out of a store, which several splits may share."""

    def __init__(
        self,
        store: Store,
        rows: np.ndarray,
        labels: np.ndarray,
        names: Sequence[str],
        *,
        sampling: Sampling,
        channels: int,
        size: tuple[int, int],
        moments: np.ndarray | None = None,
        crops: np.ndarray | None = None,
    ) -> None:
        super().__init__(labels, names, sampling, moments, crops)
        self.in_memory = not isinstance(store.frames, np.memmap)
        self._store, self._rows = store, rows
        self._channels, self._size = channels, size

    def _viewed(self, items: np.ndarray, moments: np.ndarray, crops: np.ndarray) -> Self:
        return type(self)(
            self._store,
            self._rows[items],
            self.labels[items],
            [self.names[item] for item in items],
            sampling=self.sampling,
            channels=self._channels,
            size=self._size,
            moments=moments,
            crops=crops,
        )

    def _read(self, indices: np.ndarray, draws: Draws | None) -> "Tensor":
        import torch

        planes = self._channels + (0 if self._store.flow is None else 2)
        clips = np.empty((len(indices), planes, self.frames, *self._size), np.uint8)
        everyones = self._chances(indices, draws)
        for clip, row, chances, crop in zip(
            clips, self._rows[indices], everyones, self._crops[indices], strict=True
        ):
            self._fill(clip, int(row), chances, float(crop))
        return torch.from_numpy(clips)

    def _fill(self, clip: np.ndarray, row: int, chances: np.ndarray, crop: float) -> None:
        """Writes a clip, (C, T, H, W) or with flow (C + 2, T, H, W)."""
        frames, flow = self._store.clip(row), self._store.flow_of(row)
        numbers = self.sampling.numbers(len(frames), chances)
        pictures = brought_to(frames[numbers], self._channels, self._size, crop)
        clip[: self._channels] = np.moveaxis(pictures, 0, 1)
        if flow is not None:
            from striate.data.packed.flow import flow_brought_to

            clip[self._channels :] = np.moveaxis(flow_brought_to(flow[numbers], self._size, crop), 0, 1)
