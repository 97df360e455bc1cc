"""Packing: videos decoded once, resized, and laid down frame after frame.

A clip's frames are on the disk before its line is in the log, so whatever stops the work (Ctrl-C, a kill, a
full disk, a power cut), the log says what is whole; the next run reads that again, cuts off the log and the
frames at the first that is not as it was written, and goes on from there.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from itertools import takewhile
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from striate.checked import checked
from striate.data.optical_flow import Flow
from striate.data.options import Options
from striate.data.packed.frame_file import FrameWriter, Shape, open_to_add, writing
from striate.data.packed.pack import (
    FRAMES,
    LOG,
    PACK,
    SHARDED,
    VERSION,
    Pack,
    capacity_of,
    is_packed,
    sealed,
    unsealed,
)
from striate.data.packed.packed_clips import flow_of_pack
from striate.data.packed.shards import ShardWriter, add_frames, bytes_of, seals_of
from striate.data.segment import file_of
from striate.data.sources.class_folder import list_folder
from striate.data.sources.finding import find_folder
from striate.data.sources.list_files import is_list, list_clips
from striate.data.sources.listed import choose_channels, left_out, look_over
from striate.data.sources.listing import Listing
from striate.data.unreadable_files import Broken, Skipped, read_each, refuse_many, saying_os_errors
from striate.data.video.clip_reading import read_whole
from striate.data.workers import ordered_map
from striate.errors import ArgumentError, DataError
from striate.pages import Shown
from striate.plain_values import JsonValue, parse_json
from striate.runs import lock, write_text
from striate.runs.folder import LOCK

Progress = Callable[[int, int], None]
_EXPECTED = "a folder with one folder of videos per class, or a list file"


@dataclass(frozen=True)
class Packed(Shown):
    """What was packed."""

    folder: str
    clips: int
    frames: int
    bytes: int
    channels: int
    short_side: int
    fps: float | None
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]


@checked
@saying_os_errors()
def pack_data(
    source: str | Path,
    out: str | Path,
    *,
    short_side: int = 128,
    fps: float | None = None,
    channels: Literal[1, 3] | None = None,
    flow: Flow | None = None,
    shard_size: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Packed:
    """Decodes all clips of a source into a folder that training opens without decoding anything.

    Args:
        source: a folder with one folder of videos per class, or a list file.
        out: a new folder, which is then given to `train`; or one where the same packing was interrupted,
            which is gone on with.
        short_side: pixels to which the short side of each clip is brought.
        fps: frames per second that are kept. By default all.
        channels: 1 for grey, 3 for RGB. By default 1 if every clip is grey, otherwise 3.
        flow: compute optical flow too, which is otherwise done when it is first asked for.
        shard_size: bytes of frames in a file, such as 1GiB: as many whole clips as fit, and at least one.
            By default all lie in one file.
        workers: processes that decode; 0 decodes in this one. By default one a processor, up to 8.
        progress: is called with the number of clips done and the number of all.

    Raises:
        DataError: there are no clips, a class cannot be learnt from them, or `out` holds something else.
        ArgumentError: impossible options.
    """
    if short_side < 1:
        raise ArgumentError(f"short_side must be a number of pixels, at least 1; got {short_side}")
    if fps is not None and not 0 < fps < 1000:
        raise ArgumentError(f"fps must be a number of frames per second, above 0; got {fps}")
    shard_bytes = None if shard_size is None else bytes_of(shard_size)
    out = Path(out)
    options = Options(channels=channels, workers=workers, flow=flow, progress=progress)
    listing = _listing_of(source)
    listing.check()
    readable, headers, skipped = look_over(listing, replace(options, progress=None))
    chosen, notes = choose_channels(headers, channels, "clips")
    asked = {"version": VERSION, "short_side": short_side, "fps": fps, "channels": chosen}
    if shard_bytes:
        asked |= {"version": SHARDED, "shard_size": shard_bytes}
    with _opened(out, {**asked, "digest": _digest(readable), "clips": len(readable.paths)}) as log:
        read = partial(read_each, read=partial(read_whole, channels=chosen, short_side=short_side, fps=fps))
        skipped += log.go_on(readable, read, options)
        refuse_many(skipped, listing.totals(), "clips")
        seconds = {row: headers[row].seconds for row in log.shapes}
        said = (*notes, *listing.notes)
        pack = _pack_of(_name(source), readable, log.shapes, seconds, asked, said, skipped)
        pack = replace(pack, seals=seals_of(out / FRAMES, pack.shapes, pack.capacity))
        write_text(out / PACK, sealed({"version": asked["version"], **pack.to_json()}))
    if flow:
        flow_of_pack(out, pack, options)
    return Packed(
        folder=str(out),
        clips=len(pack.keys),
        frames=sum(shape[0] for shape in pack.shapes),
        bytes=int(pack.sizes.sum()) * pack.channels,
        channels=chosen,
        short_side=short_side,
        fps=fps,
        skipped=pack.skipped,
        notes=pack.notes,
    )


def _listing_of(source: str | Path) -> Listing:
    path = Path(source).expanduser()
    if is_list(path):
        return list_clips(path)
    folder = find_folder(source)
    if is_packed(folder):
        raise DataError(f"{folder} is packed already: give {_EXPECTED}")
    listing = list_folder(folder, clips=True)
    if listing.kind == "images":
        raise DataError(f"{folder} holds images, not clips: give {_EXPECTED}")
    return listing


def _name(source: str | Path) -> str:
    path = Path(source).expanduser()
    return path.stem if path.is_file() else find_folder(source).resolve().name


def _digest(listing: Listing) -> str:
    """Of which clips, of which size in bytes, are to be packed."""
    digest = blake2b(digest_size=16)
    for key, path in zip(listing.keys, listing.paths, strict=True):
        digest.update(f"{key}\0{Path(file_of(path)).stat().st_size}\0".encode(errors="surrogateescape"))
    return digest.hexdigest()


def _pack_of(
    name: str,
    listing: Listing,
    shapes: dict[int, Shape],
    seconds: dict[int, float | None],
    asked: dict[str, Any],
    notes: tuple[str, ...],
    skipped: list[Skipped],
) -> Pack:
    kept = listing.keep(np.array(sorted(shapes), np.int64))
    return Pack(
        name=name,
        classes=listing.classes,
        channels=asked["channels"],
        short_side=asked["short_side"],
        fps=asked["fps"],
        keys=tuple(kept.keys),
        labels=tuple(kept.labels.tolist()),
        split=tuple(kept.split.tolist()),
        shapes=tuple(shapes[row] for row in sorted(shapes)),
        notes=notes,
        skipped=tuple(skipped),
        seconds=tuple(seconds[row] for row in sorted(shapes)),
        shard_size=asked.get("shard_size"),
    )


@dataclass(frozen=True)
class _Line(JsonValue):
    """What the log says of a clip: its shape (T, H, W) or why it could not be read."""

    clip: int
    shape: Shape | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        if (self.shape is None) == (self.reason is None) or min(self.shape or (1,)) < 1:
            raise ArgumentError("a line of the log has either a shape or a reason")


@contextmanager
def _opened(out: Path, asked: dict[str, Any]) -> "Iterator[_Log]":
    """The folder's log and frames, cut to what is whole. Raises DataError if they are of something else."""
    if out.exists() and not out.is_dir():
        raise DataError(f"{out} is a file: give a folder for the packed set")
    capacity = capacity_of(asked.get("shard_size"), asked["channels"])
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        if not (out / LOG).is_file() and any(path.name != LOCK for path in out.iterdir()):
            raise DataError(f"{out} holds other things: give an empty folder for the packed set")
        with lock(out, "packing"), open_to_add(out / LOG) as lines:
            _check_asked(lines, asked, out)
            with add_frames(out / FRAMES, asked["channels"], capacity) as frames:
                yield _Log(lines, frames, asked)


