"""Packing: videos decoded once, resized, and laid down frame after frame.

A clip's frames are on the disk before its line is in the log, so whatever stops the work (Ctrl-C, a kill, a
full disk, a power cut), the log says what is whole; the next run reads that again, cuts off the log and the
frames at the first that is not as it was written, and goes on from there.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import numpy as np

from striate.checked import checked
from striate.data.optical_flow import Flow
from striate.data.options import Options
from striate.data.packed.frame_file import Shape
from striate.data.packed.packed_clips import (
    FRAMES,
    PACK,
    SHARDED,
    VERSION,
    Pack,
    flow_of_pack,
    is_packed,
    sealed,
)
from striate.data.packed.packing_log import opened
from striate.data.packed.shards import bytes_of, seals_of
from striate.data.segment import file_of
from striate.data.sources.class_folder import list_folder
from striate.data.sources.finding import find_folder
from striate.data.sources.list_files import is_list, list_clips
from striate.data.sources.listed import choose_channels, look_over
from striate.data.sources.listing import Listing
from striate.data.unreadable_files import Skipped, read_each, refuse_many, saying_os_errors
from striate.data.video.clip_reading import read_whole
from striate.errors import ArgumentError, DataError
from striate.pages import Shown
from striate.runs import write_text

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
    with opened(out, {**asked, "digest": _digest(readable), "clips": len(readable.paths)}) as log:
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
