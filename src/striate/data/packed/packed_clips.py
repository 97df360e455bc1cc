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

A batch reads the frames that it takes. Optical flow is computed once, kept beside the frames, and gone on
with after an interruption.
"""

import json
from collections.abc import Hashable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from striate.data.optical_flow import flow_planes, from_bytes, to_bytes
from striate.data.options import Options
from striate.data.packed.frame_file import Shape, check_lengths, writing
from striate.data.packed.shards import Frames, add_frames, open_frames, parts_of, shard_of
from striate.data.sets.clip_sets import DecodedClips, brought_to
from striate.data.sources.listed import check_flow
from striate.data.sources.listing import Contents
from striate.data.sources.spacing import Length, choose_sampling
from striate.data.sources.split_names import SPLITS
from striate.data.sources.splits import groups_of
from striate.data.unreadable_files import Skipped
from striate.data.video.sampling import Sampling
from striate.data.workers import ordered_map
from striate.errors import ArgumentError, DataError
from striate.plain_values import JsonValue
from striate.runs import lock
from striate.runs.json_files import parse_json

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


def packed_contents(folder: Path, options: Options) -> Contents:
    """The clips of a packed set. Raises DataError unless it is whole."""
    pack = read_pack(folder)
    flow = flow_of_pack(folder, pack, options) if options.flow else None
    frames = open_frames(folder / FRAMES, pack.channels, pack.shapes, pack.capacity, pack.seals)
    return contents_of(pack, str(folder), frames, flow, options)


def contents_of(pack: Pack, source: str, frames: Frames, flow: Frames | None, options: Options) -> Contents:
    """The clips of a packed set whose frames, and perhaps flow, are open."""
    split = np.array(pack.split)
    lengths = [Length(shape[0], seconds) for shape, seconds in zip(pack.shapes, pack.seconds, strict=True)]
    sampling, notes = choose_sampling(lengths, options)
    return Contents(
        name=pack.name,
        source=source,
        classes=pack.classes,
        images=PackedClips(pack, frames, flow, sampling, options),
        keys=pack.keys,
        rows={name: np.flatnonzero(split == name) for name in SPLITS if name in pack.split},
        groups=groups_of(pack.keys, options.group_by),
        notes=(f"packed with a short side of {pack.short_side} pixels", *notes, *pack.notes),
        skipped=pack.skipped,
    )


class PackedClips(DecodedClips):
    """Clips out of a file of frames, and perhaps their flow out of another."""

    in_memory = False

    def __init__(
        self, pack: Pack, frames: Frames, flow: Frames | None, sampling: Sampling, options: Options
    ) -> None:
        super().__init__(np.array(pack.labels, np.int64), pack.keys, sampling)
        self.channels = options.channels or pack.channels
        self.size = options.square or (pack.short_side, pack.short_side)
        self.flow = options.flow
        self.planes = self.channels + (0 if flow is None else 2)
        self._frames, self._flow, self._seconds = frames, flow, pack.seconds

    def keys(self) -> Sequence[Hashable]:
        return range(len(self))  # copies were looked for when it was packed

    def _fill(self, clip: np.ndarray, row: int, offsets: np.ndarray, crop: float) -> None:
        numbers = self.sampling.numbers(self._frames.shapes[row][0], offsets, self._seconds[row])
        pictures = brought_to(self._frames.read(row, numbers), self.channels, self.size, crop)
        clip[: self.channels] = np.moveaxis(pictures, 0, 1)
        if self._flow is not None:
            flow = _flow_brought_to(self._flow.read(row, numbers), self.size, crop)
            clip[self.channels :] = np.moveaxis(flow, 0, 1)


def _flow_brought_to(planes: np.ndarray, size: tuple[int, int], crop: float) -> np.ndarray:
    """Flow (T, 2, H, W) uint8 of a picture that is brought to `size`: a smaller picture moves by less."""
    T, _, H, W = planes.shape
    scale = max(size[0] / H, size[1] / W)
    if scale != 1:
        planes = to_bytes(from_bytes(planes) * scale)
    return brought_to(planes.reshape(2 * T, 1, H, W), 1, size, crop).reshape(T, 2, *size)


def flow_of_pack(folder: Path, pack: Pack, options: Options) -> Frames:
    """The flow (T, 2, H, W) of each clip.

    Raises MissingExtraError without OpenCV, DataError for frames too small.
    """
    check_flow(options.flow, (pack.short_side, pack.short_side))
    path = folder / f"flow-{options.flow}.u8"
    if not _is_complete(path, pack):
        with writing(folder), lock(folder, "packing"):
            _compute(path, folder / FRAMES, pack, options)
    return open_frames(path, 2, pack.shapes, pack.capacity)


def _is_complete(path: Path, pack: Pack) -> bool:
    """By their lengths; each frame is looked at when it is read."""
    try:
        for part, shapes in parts_of(path, pack.shapes, pack.capacity):
            check_lengths(part, 2, shapes)
    except DataError:
        return False
    return True


def _compute(path: Path, frames: Path, pack: Pack, options: Options) -> None:
    pictures = open_frames(frames, pack.channels, pack.shapes, pack.capacity, pack.seals)
    with add_frames(path, 2, pack.capacity) as flow:
        done = flow.cut(pack.shapes)
        clips = (pictures.read(row) for row in range(done, len(pack.shapes)))
        estimate = partial(flow_planes, method=options.flow or "")
        with closing(ordered_map(estimate, clips, options.num_workers)) as results:
            for planes in results:
                flow.append(planes)
                done += 1
                if options.progress:
                    options.progress(done, len(pack.shapes))