def _check_asked(lines: BinaryIO, asked: dict[str, Any], out: Path) -> None:
    """Raises DataError where a log is of something else; nothing has been written then."""
    lines.seek(0)
    if _values(lines.readline()) not in (None, asked):
        raise DataError(
            f"{out} holds a set packed from other clips or with other options: give another folder, or "
            "remove that one"
        )


class _Log:
    """What has been packed so far: a line for each clip, written when its frames are on the disk."""

    def __init__(self, lines: BinaryIO, frames: FrameWriter | ShardWriter, asked: dict[str, Any]) -> None:
        self._lines, self._frames = lines, frames
        self.shapes: dict[int, Shape] = {}
        self._broken: dict[int, str] = {}
        lines.seek(0)
        texts = lines.read().splitlines(keepends=True)
        if not texts or _values(texts[0]) is None:
            texts = [self._write(asked)]
        said = list(takewhile(bool, map(partial(_line, clips=asked["clips"]), texts[1:])))
        self._keep(texts, [line for line in said if line])

    def _keep(self, texts: list[bytes], said: list[_Line]) -> None:
        """Takes over what the lines say, up to the first clip whose frames are not whole."""
        whole = self._frames.cut([line.shape for line in said if line.shape])
        ends = [number for number, line in enumerate(said) if line.shape]
        kept = said[: ends[whole]] if whole < len(ends) else said
        for line in kept:
            self._remember(line)
        self._lines.truncate(sum(map(len, texts[: 1 + len(kept)])))

    def go_on(
        self,
        listing: Listing,
        read: Callable[[Sequence[str]], tuple[list[np.ndarray], Broken]],
        options: Options,
    ) -> list[Skipped]:
        """Packs the clips that are missing; returns those that cannot be read."""
        rows = [row for row in range(len(listing.paths)) if row not in self.shapes | self._broken]
        num_workers = options.num_workers if len(rows) > 1 else 0
        with closing(ordered_map(read, ([listing.paths[row]] for row in rows), num_workers)) as results:
            for row, (clips, broken) in zip(rows, results, strict=True):
                self._add(row, clips, broken)
                if options.progress:
                    options.progress(len(self.shapes) + len(self._broken), len(listing.paths))
        return left_out(listing, list(self._broken.items()))

    def _add(self, row: int, clips: list[np.ndarray], broken: Broken) -> None:
        if broken:
            line = _Line(row, reason=broken[0][1])
        else:
            self._frames.append(clips[0])
            T, _, H, W = clips[0].shape
            line = _Line(row, shape=(T, H, W))
        self._write(line.to_json())
        self._remember(line)

    def _write(self, values: dict[str, Any]) -> bytes:
        text = sealed(values).encode() + b"\n"
        self._lines.write(text)
        self._lines.flush()
        return text

    def _remember(self, line: _Line) -> None:
        if line.shape:
            self.shapes[line.clip] = line.shape
        else:
            self._broken[line.clip] = line.reason or ""


def _values(text: bytes) -> dict[str, Any] | None:
    """What a line of the log holds; None if it is not as it was written."""
    try:
        return unsealed(parse_json(text, LOG)) if text.endswith(b"\n") else None
    except ArgumentError:
        return None


def _line(text: bytes, clips: int) -> _Line | None:
    """The line of a clip; None if there is no such clip, or the line is not as it was written."""
    try:
        line = _Line.from_json(_values(text) or {})
        return line if 0 <= line.clip < clips else None
    except ArgumentError:
        return None
