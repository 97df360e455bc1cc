"""Packing: videos decoded once, resized, and laid down frame after frame.

A clip's frames are written before its line in the log, so whatever stops the work (Ctrl-C, a kill, a full
disk), the log says what is whole; the next run cuts off what is not, and goes on.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from striate.checked import checked
from striate.data.options import Options
from striate.data.packed.pack import FRAMES, LOG, PACK, VERSION, Pack, is_packed, read_pack
from striate.data.packed.packed_flow import flow_of_pack
from striate.data.sources.class_folder import list_folder
from striate.data.sources.finding import find_folder
from striate.data.sources.list_files import is_list, list_clips
from striate.data.sources.listed import choose_channels, left_out, look_over
from striate.data.sources.listing import Listing
from striate.data.unreadable_files import Broken, Skipped, read_each, refuse_many
from striate.data.video.clip_reading import read_whole
from striate.data.workers import ordered_map
from striate.errors import ArgumentError, DataError
from striate.plain_values import ToJson
from striate.runs import write_text

Progress = Callable[[int, int], None]
_EXPECTED = "a folder with one folder of videos per class, or a list file"


@dataclass(frozen=True)
class Packed(ToJson):
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
def pack_data(
    source: str | Path,
    out: str | Path,
    *,
    short_side: int = 128,
    fps: float | None = None,
    channels: int | None = None,
    flow: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Packed:
    """Decodes all clips of a source into a folder that `open_data` opens without decoding anything.

    Args:
        source: a folder of clips or a list file, as for `open_data`.
        out: a new folder, or one where the same packing was interrupted, which is then gone on with.
        short_side: pixels to which the short side of each clip is brought.
        fps: frames per second that are kept; by default all.
        channels: 1 (grey) or 3 (RGB); by default 1 if every clip is grey, otherwise 3.
        flow: "dis" or "farneback" computes optical flow too, which is otherwise done when it is first asked
            for.
        workers: processes that decode; by default one a processor, up to 8; 0 decodes in this process.
        progress: is called with the number of clips done and the number of all.

    Raises:
        DataError: there are no clips, a class cannot be learnt from them, or `out` holds something else.
        ArgumentError: impossible options.
    """
    if short_side < 1:
        raise ArgumentError(f"short_side must be a number of pixels, at least 1; got {short_side}")
    if fps is not None and not 0 < fps < 1000:
        raise ArgumentError(f"fps must be a number of frames per second, above 0; got {fps}")
    out = Path(out)
    options = Options(channels=channels, workers=workers, flow=flow, progress=progress)
    listing = _listing_of(source)
    listing.check()
    readable, headers, skipped = look_over(listing, replace(options, progress=None))
    chosen, notes = choose_channels(headers, channels, "clips")
    asked = {"version": VERSION, "short_side": short_side, "fps": fps, "channels": chosen}
    with _opened(out, {**asked, "clips": _digest(readable)}) as log:
        read = partial(read_each, read=partial(read_whole, channels=chosen, short_side=short_side, fps=fps))
        skipped += log.go_on(readable, read, options)
        refuse_many(skipped, listing.totals(), "clips")
        pack = _pack_of(_name(source), readable, log.shapes, asked, (*notes, *listing.notes), skipped)
        write_text(out / PACK, json.dumps(pack.to_json(), ensure_ascii=False))
    read_pack(out)
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
        digest.update(f"{key}\0{Path(path).stat().st_size}\0".encode(errors="surrogateescape"))
    return digest.hexdigest()


def _pack_of(
    name: str,
    listing: Listing,
    shapes: "dict[int, tuple[int, int, int]]",
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
    )


@contextmanager
def _opened(out: Path, asked: dict[str, Any]) -> "Iterator[_Log]":
    """The folder's log and frames, cut to what is whole. Raises DataError if they are of something else."""
    if out.exists() and not out.is_dir():
        raise DataError(f"{out} is a file: give a folder for the packed set")
    out.mkdir(parents=True, exist_ok=True)
    if not (out / LOG).is_file() and any(out.iterdir()):
        raise DataError(f"{out} holds other things: give an empty folder for the packed set")
    try:
        with (out / LOG).open("ab+") as lines, (out / FRAMES).open("ab") as frames:
            _lock(lines, out)
            lines.seek(0)
            yield _Log(lines, frames, asked, out)
    except OSError as error:
        raise DataError(
            f"cannot write into {out}: {error.strerror}; make room, then run the same again to go on"
        ) from None


class _Log:
    """What has been packed so far."""

    def __init__(self, lines: BinaryIO, frames: BinaryIO, asked: dict[str, Any], out: Path) -> None:
        self._lines, self._frames, self._channels = lines, frames, int(asked["channels"])
        self.shapes: dict[int, tuple[int, int, int]] = {}
        self._broken: dict[int, str] = {}
        whole = [line for line in lines.read().splitlines(keepends=True) if line.endswith(b"\n")]
        if not whole:
            self._write(asked)
            whole = [b""]
        elif json.loads(whole[0]) != asked:
            raise DataError(
                f"{out} holds a set packed from other clips or with other options: give another folder, or "
                "remove that one"
            )
        else:
            lines.truncate(sum(map(len, whole)))
        for line in whole[1:]:
            self._remember(json.loads(line))
        self._frames.truncate(self._channels * sum(T * H * W for T, H, W in self.shapes.values()))

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
        self._frames.flush()
        os.fsync(self._frames.fileno())
        return left_out(listing, list(self._broken.items()))

    def _add(self, row: int, clips: list[np.ndarray], broken: Broken) -> None:
        line: dict[str, Any] = {"clip": row}
        if broken:
            line["reason"] = broken[0][1]
        else:
            self._frames.write(clips[0].data)
            self._frames.flush()
            T, _, H, W = clips[0].shape
            line["shape"] = [T, H, W]
        self._write(line)
        self._remember(line)

    def _write(self, line: dict[str, Any]) -> None:
        self._lines.write(json.dumps(line).encode() + b"\n")
        self._lines.flush()

    def _remember(self, line: dict[str, Any]) -> None:
        if "reason" in line:
            self._broken[line["clip"]] = line["reason"]
        else:
            T, H, W = line["shape"]
            self.shapes[line["clip"]] = (T, H, W)


def _lock(file: BinaryIO, out: Path) -> None:
    """Keeps others from packing into the same folder at the same time, where the system can."""
    if os.name == "nt":
        return
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise DataError(
            f"another process is packing into {out}: wait for it, or give another folder"
        ) from None
